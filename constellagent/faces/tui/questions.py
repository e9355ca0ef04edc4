"""The dialogs that ask: for a yes, and for text."""

from collections.abc import Sequence

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.key_binding import KeyPressEvent
from prompt_toolkit.layout import BufferControl, HSplit, Window
from prompt_toolkit.layout.processors import BeforeInput, Processor

from constellagent.faces.tui.box import Hints
from constellagent.faces.tui.dialogs import Dialog
from constellagent.faces.tui.rows import Rows
from constellagent.faces.tui.symbols import Symbols
from constellagent.faces.tui.words import Fragments, clean, width

_NARROWEST, _WIDEST = 46, 100
_YES, _NO = "  Yes  ", "  No  "


class _Detail(Rows):
    """Lines that are wrapped and scrolled, so that all of what is agreed to can be read."""

    def __init__(self, lines: Sequence[str], symbols: Symbols) -> None:
        self._lines = [clean(line) for line in lines]
        self._symbols = symbols
        self._top = 0
        self._height = 1
        self._count = 0

    def wrapped(self, columns: int) -> list[str]:
        """Return the lines at that width."""
        return [piece for line in self._lines for piece in _wrap(line, max(1, columns))]

    def move(self, step: int) -> None:
        """Scroll by so many lines."""
        self._top = max(0, min(self._count - self._height, self._top + step))

    def page(self) -> int:
        """Return how many lines are seen at once."""
        return max(1, self._height - 1)

    @property
    def hidden(self) -> int:
        """How many lines are below what is seen."""
        return max(0, self._count - self._top - self._height)

    def rows(self, width: int, height: int, /) -> Sequence[Fragments]:
        """Return the lines that are seen."""
        wrapped = self.wrapped(width - 2)
        self._height, self._count = height, len(wrapped)
        self.move(0)
        return [[("", f" {line}")] for line in wrapped[self._top : self._top + height]]

    def wheeled(self, step: int) -> None:
        """Scroll."""
        self.move(step * 3)


class _Buttons(Rows):
    """The answers, in the order of their row."""

    def __init__(self, dialog: "Confirm") -> None:
        self._dialog = dialog

    def rows(self, _width: int, _height: int, /) -> Sequence[Fragments]:
        """Return both buttons in one row."""
        yes, no = ("class:dialog.selected", "") if self._dialog.yes else ("", "class:dialog.selected")
        return [[("", " "), (yes, _YES), ("", "  "), (no, _NO)]]

    def clicked(self, _row: int, column: int, /) -> None:
        """Answer by the button."""
        if 1 <= column <= len(_YES):
            self._dialog.finish(answer=True)
        elif len(_YES) + 3 <= column < len(_YES) + 3 + len(_NO):
            self._dialog.finish(answer=False)


class Confirm(Dialog[bool]):
    """Yes or no; no is chosen until a person moves."""

    def __init__(self, question: str, detail: Sequence[str], symbols: Symbols) -> None:
        super().__init__()
        self.yes = False
        self._question = question
        self._detail = _Detail(detail, symbols)
        self._symbols = symbols
        buttons = Window(_Buttons(self), height=1)
        self._bind()
        self.compose(question, HSplit([Window(self._detail), buttons]), buttons, symbols)

    def size(self, columns: int, rows: int) -> tuple[int, int]:
        """Return the size for all of the detail, as far as there is room."""
        lines = self._detail.wrapped(10_000)
        wanted = max(width(clean(self._question)) + 8, *(width(line) + 4 for line in lines), _NARROWEST)
        wide = min(wanted, _WIDEST, columns - 2)
        return wide, min(len(self._detail.wrapped(wide - 4)) + 4, rows - 2)

    def hints(self) -> Hints:
        """Return its keys, and whether there is more to be read."""
        more = self._detail.hidden
        reading = [(self._symbols.arrows[3], f"{more} more lines")] if more else []
        return [*reading, ("y", "yes"), ("n", "no"), ("Esc", "back")]

    def _bind(self) -> None:
        for key, answer in {"y": True, "Y": True, "n": False, "N": False}.items():
            self.keys.add(key)(lambda _, answer=answer: self.finish(answer))
        for key in ("left", "right", "tab", "s-tab"):
            self.keys.add(key)(self._other)
        self.keys.add("enter")(lambda _: self.finish(self.yes))
        for key, step in {"up": -1, "down": 1}.items():
            self.keys.add(key)(lambda _, step=step: self._detail.move(step))
        self.keys.add("pageup")(lambda _: self._detail.move(-self._detail.page()))
        self.keys.add("pagedown")(lambda _: self._detail.move(self._detail.page()))

    def _other(self, _: KeyPressEvent) -> None:
        self.yes = not self.yes


class Ask(Dialog[str]):
    """One line, or several that C-d sends."""

    def __init__(self, question: str, initial: str, symbols: Symbols, *, multiline: bool) -> None:
        super().__init__()
        self._question = question
        self._multiline = multiline
        self._text = Buffer(multiline=multiline)
        self._text.text = initial
        self._text.cursor_position = len(initial)
        prompt: list[Processor] = [] if multiline else [BeforeInput("> ", "class:dialog.key")]
        window = Window(
            BufferControl(self._text, input_processors=prompt, focusable=True),
            wrap_lines=True,
            style="class:dialog.input",
        )
        self.keys.add("c-d" if multiline else "enter")(lambda _: self.finish(self._text.text))
        self.compose(question, window, window, symbols)

    def size(self, columns: int, rows: int) -> tuple[int, int]:
        """Return room for a line, or for a text of some lines."""
        wanted = max(60, width(clean(self._question)) + 8)
        if not self._multiline:
            return min(wanted, _WIDEST, columns - 2), 3
        lines = self._text.document.line_count
        return min(max(wanted, 76), columns - 2), min(max(8, lines + 3), 20, rows - 2)

    def hints(self) -> Hints:
        """Return its keys."""
        done = [("C-d", "send"), ("Enter", "new line")] if self._multiline else [("Enter", "done")]
        return [*done, ("Esc", "back")]


def _wrap(line: str, columns: int) -> list[str]:
    """Break a line at blanks, and inside a word only where that is longer; nothing is left out."""
    pieces: list[str] = []
    while width(line) > columns:
        cut = _cut(line, columns)
        blank = line.rfind(" ", 0, cut + 1)
        cut = blank if blank > len(line) - len(line.lstrip()) else cut
        pieces.append(line[:cut])
        line = line[cut:].removeprefix(" ")
    return [*pieces, line]


def _cut(line: str, columns: int) -> int:
    """Return how many characters of the line fit, at least one."""
    used = 0
    for at, character in enumerate(line):
        used += width(character)
        if used > columns:
            return max(1, at)
    return len(line)
