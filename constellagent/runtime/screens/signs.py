"""By which signs the state of a session is known: those of its agent's kind, as term.activity reads them.

Which kind that is, the session's conversation tells, else the file as it was applied. Only an agent's own
session shows the screens of its kind: a run is shown in our own words.
"""

import asyncio
import re
from collections.abc import Callable, Iterable
from functools import cache

from constellagent.agents import kind as agents
from constellagent.agents.start import KINDS, kind_of
from constellagent.errors import SpecError
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.store.conversations import ConversationRows
from constellagent.runtime.store.sessions import SessionRow
from constellagent.spec.load import Loaded
from constellagent.term.activity import Sign, Signs

Load = Callable[[bytes, str], Loaded]
"""Parses a file's content; raises SpecError."""


@cache
def signs_of(kind: str) -> Signs:
    """Return the signs of a kind of agent; of one that this release does not know, those of any program."""
    known = next((each for name, each in KINDS.items() if name == kind), None)
    return Signs() if known is None else compiled(known.signs)


def compiled(signs: agents.Signs) -> Signs:
    """Return signs as the tracker takes them; where a kind has no table of its own, the common one counts."""
    common = Signs()
    return Signs(
        titles=common.titles if signs.titles is None else _compiled(signs.titles),
        notifications=common.notifications if signs.notifications is None else _compiled(signs.notifications),
        screens=_compiled(signs.screens),
    )


def _compiled(signs: Iterable[agents.Sign]) -> tuple[Sign, ...]:
    return tuple(
        Sign(re.compile(sign.pattern), sign.state, sign.reason, sign.at_cursor, sign.below) for sign in signs
    )


class KnownSigns:
    """Finds the signs of sessions."""

    def __init__(self, constellations: Constellations, conversations: ConversationRows, load: Load) -> None:
        """`load` should remember what it has parsed: it is asked for each session."""
        self._constellations = constellations
        self._conversations = conversations
        self._load = load

    async def of(self, row: SessionRow) -> Signs:
        """Return the signs of a session; those of any program where its kind cannot be known."""
        return signs_of(await self.kind(row)) if row.role == "agent" else Signs()

    async def kind(self, row: SessionRow) -> str:
        """Return the name of the kind of a session's agent; empty where that cannot be known."""
        conversation = await self._conversations.of(row.id)
        return conversation.kind if conversation is not None else await self._declared(row)

    async def _declared(self, row: SessionRow) -> str:
        applied = await self._constellations.get(row.constellation)
        if applied is None:
            return ""
        try:
            loaded = await asyncio.to_thread(self._load, applied.text.encode(), str(applied.file))
        except SpecError:  # applied by another release, which knew other words
            return ""
        spec = loaded.constellation.agents.get(row.subject)
        return "" if spec is None else kind_of(spec).name
