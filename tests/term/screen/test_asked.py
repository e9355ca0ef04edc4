"""What programs ask of keyboard, mouse and screen."""

import pytest

from constellagent.term.cells import Modes
from constellagent.term.screen import Screen


@pytest.mark.parametrize(
    ("output", "modes"),
    [
        (b"", Modes(alternate_scroll=True)),
        (b"\x1b[?1h", Modes(alternate_scroll=True, application_cursor=True)),
        (b"\x1b=", Modes(alternate_scroll=True, application_keypad=True)),
        (b"\x1b[?2004h\x1b[?1004h", Modes(alternate_scroll=True, bracketed_paste=True, focus_events=True)),
        (b"\x1b[?1007l\x1b[?9h", Modes(mouse="press")),
        (b"\x1b[?1000h\x1b[?1005h", Modes(alternate_scroll=True, mouse="click", mouse_encoding="utf8")),
        (b"\x1b[?1002h\x1b[?1015h", Modes(alternate_scroll=True, mouse="drag", mouse_encoding="urxvt")),
        (b"\x1b[?1003h\x1b[?1006h", Modes(alternate_scroll=True, mouse="any", mouse_encoding="sgr")),
        (b"\x1b[?1003h\x1b[?1016h", Modes(alternate_scroll=True, mouse="any", mouse_encoding="pixels")),
        (b"\x1b[?1049h", Modes(alternate_scroll=True, alternate_screen=True)),
        (b"\x1b[>5u", Modes(alternate_scroll=True, kitty_flags=5)),
        (b"\x1b[>4;2m", Modes(alternate_scroll=True, modify_other_keys=2)),
        (
            b"\x1b[20h\x1b[?67h\x1b[?2026h",
            Modes(alternate_scroll=True, newline=True, backarrow=True, synchronized=True),
        ),
    ],
)
def test_modes_are_read(output: bytes, modes: Modes) -> None:
    """Each as the program set it."""
    screen = Screen(4, 10)
    screen.feed(output)
    assert screen.modes() == modes
