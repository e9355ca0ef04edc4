"""Copy mode: a terminal's scrollback, held still to be scrolled, searched, selected and copied."""

from constellagent.faces.tui.copying.clicks import Clicks
from constellagent.faces.tui.copying.clipboard import Clipboard
from constellagent.faces.tui.copying.mode import CopyMode, Wish
from constellagent.faces.tui.copying.still import still

__all__ = ["Clicks", "Clipboard", "CopyMode", "Wish", "still"]
