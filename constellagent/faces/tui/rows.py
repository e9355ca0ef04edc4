"""A control that draws whole rows and takes clicks by row: what lists, lines and borders are made of."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout import UIContent, UIControl
from prompt_toolkit.mouse_events import MouseButton, MouseEvent, MouseEventType

from constellagent.faces.tui.words import Fragments


class Rows(UIControl, ABC):
    """Draws the rows that fit, and blank ones below them, so that a click there is none on the last row."""

    covers = True
    """Whether blank rows hide what lies behind."""

    @abstractmethod
    def rows(self, width: int, height: int, /) -> Sequence[Fragments]:
        """Return the rows, at most `height`; what is wider than `width` is cut."""

    def clicked(self, row: int, column: int, /) -> None:
        """Take a click on a row that was drawn or is blank."""

    def wheeled(self, step: int) -> None:
        """Take a turn of the wheel: 1 is down, -1 up."""

    def create_content(self, width: int, height: int) -> UIContent:
        """Return the rows, and blank ones below them."""
        drawn = self.rows(width, height)
        blank: Fragments = [("", " ")] if self.covers else []

        def line(number: int) -> StyleAndTextTuples:
            return list(drawn[number]) if number < len(drawn) else list(blank)

        return UIContent(get_line=line, line_count=max(height, 1), show_cursor=False)

    def mouse_handler(self, mouse_event: MouseEvent) -> None:
        """Hand on clicks and turns of the wheel; everything else is taken too, and does nothing."""
        match mouse_event.event_type:
            case MouseEventType.SCROLL_UP:
                self.wheeled(-1)
            case MouseEventType.SCROLL_DOWN:
                self.wheeled(1)
            case MouseEventType.MOUSE_UP if mouse_event.button in {MouseButton.LEFT, MouseButton.NONE}:
                self.clicked(mouse_event.position.y, mouse_event.position.x)
            case _:
                pass
