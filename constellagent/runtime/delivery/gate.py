"""Whether a program may be written to now: by signs, never by time.

A paste into a dialog is lost and its Enter is an answer; one into a program that starts is merged with what
it starts with; one behind a person's draft sends that along. So each of these keeps a text unsent.
"""

from dataclasses import dataclass
from typing import Literal

from constellagent.agents.kind import Kind
from constellagent.runtime.delivery.sight import Sight
from constellagent.term.activity import Activity
from constellagent.term.activity.states import IDLE_PROMPT, PERMISSION, QUESTION

FRESH = 2.0
"""Seconds in which what a hook says of a dialog may be on its way to the screen."""

Word = Literal["open", "wait", "dialog", "draft"]
"""`wait`: not yet. `dialog`: a person has to answer first. `draft`: somebody has begun to write."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What a look came to; `why` says in words what keeps a text from being typed."""

    word: Word
    why: str = ""


def judge(kind: Kind, activity: Activity | None, age: float, sight: Sight) -> Gate:
    """Say whether a program of a kind may be written to; it has been in that state for `age` seconds."""
    state = activity.state if activity is not None else "unknown"
    asks = state == "waiting" and activity is not None and activity.reason not in {IDLE_PROMPT, ""}
    if sight.dialog:
        return Gate("dialog", _question(activity, sight))
    if asks and activity is not None and (sight.draft is None or age < FRESH):
        return Gate("dialog", _question(activity, sight))
    if sight.draft:
        return Gate("draft", "a text that somebody has begun is in its input line")
    told = activity is not None and activity.source not in {"output", "none"}
    if kind.hooks and not kind.signs.draft and state in {"starting", "working"} and not told:
        # What it starts with may still stand in an input line that we cannot read.
        return Gate("wait", "it is still starting")
    return _taking(kind, state, sight)


def _taking(kind: Kind, state: str, sight: Sight) -> Gate:
    """Say whether a program that asks nothing takes a prompt."""
    if state == "working" and not kind.queues:
        return Gate("wait", "it works, and what is typed meanwhile would disturb that")
    if kind.signs.draft or kind.signs.ready:
        seen = sight.draft is not None if kind.signs.draft else sight.ready
        if seen and kind.signs.draft and sight.brackets is False:
            return Gate("wait", "it has not asked for pastes yet")
        return Gate("open") if seen else Gate("wait", "its screen does not show that it takes a prompt")
    return Gate("wait", "it is still starting") if state == "starting" else Gate("open")


def knows(kind: Kind) -> bool:
    """Say whether a kind lets us know when its program takes a prompt."""
    signs = kind.signs
    return bool(signs.draft or signs.ready or signs.dialogs or kind.hooks)


def _question(activity: Activity | None, sight: Sight) -> str:
    reason = activity.reason if activity is not None and activity.state == "waiting" else ""
    if reason == PERMISSION:
        return "it asks for a permission"
    shown = f": {sight.dialog[:80]}" if sight.dialog else ""
    return f"it asks a question{shown}" if reason == QUESTION or not shown else f"it shows a dialog{shown}"
