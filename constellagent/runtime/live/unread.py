"""How many mails and texts wait unread, for all identities of the local provider at once.

The provider counts without opening anything, so looking leaves no trace in the audit. The hosted provider
has no such count; agents there show none.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from constellagent.errors import ConstellagentError
from constellagent.ravi.wires.answers_events import Count

EVERY = 1.0
"""Seconds between two counts while somebody watches."""

_log = logging.getLogger(__name__)


class Unread:
    """The newest counts, by the identity's uuid."""

    def __init__(self, count: Callable[[], Awaitable[Sequence[Count]]]) -> None:
        """`count` asks the provider."""
        self._count = count
        self._known: Mapping[str, Count] = {}
        self._failed = False

    def get(self, identity: str) -> Count | None:
        """Return the counts of an identity, None where they are unknown."""
        return self._known.get(identity)

    async def look(self) -> dict[str, tuple[int, int]]:
        """Count anew; returns by how many (mails, texts) each identity that has more now has more.

        A provider that does not answer leaves what is known, and nothing has come.
        """
        try:
            counted = {count.identity: count for count in await self._count()}
        except ConstellagentError as error:
            if not self._failed:
                _log.warning("unread messages cannot be counted: %s", error.message)
            self._failed = True
            return {}
        first, self._failed = not self._known, False
        before, self._known = self._known, counted
        return {} if first else _more(before, counted)

    async def follow(
        self, wanted: Callable[[], bool], come: Callable[[Mapping[str, tuple[int, int]]], Awaitable[None]]
    ) -> None:
        """Count again and again while it is `wanted`, and tell what has come; ends by being cancelled."""
        while True:
            if wanted():
                known = self._known
                news = await self.look()
                if news or known != self._known:
                    await come(news)
            await asyncio.sleep(EVERY)


def _more(before: Mapping[str, Count], after: Mapping[str, Count]) -> dict[str, tuple[int, int]]:
    found = {}
    for identity, now in after.items():
        was = before.get(identity)
        mails = now.unread_mail - (was.unread_mail if was else 0)
        texts = now.unread_texts - (was.unread_texts if was else 0)
        if mails > 0 or texts > 0:
            found[identity] = (max(mails, 0), max(texts, 0))
    return found
