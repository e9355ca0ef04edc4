"""What a person's terminal sends, cut into keys, mouse events, pastes, focus and answers.

Terminals disagree about keys, so all their ways are read: the old ones, xterm's modifyOtherKeys and the
kitty keyboard protocol. What a thing was sent as stays with it, for a program that reads keys the same way.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from constellagent.term.keys.mouse import MouseEvent
from constellagent.term.keys.press import KeyPress
from constellagent.term.keys.sequences import key_of, mouse_of

_BEGIN, _END = "\x1b[200~", "\x1b[201~"
_COMPLETE = re.compile(
    r"\x1b\[M[\s\S]{3}"  # the mouse, as it was first
    r"|\x1b\[\[[A-E]"  # function keys of the Linux console
    r"|\x1b\[[0-?]{0,64}[ -/]{0,2}[@-LN-Z\\-~]"
    r"|\x1b\[[0-?]{1,64}[ -/]{0,2}M"
    r"|\x1bO\d?[ -~]"
    r"|\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)"
)
_PART = re.compile(
    r"\x1b(?:\[(?:M[\s\S]{0,2}|\[|[0-?]{0,64}[ -/]{0,2})|O\d?|[\]P_^X][^\x07\x1b]{0,8192}\x1b?)?\Z"
)
_WAITS = (0.02, 0.1, 0.5)
"""Seconds to wait for more after one, two and more characters of a sequence. The first are also a key on
their own, Escape and Alt with another; the rest no person types, so a slow line must not make text of it."""
_PASTING = 5.0
"""Seconds for more of a paste. Without any, one whose end was lost would swallow all keys for ever."""


@dataclass(frozen=True, slots=True)
class Paste:
    """Text that was pasted, as the terminal gave it."""

    text: str


@dataclass(frozen=True, slots=True)
class Focus:
    """The terminal's window gained or lost the focus."""

    gained: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What the terminal says when it is asked."""


@dataclass(frozen=True, slots=True)
class Typed:
    """One thing that a terminal sent: `raw` as it was, and what it means; None where that is not known."""

    raw: str
    what: KeyPress | MouseEvent | Paste | Focus | Answer | None


class TypedReader:
    """Reads what a terminal sends, however it is cut into pieces."""

    def __init__(self) -> None:
        self._held = ""
        self._paste: list[str] | None = None

    @property
    def patience(self) -> float | None:
        """Seconds to wait for more before `flush`; None if nothing is held."""
        if self._paste is not None:
            return _PASTING
        if not self._held:
            return None
        return _WAITS[min(len(self._held), 3) - 1]

    def feed(self, text: str) -> list[Typed]:
        """Take what was sent; return what is complete."""
        found: list[Typed] = []
        text, self._held = self._held + text, ""
        at = 0
        while at < len(text):
            if self._paste is not None:
                at = self._pasted(text, at, found)
                continue
            if text[at] != "\x1b":
                found.append(_plain(text[at]))
                at += 1
                continue
            if _PART.match(text, at):
                self._held = text[at:]
                break
            at = self._sequence(text, at, found)
        return found

    def flush(self) -> list[Typed]:
        """Return what is held: nothing more has come of it."""
        held, self._held = self._held, ""
        if self._paste is not None:
            paste, self._paste = "".join(self._paste) + held, None
            return [Typed(_BEGIN + paste, Paste(paste))]
        if len(held) > 2:
            return [Typed(held, None)]
        return [_alt(held)] if len(held) == 2 else [_plain(char) for char in held]

    def _sequence(self, text: str, at: int, found: list[Typed]) -> int:
        """Read what begins with Escape and is complete; returns where it ends."""
        match = _COMPLETE.match(text, at)
        if match is None:
            if text[at + 1] == "\x1b":
                found.append(_plain("\x1b"))
                return at + 1
            found.append(_alt(text[at : at + 2]))
            return at + 2
        raw = match[0]
        if raw == _BEGIN:
            self._paste = []
        elif raw != _END:
            found.append(_known(raw))
        return match.end()

    def _pasted(self, text: str, at: int, found: list[Typed]) -> int:
        """Read on in a paste; returns where it ends, or the end of what there is."""
        assert self._paste is not None
        end = text.find(_END, at)
        if end >= 0:
            paste = "".join((*self._paste, text[at:end]))
            found.append(Typed(f"{_BEGIN}{paste}{_END}", Paste(paste)))
            self._paste = None
            return end + len(_END)
        keep = next((size for size in range(len(_END) - 1, 0, -1) if text.endswith(_END[:size], at)), 0)
        self._paste.append(text[at : len(text) - keep])
        self._held = text[len(text) - keep :]
        return len(text)


@lru_cache(maxsize=512)
def _plain(char: str) -> Typed:
    return Typed(char, key_of(char))


@lru_cache(maxsize=512)
def _alt(raw: str) -> Typed:
    return Typed(raw, key_of(raw))


def _known(raw: str) -> Typed:
    if raw[1] not in "[O" or (raw[1] == "[" and raw[2] in "?>="):
        return Typed(raw, Answer())
    if raw in {"\x1b[I", "\x1b[O"}:
        return Typed(raw, Focus(raw == "\x1b[I"))
    key = key_of(raw)
    if key is not None:
        return Typed(raw, key)
    mouse = mouse_of(raw)
    if mouse is not None:
        return Typed(raw, mouse)
    return Typed(raw, Answer() if raw[1] == "[" and raw[-1] in "Rcntyx" else None)
