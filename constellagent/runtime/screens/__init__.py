"""What sessions show and do: one screen for each live one, kept across the death of the daemon."""

from constellagent.runtime.screens.activities import Standing
from constellagent.runtime.screens.screens import Screens
from constellagent.runtime.screens.signs import KnownSigns

__all__ = ["KnownSigns", "Screens", "Standing"]
