"""Keys as a person reads them."""

import pytest

from constellagent.errors import UsageError
from constellagent.faces.tui.key_names import all_shown, prefix_shown, shown
from constellagent.faces.tui.symbols import ASCII, UNICODE


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("c-d", "C-d"),
        ("tab", "Tab"),
        ("left", "←"),
        ("{", "{"),
        ("pageup", "PgUp"),
        (" ", "Space"),
        ("f5", "F5"),
    ],
)
def test_shown(key: str, said: str) -> None:
    """Each key has one short name."""
    assert shown(key, UNICODE) == said


def test_all_shown() -> None:
    """Several keys stand beside each other; arrows have names in ASCII."""
    assert all_shown(("g", "tab"), UNICODE) == "g Tab"
    assert all_shown(("up", "down"), ASCII) == "Up Down"


@pytest.mark.parametrize(
    ("setting", "said"), [("ctrl-]", "C-]"), ("^B", "C-b"), ("C-space", "C-Space"), ("ctrl-?", "C-?")]
)
def test_prefix(setting: str, said: str) -> None:
    """The prefix is shown the same however it is written."""
    assert prefix_shown(setting) == said


def test_wrong_prefix() -> None:
    """What is no control key is refused."""
    with pytest.raises(UsageError, match="names no control key"):
        prefix_shown("x")
