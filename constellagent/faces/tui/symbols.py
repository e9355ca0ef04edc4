"""The signs that are drawn, and what stands for them where the locale knows ASCII only."""

import locale
from dataclasses import dataclass

from constellagent.runtime.control import State


@dataclass(frozen=True, slots=True)
class Symbols:
    """Signs of one column each, except the names of keys."""

    working: str = "●"
    waiting: str = "◐"
    done: str = "✓"
    failed: str = "✗"
    idle: str = "○"
    unknown: str = "?"
    starting: str = "◌"
    minus: str = "\N{MINUS SIGN}"
    ahead: str = "↑"
    behind: str = "↓"
    mail: str = "✉"
    texts: str = "☎"
    more: str = "…"
    dot: str = "·"
    bar: str = "│"
    line: str = "─"
    corners: str = "┌┐└┘"
    prompt: str = "\N{HEAVY RIGHT-POINTING ANGLE QUOTATION MARK ORNAMENT}"
    chosen: str = "◉"
    arrows: tuple[str, str, str, str] = ("←", "→", "↑", "↓")

    def of(self, state: State) -> str:
        """Return the sign of a state."""
        return str(getattr(self, _SIGNS.get(state, "unknown")))


_SIGNS: dict[State, str] = {
    "starting": "starting",
    "running": "working",
    "working": "working",
    "waiting": "waiting",
    "done": "done",
    "failed": "failed",
    "exited": "idle",
    "stopped": "idle",
}
"""Which sign each state has; any other is unknown."""

UNICODE = Symbols()
ASCII = Symbols(
    working="*",
    waiting="!",
    done="+",
    failed="x",
    idle="o",
    starting=".",
    minus="-",
    ahead="^",
    behind="v",
    mail="m",
    texts="t",
    more="~",
    dot="-",
    bar="|",
    line="-",
    corners="++++",
    prompt=">",
    chosen="*",
    arrows=("Left", "Right", "Up", "Down"),
)


def of_locale(encoding: str | None = None) -> Symbols:
    """Return the signs that `encoding` can write; without one, that of the locale."""
    name = encoding or locale.getpreferredencoding(do_setlocale=False)
    return UNICODE if name.lower().replace("-", "").replace("_", "") == "utf8" else ASCII
