"""Making screens as the settings say, also from what an earlier one left behind."""

from dataclasses import dataclass
from typing import Literal

from constellagent.errors import ConstellagentError
from constellagent.runtime.screens.checkpoint import Checkpoint
from constellagent.runtime.settings import Settings
from constellagent.term.screen import ENGINE, Screen


@dataclass(frozen=True, slots=True)
class Canvas:
    """What all screens have in common; the fields are those of the settings."""

    scrollback: int
    graphemes: bool
    background: Literal["dark", "light"]

    @classmethod
    def of(cls, settings: Settings) -> "Canvas":
        """Return what the settings say."""
        return cls(settings.scrollback, settings.grapheme_clusters, settings.screen_background)

    def blank(self, rows: int, columns: int) -> Screen:
        """Return a fresh screen."""
        return Screen(
            rows,
            columns,
            scrollback=self.scrollback,
            graphemes=self.graphemes,
            background=self.background,
        )

    def restored(self, checkpoint: Checkpoint) -> Screen | None:
        """Return the screen of a checkpoint, None where it comes from another release of the engine."""
        if checkpoint.form == "ansi":
            screen = self.blank(checkpoint.rows, checkpoint.columns)
            screen.feed(checkpoint.data)
            screen.take_replies()
            return screen
        if checkpoint.engine != ENGINE:
            return None
        try:
            return Screen.decode(
                checkpoint.data,
                scrollback=self.scrollback,
                graphemes=self.graphemes,
                background=self.background,
            )
        except ConstellagentError:
            return None
