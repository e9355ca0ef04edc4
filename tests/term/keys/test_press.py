"""Keys as values: their names, and that no two of the numbers are alike."""

import pytest

from constellagent.term.keys import KeyPress
from constellagent.term.keys.press import CODES, KEYPAD_LETTERS, LETTERS, PRIVATE, TILDES


@pytest.mark.parametrize(
    ("press", "name"),
    [
        (KeyPress("a", "a"), "a"),
        (KeyPress("a", "A", shift=True), "A"),
        (KeyPress("1", "!", shift=True), "!"),
        (KeyPress(" ", " "), " "),
        (KeyPress("d", "d", ctrl=True), "c-d"),
        (KeyPress("d", "D", ctrl=True, shift=True), "c-s-d"),
        (KeyPress("x", "x", alt=True), "a-x"),
        (KeyPress("x", "X", alt=True, shift=True), "a-X"),
        (KeyPress("tab", shift=True), "s-tab"),
        (KeyPress("left", ctrl=True, shift=True), "c-s-left"),
        (KeyPress("k", "k", super=True), "super-k"),
        (KeyPress("enter"), "enter"),
    ],
)
def test_names(press: KeyPress, name: str) -> None:
    """Names are those of prompt_toolkit where it has one."""
    assert press.name == name


def test_text_is_typed_without_modifiers_only() -> None:
    """Shift is part of the text; Ctrl, Alt and Super make another key of it."""
    assert KeyPress("a", "A", shift=True).types
    assert not KeyPress("a", "a", ctrl=True).types
    assert not KeyPress("a", "a", alt=True).types
    assert not KeyPress("a", "a", super=True).types
    assert not KeyPress("up").types


@pytest.mark.parametrize("table", [LETTERS, TILDES, PRIVATE, CODES, KEYPAD_LETTERS])
def test_no_two_keys_are_alike(table: dict[str, object]) -> None:
    """Each table can be read the other way round."""
    assert len(set(table.values())) == len(table)


def test_the_private_numbers_are_those_of_the_specification() -> None:
    """The ends of each block of the table of functional keys."""
    assert PRIVATE["caps-lock"] == 57358
    assert PRIVATE["menu"] == 57363
    assert PRIVATE["f35"] == 57398
    assert PRIVATE["keypad-begin"] == 57427
    assert PRIVATE["media-play"] == 57428
    assert PRIVATE["media-mute-volume"] == 57440
    assert PRIVATE["left-shift"] == 57441
    assert PRIVATE["iso-level5-shift"] == 57454
