"""A delivery to a program whose input line can be read: each step is taken once the one before was seen."""

import asyncio

from constellagent.runtime.delivery import pasting
from constellagent.runtime.delivery.looking import Looking, Seen
from constellagent.runtime.delivery.ours import Ours
from constellagent.runtime.delivery.pasting import Delivery, Hands
from constellagent.runtime.delivery.sight import beside, holds, same, squeezed, stands_for
from constellagent.runtime.delivery.turns import Listening, Turns

SEEN_WITHIN = 5.0
"""Seconds in which a paste that was read should stand in the input line."""
TAKEN_WITHIN = 10.0
"""Seconds in which an Enter should have emptied the input line; twenty kilobytes take a while."""
AGAIN_AFTER = 3.0
"""Seconds after which Enter is pressed once more where the same text still stands there."""
TOLD_WITHIN = 10.0
"""Seconds that a program whose hooks tell of turns has to tell of this one."""
SHOWN_WITHIN = 4.0
"""Seconds in which the screen of any other should show the text, or that the program works."""

_HEAD = 24
"""Letters and digits of a text's first line that are looked for on the screen."""
_CLEARINGS = 40
"""How often keys that delete are pressed, a screen of lines each time."""
_DELETES = b"\x15\x7f"
"""Ctrl-U deletes what is left of the cursor in its line; where nothing is, Backspace joins the lines."""


class Guided:
    """Delivers one text."""

    def __init__(self, looking: Looking, hands: Hands, turns: Turns, ours: Ours) -> None:
        self._looking = looking
        self._hands = hands
        self._turns = turns
        self._ours = ours

    async def clear(self) -> bool:
        """Empty the input line of what we left there, or what an interrupt put back; says whether it is.

        Whatever else stands there is a person's, and is left alone: so are words that join ours meanwhile.
        """
        sight = (await self._looking.look()).sight
        known = [*self._ours.left, self._turns.newest(self._looking.session) or ""]
        if sight.draft and not any(
            same(text, sight.draft) or stands_for(sight.draft, text) for text in known
        ):
            return False
        for _ in range(_CLEARINGS):
            was = sight.draft
            if was == "":
                await self._ours.leave()
                return True
            if was is None or sight.dialog:
                return False
            await self._ours.leave(*self._ours.left, was)
            await self._hands.press(_DELETES * (len(was.splitlines()) + 1))
            sight = (await self._looking.until(lambda now, was=was: now.sight.draft != was, 1.0)).sight  # type: ignore[misc]
            if sight.draft == was or (
                sight.draft and not any(holds(text, sight.draft) for text in (*known, was))
            ):
                return False
        return False

    async def deliver(self, text: str, *, enter: bool) -> Delivery:
        """Deliver to a program that is ready now.

        Raises:
            ConstellagentError: its session cannot be written to.
        """
        if enter and text:
            await self._ours.leave(text)
        brackets = (await self._looking.look()).sight.brackets
        unread = await self._hands.paste(text, enter=enter, brackets=brackets)
        if unread is not None:
            return unread
        seen = await self._looking.until(lambda now: bool(now.sight.draft), SEEN_WITHIN if text else 0.0)
        if text and (why := _doubt(seen, text)):
            return Delivery(False, why + (", and Enter was not pressed" if enter else ""))
        if not enter:
            return Delivery(True)
        await asyncio.sleep(pasting.PAUSE)
        seen = await self._looking.look()
        if text and (why := _doubt(seen, text)):
            return Delivery(False, f"{why}, and Enter was not pressed")
        await self._ours.leave(text, seen.sight.draft or "")
        return await self._enter(text, seen)

    async def _enter(self, text: str, before: Seen) -> Delivery:
        listening = self._turns.listen(self._looking.session)
        tells = self._turns.newest(self._looking.session) is not None
        began = self._looking.clock.now()
        try:
            await self._hands.press(b"\r")
            if not await self._taken(text, listening):
                return Delivery(False, "the text still stands in its input line after Enter")
            await self._ours.leave()
            if text.startswith(("/", "!")) or _works(before):
                return Delivery(True)  # a command of its own begins no turn; what is queued begins one later
            told = await self._told(text, listening, TOLD_WITHIN if tells else 0.0)
            return told or await self._shown(text, began, listening, tells=tells)
        finally:
            listening.close()
            self._ours.sent.append(text)

    async def _taken(self, text: str, listening: Listening) -> bool:
        """Return once the text is gone from the input line; Enter is pressed again where it stays."""

        def taken(now: Seen) -> bool:
            return not _stands(now, text) or _heard(listening, text)

        if taken(await self._looking.until(taken, AGAIN_AFTER)):
            return True
        await self._hands.press(b"\r")
        return taken(await self._looking.until(taken, TAKEN_WITHIN - AGAIN_AFTER))

    async def _told(self, text: str, listening: Listening, patience: float) -> Delivery | None:
        """Return what the program's hooks say of the turn, None where they say nothing of it."""
        end, late = self._looking.clock.monotonic() + patience, 0
        while not _heard(listening, text):
            others = [prompt for prompt in listening.prompts if not self._sent(prompt)]
            if late < (late := len(listening.prompts) - len(others)):
                end = self._looking.clock.monotonic() + patience  # the hooks tell, but late
            listening.stirred.clear()
            try:
                async with asyncio.timeout(end - self._looking.clock.monotonic()):
                    await listening.stirred.wait()
            except TimeoutError:
                return Delivery(False, "a turn has begun with another text") if others else None
        return Delivery(True)

    def _sent(self, prompt: str) -> bool:
        return any(holds(prompt, text) for text in self._ours.sent)

    async def _shown(self, text: str, began: float, listening: Listening, *, tells: bool) -> Delivery:
        """Look for a sign of the turn on the terminal: the state has changed, or it shows the text."""
        head = next(filter(None, map(squeezed, text.splitlines())), "")[:_HEAD]

        def shows(now: Seen) -> bool:
            changed = _tells(now) and self._looking.clock.now() - now.age >= began
            return changed or bool(head and head in squeezed("".join(now.sight.above)))

        seen = await self._looking.until(lambda now: shows(now) or _heard(listening, text), SHOWN_WITHIN)
        if (told := await self._told(text, listening, 0.0)) is not None:
            return told
        if not shows(seen):
            return Delivery(False, "its input line is empty again, but nothing shows that a turn began")
        if tells:
            return Delivery(False, "its terminal shows the text, but its hooks tell of no turn")
        return Delivery(True)


def _tells(seen: Seen) -> bool:
    """Say whether the program itself tells its state; that it writes is no sign: it shows what we type."""
    return seen.activity is not None and seen.activity.source not in {"output", "none"}


def _works(seen: Seen) -> bool:
    return _tells(seen) and seen.activity is not None and seen.activity.state == "working"


def _doubt(seen: Seen, text: str) -> str:
    """Return why the input line does not hold our text alone, empty where it does."""
    sight = seen.sight
    if sight.dialog:
        return f"a dialog came up while it was typed ({sight.dialog[:80]})"
    if not sight.draft:
        return "its input line does not show the text"
    return "" if _stands(seen, text) else "somebody else typed at the same time"


def _stands(seen: Seen, text: str) -> bool:
    """Say whether the text, or a part of it, is what stands in the input line."""
    draft = seen.sight.draft
    if not draft:
        return False
    rest = beside(draft)
    return holds(text, rest) if rest else True


def _heard(listening: Listening, text: str) -> bool:
    return any(holds(prompt, text) for prompt in listening.prompts)
