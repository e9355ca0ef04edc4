"""Both ways of reading cells."""

import pytest

from constellagent.term.cells import Style
from constellagent.term.screen import Screen, fault, reader
from tests.term.screen.comparing import every_cell, wraps
from tests.term.screen.streams import KINDS, stream


def test_cells_are_read_in_bulk() -> None:
    """The library that is pinned has the layout that this is written for."""
    assert fault() == ""


@pytest.mark.parametrize("kind", KINDS)
def test_both_ways_read_the_same(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every read of every kind of screen."""
    data = stream(kind) + b"\x1b[48;2;1;2;3m\x1b[K\x1b[44m\r\n\x1b[K"
    results = []
    for reason in ("", "another layout"):
        monkeypatch.setattr(reader, "_FAULT", reason)
        assert fault() == reason
        screen = Screen(11, 37)
        screen.feed(data)
        results.append(
            (
                screen.changed(),
                screen.read(),
                screen.cells(),
                screen.text(),
                screen.history(0, 99),
                every_cell(screen),
                wraps(screen),
                screen.snapshot(None),
                screen.search("e"),
            )
        )
    assert results[0] == results[1]


def test_links_are_read() -> None:
    """Each with its own URI; one that the engine finds too long is none."""
    screen = Screen(2, 10)
    for length, kept in ((10, True), (2000, True), (6000, False)):
        uri = "x" * length
        screen.feed(f"\x1b[H\x1b]8;;{uri}\x1b\\a\x1b]8;;\x1b\\b".encode())
        assert screen.read()[0][0].style == Style(link=uri if kept else None)
