"""Why tests of the suite fail on our screens, by group; what a reader finds beside the figures."""

_RECTANGLES = "the engine has no operations on rectangles"
_COLUMNS = "the engine does not insert, delete or scroll columns"
_COLORS = "colours in CIE spaces and some spellings of RGB; the engine knows what programs of today write"
_SPECIAL = "the engine does not answer for special colours (OSC 5)"
_BACKWARDS = "the engine wraps backwards within soft-wrapped rows only, and stops elsewhere than xterm"
_ORIGIN = "with margins and origin mode on the engine goes to another place than xterm"
_ATTRIBUTES = "we say what we are, a VT220 with colours; the suite expects xterm's own list"
_TITLES = "titles are not told, since what a program put there would come back as if typed"

REASONS = {
    "BS": _BACKWARDS,
    "CHA": _ORIGIN,
    "CUB": _BACKWARDS,
    "ChangeColor": _COLORS,
    "ChangeDynamicColor": _COLORS,
    "ChangeSpecialColor": _SPECIAL,
    "DA": _ATTRIBUTES,
    "DA2": _ATTRIBUTES,
    "DECBI": _COLUMNS,
    "DECCRA": _RECTANGLES,
    "DECDC": _COLUMNS,
    "DECDSR": "no answers about printers, locators, macros or sessions, which there are none of; no DECXCPR",
    "DECERA": _RECTANGLES,
    "DECFI": _COLUMNS,
    "DECFRA": _RECTANGLES,
    "DECIC": _COLUMNS,
    "DECRQM": "modes that no terminal has today are `unknown` here, not `always off`; no 132 columns",
    "DECRQSS": "the engine answers for colours, margins and the cursor only",
    "DECSCL": "no lower levels: a program cannot switch newer sequences off; no 132 columns",
    "DECSERA": _RECTANGLES,
    "DECSET": "no 132 columns: the width is the viewer's; wrapping backwards; DECRQCRA in origin mode",
    "HPR": _ORIGIN,
    "RIS": "no 132 columns; " + _TITLES,
    "ResetSpecialColor": _SPECIAL,
    "TBC": "without a parameter (`CSI g`) the engine clears no tab stop; `CSI 0 g` does",
    "VPR": _ORIGIN,
    "XtermWinops": "a window cannot be moved, sized or asked about: there is none; " + _TITLES,
}
