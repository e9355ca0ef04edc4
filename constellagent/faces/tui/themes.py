"""Which colours fit the terminal: one of four themes, and how many colours there are.

The theme colours what we draw. What the programs draw keeps its own colours, in the depth of the terminal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style

from constellagent.faces.tui.theme_rules import RULES, ThemeName

Background = Literal["dark", "light"]

_TAKEN = ("dialog", "selected")
"""Classes for which prompt_toolkit brings rules of its own, which are done away with."""
_TRUE_COLOUR_TERMINALS = ("alacritty", "contour", "foot", "ghostty", "kitty", "wezterm", "-direct")
_WITHOUT_COLOUR = ("vt100", "vt102", "vt220", "vt320", "ansi-m", "-m", "-mono")


@dataclass(frozen=True, slots=True)
class Theme:
    """What to draw with: `depth` is what the terminal can show, whatever the theme uses of it."""

    name: ThemeName
    style: Style
    depth: ColorDepth


def choose(
    setting: Literal["auto", "dark", "light", "16", "mono"],
    environ: Mapping[str, str],
    background: Background = "dark",
) -> Theme:
    """Return the theme of the setting; `auto` goes by the terminal that `environ` describes.

    NO_COLOR takes the colours of what we draw, not those of the programs; a setting wins over it.
    """
    depth = depth_of(environ)
    name: ThemeName = setting if setting != "auto" else _fitting(environ, depth, background)
    return Theme(name, Style(list(_rules(name).items())), depth)


def depth_of(environ: Mapping[str, str]) -> ColorDepth:
    """Return how many colours the terminal shows, as far as its environment says."""
    term = environ.get("TERM", "").lower()
    if term in {"", "dumb"} or term.endswith(_WITHOUT_COLOUR):
        return ColorDepth.DEPTH_1_BIT
    inside = "TMUX" in environ or term.startswith(("screen", "tmux"))
    if environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
        return ColorDepth.DEPTH_24_BIT
    if not inside and any(name in term for name in _TRUE_COLOUR_TERMINALS):
        return ColorDepth.DEPTH_24_BIT
    return ColorDepth.DEPTH_8_BIT if inside or "256color" in term else ColorDepth.DEPTH_4_BIT


def _fitting(environ: Mapping[str, str], depth: ColorDepth, background: Background) -> ThemeName:
    if environ.get("NO_COLOR") or depth is ColorDepth.DEPTH_1_BIT:
        return "mono"
    return "16" if depth is ColorDepth.DEPTH_4_BIT else background


def _rules(name: ThemeName) -> dict[str, str]:
    """Return the rules, those of general classes before those of the parts of them, which win."""
    rules = RULES[name]
    ordered = sorted(rules, key=lambda rule: (rule.count("."), rule))
    return {key: f"noinherit {rules[key]}" if key in _TAKEN else rules[key] for key in ordered}
