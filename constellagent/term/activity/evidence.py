"""What one sign says about the state of a program; each kind of sign has its own reading here."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from constellagent.term.activity.signs import Sign
from constellagent.term.activity.states import (
    IDLE_PROMPT,
    PAUSED,
    PERMISSION,
    PROGRESS_ERROR,
    QUESTION,
    Source,
    State,
)
from constellagent.term.scanner.events import AgentState, Mark, Notification, Progress

_ACTIVE: frozenset[State] = frozenset({"starting", "working"})
_REPORTED: dict[str, tuple[State, str]] = {
    "idle": ("waiting", IDLE_PROMPT),
    "working": ("working", ""),
    "done": ("done", ""),
    "blocked": ("waiting", QUESTION),
}
_PROGRESSED: dict[str, tuple[State, str]] = {
    "set": ("working", ""),
    "indeterminate": ("working", ""),
    "error": ("failed", PROGRESS_ERROR),
    "paused": ("waiting", PAUSED),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sign, as far as it tells a state.

    Attributes:
        state: what it says.
        reason: more exactly.
        source: what kind of sign it is.
        message: what it says to a person.
        at: when it was last given.
        since: since when signs of its kind have said this state, for this reason, without a break.
        order: of two given at once, which came later.
    """

    state: State
    reason: str
    source: Source
    message: str
    at: float
    since: float
    order: int

    @property
    def active(self) -> bool:
        """Whether the program is at work by this."""
        return self.state in _ACTIVE

    @property
    def asks(self) -> bool:
        """Whether the program waits for an answer by this, and not just for the next order."""
        return self.state == "waiting" and self.reason not in {IDLE_PROMPT, ""}

    @property
    def vague(self) -> bool:
        """Whether it only tells that the program rests: a title that does may stand above a dialog."""
        return self.source == "title" and not self.active and not self.asks

    def contradicts(self, upper: "Evidence") -> bool:
        """Whether this and a sign of a higher rank cannot both be true.

        Why a program rests, only what it shows in so many words can tell: a dialog, or a prompt and none.
        """
        if self.active or upper.active:
            return self.active != upper.active
        if self.asks and upper.asks:
            known = {self.reason, upper.reason} <= {PERMISSION, QUESTION}
            return self.source == "screen" and known and self.reason != upper.reason
        if self.asks:
            return self.source in {"screen", "title"}
        return upper.asks and self.source in {"screen", "prompt"}


Reading = tuple[State, str, str]
"""State, reason and message."""


def read_title(text: str, signs: Iterable[Sign]) -> Reading | None:
    """Return what a title says."""
    return next(((sign.state, sign.reason, "") for sign in signs if sign.pattern.search(text)), None)


def read_notification(event: Notification, signs: Iterable[Sign]) -> tuple[Reading, bool]:
    """Return what a notification says, and whether it is sure: one without a sign may be anything."""
    message = ": ".join(text for text in (event.title, event.body) if text)
    for sign in signs:
        if sign.pattern.search(message):
            return (sign.state, sign.reason, message), True
    return ("waiting", QUESTION, message), False


def read_progress(event: Progress) -> Reading | None:
    """Return what a progress bar says; nothing once it is taken away."""
    told = _PROGRESSED.get(event.state)
    return (*told, "") if told else None


def read_report(event: AgentState) -> Reading | None:
    """Return what an agent says of itself; nothing where its word is not known."""
    told = _REPORTED.get(event.state)
    if told is None:
        return None
    state, reason = told
    return state, event.kind or reason if event.state == "blocked" else reason, ""


def read_mark(event: Mark, before: Evidence | None) -> Reading:
    """Return what a shell's mark says; its prompt remembers that the command before it failed."""
    if event.kind == "C":
        return "working", "", ""
    if event.kind == "D":
        return ("failed", f"exit status {event.exit_status}", "") if event.exit_status else ("done", "", "")
    failed = before.reason if before is not None and before.state == "failed" else ""
    kept = before.message if before is not None and before.state == "waiting" else ""
    return "waiting", IDLE_PROMPT, failed or kept


def read_screen(lines: Sequence[str], cursor_row: int, signs: Iterable[Sign]) -> Reading | None:
    """Return what a screen says."""
    at_cursor = lines[cursor_row : cursor_row + 1]
    written = [line for line in lines if line and not line.isspace()]
    for sign in signs:
        if _found(sign.pattern, at_cursor if sign.at_cursor else written[-sign.below :]):
            return sign.state, sign.reason, ""
    return None


def _found(pattern: re.Pattern[str], lines: Iterable[str]) -> bool:
    return any(pattern.search(line) for line in lines)
