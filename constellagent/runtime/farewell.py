"""Tells everybody that a session ended, one after the other, whatever came of those before.

The end is written down once and told once. If one who could not take note of it kept it from the rest, as on
a full disk, their parts would go on with a session that is none any more.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping

from constellagent.errors import ConstellagentError
from constellagent.runtime.store.sessions import SessionRow

_log = logging.getLogger(__name__)

Told = Callable[[SessionRow], Awaitable[object]]


async def tell(row: SessionRow, listeners: Mapping[str, Told]) -> None:
    """Tell each of them, in order; the key says for the log who could not take note. Never fails."""
    for name, listener in listeners.items():
        try:
            await listener(row)
        except ConstellagentError as error:
            _log.warning("%s: the end of session %s is not taken note of: %s", name, row.id, error.message)
        except Exception:  # noqa: BLE001 - whatever failed, the others must hear of it
            _log.exception("%s: the end of session %s is not taken note of", name, row.id)
