"""The signs, and those of ASCII."""

from dataclasses import fields
from typing import get_args

import pytest

from constellagent.faces.tui.symbols import ASCII, UNICODE, Symbols, of_locale
from constellagent.faces.tui.words import width
from constellagent.runtime.control import State


@pytest.mark.parametrize("symbols", [UNICODE, ASCII])
def test_one_column_each(symbols: Symbols) -> None:
    """Each sign takes one column, so that nothing shifts."""
    signs = {field.name: getattr(symbols, field.name) for field in fields(symbols)}
    assert all(width(sign) == 1 for name, sign in signs.items() if name not in {"arrows", "corners"})
    assert width(symbols.corners) == 4


def test_ascii_is_ascii() -> None:
    """What stands for the signs can be written in ASCII."""
    assert all(str(getattr(ASCII, field.name)).isascii() for field in fields(ASCII))


@pytest.mark.parametrize("symbols", [UNICODE, ASCII])
def test_states_can_be_told_apart(symbols: Symbols) -> None:
    """What needs a person differs from all else, without colours too."""
    signs = {state: symbols.of(state) for state in get_args(State)}
    assert len(set(signs.values())) == 7
    assert signs["working"] == signs["running"]
    assert signs["exited"] == signs["stopped"]


def test_of_locale() -> None:
    """UTF-8 in any spelling has the signs; everything else has ASCII."""
    assert of_locale("UTF-8") is UNICODE
    assert of_locale("utf8") is UNICODE
    assert of_locale("ISO-8859-1") is ASCII
    assert of_locale("ANSI_X3.4-1968") is ASCII
    assert of_locale() in {UNICODE, ASCII}
