"""By which words of titles, notifications and screens a state is known: for any program, or one kind."""

import re
from dataclasses import dataclass

from constellagent.term.activity.states import IDLE_PROMPT, PERMISSION, State


@dataclass(frozen=True, slots=True)
class Sign:
    """What a text with `pattern` in it means.

    Attributes:
        pattern: searched for in a title, in a notification, or in each line of a screen.
        state: of the program that shows it.
        reason: more exactly.
        at_cursor: of a screen, only the cursor's row counts.
        below: of a screen, only so many of its last lines that are not blank count; 0 for all.
    """

    pattern: re.Pattern[str]
    state: State
    reason: str = ""
    at_cursor: bool = False
    below: int = 0


def _sign(pattern: str, state: State, reason: str = "") -> Sign:
    return Sign(re.compile(pattern), state, reason)


_TITLES = (
    _sign("^[\u2801-\u28ff\u25d0-\u25d3]", "working"),  # a spinner of dots or of half circles
    _sign(r"^\u2726\s", "working"),
    _sign(r"(?i)^(?:\[ ?[!.] ?\]|\u270b)\s*action required\b", "waiting", PERMISSION),
    _sign(r"^\u25c7\s+Ready\b", "waiting", IDLE_PROMPT),
    _sign(r"^\u2733", "waiting", IDLE_PROMPT),
)
"""Titles that coding agents give themselves and nobody else does."""

_NOTIFICATIONS = (
    _sign(r"(?i)\b(?:permission|approv(?:al|e))\b", "waiting", PERMISSION),
    _sign(r"(?i)\bwaiting for (?:your )?input\b", "waiting", IDLE_PROMPT),
    _sign(r"(?i)\bsession complete\b", "done"),
)


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs of one kind of program; the first that is found counts, and a text without one says nothing.

    A notification without one is a question. A screen is looked at only where it has signs.
    """

    titles: tuple[Sign, ...] = _TITLES
    notifications: tuple[Sign, ...] = _NOTIFICATIONS
    screens: tuple[Sign, ...] = ()
