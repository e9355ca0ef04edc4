"""Colours inside of a diff, for each theme: source code, and the ground of lines that came or went.

They are more than the classes that all parts share, and needed nowhere else.
"""

from collections.abc import Mapping

from constellagent.faces.tui.theme_rules import ThemeName

Palette = Mapping[str, str]
"""Style by part: those of `diff_syntax.PARTS`, `added` and `removed` for whole lines, `gap` for no line.

Where lines have no ground of their own they take the colour of their sign, and only kept lines show syntax.
"""

_WITHOUT_GROUND = {"added": "", "removed": "", "gap": ""}

PALETTES: Mapping[ThemeName, Palette] = {
    "dark": {
        "added": "bg:#16301f",
        "removed": "bg:#3b1c26",
        "gap": "bg:#181825",
        "keyword": "#cba6f7",
        "name": "#89b4fa",
        "string": "#a6e3a1",
        "number": "#fab387",
        "comment": "#9fa5bd",
        "meta": "#f9e2af",
    },
    "light": {
        "added": "bg:#dcf5dc",
        "removed": "bg:#fbe0e4",
        "gap": "bg:#eef0f5",
        "keyword": "#6b2fb3",
        "name": "#1a4fc0",
        "string": "#1c6b1a",
        "number": "#8a3d00",
        "comment": "#5c5f77",
        "meta": "#6a4100",
    },
    "16": {
        **_WITHOUT_GROUND,
        "keyword": "ansimagenta",
        "name": "ansiblue",
        "string": "ansicyan",
        "number": "ansiyellow",
        "comment": "",
        "meta": "ansiyellow",
    },
    "mono": _WITHOUT_GROUND | dict.fromkeys(("keyword", "name", "string", "number", "comment", "meta"), ""),
}
