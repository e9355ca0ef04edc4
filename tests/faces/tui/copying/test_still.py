"""Screens that stand still while their program goes on."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from constellagent.faces.tui.copying import still
from constellagent.term.screen import Screen


@contextmanager
def screen(data: bytes) -> Iterator[Screen]:
    """Yield a small screen that was fed this."""
    made = Screen(4, 20, scrollback=100)
    try:
        made.feed(data)
        yield made
    finally:
        made.close()


LOG = b"".join(b"\x1b[3%dmline %d\x1b[0m\r\n" % (number % 8, number) for number in range(30))


@pytest.mark.parametrize("data", [LOG, LOG + b"\x1b[?1049h\x1b[2Jfull\x1b[3;3H", "漢字 é\r\n".encode() * 9])
def test_new_output_does_not_move_it(data: bytes) -> None:
    """The copy has the same rows, with their looks, and keeps them."""
    with screen(data) as live:
        copy = still(live, 100)
        try:
            before = live.history(0, live.history_length + live.rows)
            live.feed(b"more\r\n" * 50)
            assert copy.history(0, copy.history_length + copy.rows) == before
        finally:
            copy.close()


def test_where_the_engine_refuses_its_own_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen is drawn anew. What makes the engine refuse cannot be had on purpose, so it is told to."""
    with screen(LOG) as live:
        monkeypatch.setattr(live, "encode", lambda: None)
        copy = still(live, 100)
        try:
            assert copy.text() == live.text()
            assert copy.history_length == live.history_length
        finally:
            copy.close()
