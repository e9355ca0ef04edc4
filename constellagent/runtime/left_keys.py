"""Ending the keys of sessions that ended while no daemon saw it, as when `doctor --fix` stopped them."""

import asyncio
import logging
from collections.abc import Collection

from constellagent.errors import ConstellagentError
from constellagent.runtime import processes
from constellagent.runtime.ports import SessionKeys

_log = logging.getLogger(__name__)


async def withdraw(keys: SessionKeys, live: Collection[str]) -> None:
    """Withdraw each session's key that is good still, where the session is not live and nothing of it runs.

    One that nobody knows may go on, and be found again: its key stays. What cannot be looked at stays too.
    """
    try:
        for session in sorted(set(await keys.sessions()) - set(live)):
            if not await asyncio.to_thread(_runs, session):
                await keys.withdraw(session)
                _log.info("the key of session %s is ended, as the session is", session)
    except (ConstellagentError, OSError) as error:
        _log.warning("keys of ended sessions may be good still: %s", error)


def _runs(session: str) -> bool:
    return bool(processes.holders_of(session) or processes.with_marker(session))
