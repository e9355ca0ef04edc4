"""What can be known of a program in a terminal: its state, why, since when, and who says so."""

from dataclasses import dataclass
from typing import Literal

State = Literal["starting", "working", "waiting", "done", "failed", "exited", "unknown"]
Source = Literal[
    "hook",  # the agent's own hooks
    "report",  # its own word on the terminal (OSC 7501)
    "title",
    "prompt",  # a shell's marks
    "progress",
    "notification",
    "bell",
    "screen",  # what the screen shows
    "output",  # that there is output, or none
    "process",  # its end
    "none",
]

PERMISSION, QUESTION, IDLE_PROMPT = "permission", "question", "idle prompt"
"""Reasons to wait: it asks whether it may, it asks something, it is ready for the next order."""
QUIET = "quiet"
"""The reason of `unknown` where nothing was written for a while and nothing else tells why."""
PAUSED, PROGRESS_ERROR = "paused", "progress error"
"""Reasons that come from a progress bar."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What a program is doing.

    Attributes:
        state: in one word.
        reason: more exactly, one of the reasons of this module or of the one who tells; often empty.
        source: from where it is known.
        since: when the state was entered, by the clock that the tracker is given.
        message: what the program said to a person, such as a notification's text; often empty.
    """

    state: State
    reason: str
    source: Source
    since: float
    message: str = ""
