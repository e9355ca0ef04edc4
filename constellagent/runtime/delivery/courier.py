"""Delivers texts to sessions: waits until the program takes one, and makes sure that a turn begins."""

import asyncio
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from constellagent.agents.kind import Kind
from constellagent.agents.start import KINDS
from constellagent.agents.values import plain
from constellagent.errors import ConflictError
from constellagent.failpoints import around
from constellagent.runtime.clock import Clock
from constellagent.runtime.delivery import gate
from constellagent.runtime.delivery.guided import Guided
from constellagent.runtime.delivery.looking import Looking
from constellagent.runtime.delivery.ours import Ours
from constellagent.runtime.delivery.pasting import Delivery, Hands
from constellagent.runtime.delivery.ports import KindOf, Seeing, Writing
from constellagent.runtime.delivery.turns import Turns
from constellagent.runtime.points import Point
from constellagent.runtime.store.sessions import SessionRow
from constellagent.term.activity.states import PERMISSION
from constellagent.term.keys import pasteable

Before = Callable[[], Awaitable[None]]
"""Called once, right before the first byte is typed: what may have been typed is known by it."""


class Courier:
    """Delivers to any live session; of several texts for one, each comes after the one before."""

    def __init__(
        self, sessions: Writing, screens: Seeing, turns: Turns, kind_of: KindOf, clock: Clock
    ) -> None:
        """`turns` tells of the turns that begin, as the programs' hooks say."""
        self._sessions = sessions
        self._screens = screens
        self._turns = turns
        self._kind_of = kind_of
        self._clock = clock
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._ours: dict[str, Ours] = {}

    @around(Point.PROMPT_DELIVER)
    async def deliver(
        self,
        row: SessionRow,
        text: str,
        *,
        enter: bool = True,
        wait: float = 0.0,
        force: bool = False,
        before: Before | None = None,
    ) -> Delivery:
        """Deliver `text` to a live session, without the controls in it that a paste cannot hold.

        It waits up to `wait` seconds for a program that is not ready yet. With `force` it is typed whatever
        the program shows. Once typing has begun it takes a second or two, less than a minute at worst.

        Raises:
            ConflictError: nothing was typed; says what kept it.
            ConstellagentError: the session cannot be written to, or what `before` raises.
        """
        text = _typed(row.subject, text)
        lock = self._locks.setdefault(row.id, asyncio.Lock())
        async with lock:
            kind = await self.kind(row)
            looking = Looking(row, kind, self._screens, self._clock)
            hands = Hands(self._sessions.log(row.id), self._write(row), self._sessions.view(row)["pid"])
            guided = Guided(looking, hands, self._turns, await self._ours_of(row.id))
            free = force or not gate.knows(kind)
            if not free:
                if not text.strip():
                    raise ConflictError(f"nothing was sent to {row.subject}: there is no text")
                await self._open(row, looking, guided, wait)
            await self._begin(before)
            if kind.signs.draft and not free:
                return await guided.deliver(text, enter=enter)
            return await hands.deliver(text, enter=enter, brackets=(await looking.look()).sight.brackets)

    def asks(self, row: SessionRow) -> bool:
        """Say whether a session's program is known to ask for a permission, whatever its kind."""
        standing = self._screens.standing(row.id)
        return standing is not None and standing.activity.reason == PERMISSION

    async def kind(self, row: SessionRow) -> Kind:
        """Return the kind of a session's program; a run shows our own words, and is a command."""
        name = await self._kind_of(row) if row.role == "agent" else ""
        return next((kind for known, kind in KINDS.items() if known == name), KINDS["command"])

    async def _ours_of(self, session: str) -> Ours:
        if session not in self._ours:
            self._ours[session] = await Ours.of(self._sessions.log(session).parent)
        return self._ours[session]

    def forget(self, session: str) -> None:
        """A session has ended."""
        self._ours.pop(session, None)
        self._turns.forget(session)

    @around(Point.PROMPT_BEGIN)
    async def _begin(self, before: Before | None) -> None:
        if before is not None:
            await before()

    def _write(self, row: SessionRow) -> Callable[[bytes], Awaitable[None]]:
        async def write(data: bytes) -> None:
            await self._sessions.send(row.id, data)
            self._screens.typed(row.id)

        return write

    async def _open(self, row: SessionRow, looking: Looking, guided: Guided, wait: float) -> None:
        """Return once the program may be written to, twice in a row: one look may come between two writes."""
        end = self._clock.monotonic() + wait
        before: gate.Gate | None = None
        while True:
            now = await looking.gate()
            if now.word == "draft" and await guided.clear():
                continue
            if now.word == "open" and before is not None and before.word == "open":
                return
            settled = before is not None and before.word == now.word
            if settled and (now.word in {"dialog", "draft"} or self._clock.monotonic() >= end):
                raise _unsent(row.subject, now)
            if now.word == "wait" and not await self._lives(row):
                raise ConflictError(f"nothing was sent to {row.subject}: it has ended")
            before = now
            await asyncio.sleep(looking.PACE)

    async def _lives(self, row: SessionRow) -> bool:
        known = await self._sessions.get(row.id)
        return known is not None and known.live


def _typed(subject: str, text: str) -> str:
    """Return what of a text is typed. What was hidden behind a control is no command, though it is first now.

    Raises:
        ConflictError: nothing is left of it.
    """
    typed = pasteable(text)
    if text and not typed:
        raise ConflictError(
            f"nothing was sent to {subject}: the text holds nothing but control characters",
            hint=f"`constellagent attach {subject}` lets you press keys",
        )
    return typed if text[:1] == typed[:1] else plain(typed)


def _unsent(subject: str, found: gate.Gate) -> ConflictError:
    hints = {
        "dialog": f"`constellagent attach {subject}` answers it",
        "draft": f"`constellagent attach {subject}` lets you send or delete it",
        "wait": "`--wait SECONDS` waits longer; `--force` types it all the same",
    }
    return ConflictError(f"nothing was sent to {subject}: {found.why}", hint=hints[found.word])
