"""A full-screen program of prompt_toolkit's: a frame, an editor with colours, and a line of state."""

from prompt_toolkit.application import Application
from prompt_toolkit.application.current import get_app
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import HSplit, Layout, VSplit, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.styles import Style
from prompt_toolkit.widgets import Frame, TextArea

keys = KeyBindings()


@keys.add("c-q")
def leave(event: KeyPressEvent) -> None:
    """End."""
    event.app.exit()


def state() -> StyleAndTextTuples:
    """Return the last line."""
    size = get_app().output.get_size()
    return [("class:state", f" {size.columns} columns "), ("class:bright", f" {size.rows} rows 日本 ")]


def main() -> None:
    """Run until Ctrl-Q."""
    editor = TextArea(text="def one():\n    return '字 é'\n", line_numbers=True)
    side = Window(
        FormattedTextControl([("bold underline", "Side"), ("", "\n"), ("#ff8800 italic", "orange")])
    )
    body = HSplit(
        [
            VSplit([Frame(editor, title="Edit"), Window(width=1, char="│"), side]),
            Window(FormattedTextControl(state), height=1, style="class:state"),
        ]
    )
    style = Style.from_dict(
        {"state": "reverse", "bright": "bg:#005f87 #ffffff bold", "frame.border": "#888888"}
    )
    layout = Layout(body, focused_element=editor)
    Application(layout=layout, key_bindings=keys, full_screen=True, mouse_support=True, style=style).run()


if __name__ == "__main__":
    main()
