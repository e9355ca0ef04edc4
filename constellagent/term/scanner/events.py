"""What a program says about itself beside its text: one frozen value for each kind of sign.

`offset` is how many bytes of output there were up to the end of the sequence. Texts hold no control
characters and are bounded, so that they may be shown and kept as they are.
"""

from dataclasses import dataclass
from typing import Literal

ProgressState = Literal["remove", "set", "error", "indeterminate", "paused"]
Urgency = Literal["low", "normal", "critical"]


@dataclass(frozen=True, slots=True)
class Title:
    """The window's title (OSC 0 and 2); empty where the program takes it back."""

    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Folder:
    """The current folder (OSC 7), an absolute path; `host` is empty where none is named."""

    path: str
    host: str
    offset: int


@dataclass(frozen=True, slots=True)
class Notification:
    """A message for a person. `code` is the OSC it came by; one by OSC 9 has a body only."""

    title: str
    body: str
    urgency: Urgency
    code: Literal[9, 99, 777]
    offset: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the program is (OSC 9;4); `percent` is 0 to 100, None where it is not said."""

    state: ProgressState
    percent: int | None
    offset: int


@dataclass(frozen=True, slots=True)
class Clipboard:
    """What the program puts on a clipboard (OSC 52), exactly as it was sent.

    Attributes:
        selection: letters and digits of xterm, `c` for the clipboard.
        text: None where the program clears it.
        offset: where the sequence ended.
    """

    selection: str
    text: str | None
    offset: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A shell's mark (OSC 133): `A` prompt, `B` its end, `C` a command runs, `D` it ended, and how."""

    kind: Literal["A", "B", "C", "D"]
    exit_status: int | None
    offset: int


@dataclass(frozen=True, slots=True)
class AgentState:
    """An agent's own word about its state (OSC 7501), such as `blocked` with the kind `permission`."""

    state: str
    kind: str
    offset: int


@dataclass(frozen=True, slots=True)
class Bell:
    """The bell rang `count` times, the last time at `offset`, with no other sign between."""

    count: int
    offset: int


Signal = Title | Folder | Notification | Progress | Clipboard | Mark | AgentState | Bell
