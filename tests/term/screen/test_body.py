"""Rows that the engine writes, and those that it would write wrongly."""

import pytest

from constellagent.term.screen import Screen, body


def fed(data: str, rows: int = 3, columns: int = 10) -> Screen:
    """Return a screen of this output."""
    screen = Screen(rows, columns)
    screen.feed(data.encode())
    return screen


def ready(data: str) -> list[bool]:
    """Return of each row whether what the engine made of it is used."""
    screen = fed(data)
    rows = body._rows(screen._terminal, screen._reader, 0, screen.history_length + screen.rows)
    return [row.ready is not None for row in rows]


@pytest.mark.parametrize(
    "row",
    ["", "text", "\x1b[31mred\x1b[m text", "\x1b[4;58;5;3mline", "日本語", "│ü│", "\x1b[41mred\x1b[m"],
)
def test_plain_coloured_and_wide_rows_are_the_engines(row: str) -> None:
    """These are exact, and most rows are of these."""
    assert all(ready(row))


@pytest.mark.parametrize(
    "row",
    [
        "a\x1b[2Cb",
        "a\tb",
        "\x1b[41m\x1b[K",
        '\x1b[1"qprotected',
        "\x1b]8;;http://a.test/\x1b\\link",
        "e\u0301",
        "❤",
        "012345678字",
        "\x1b(0\u5b57",
        "ü\x1b(0\u5b57",
        "\x1b]133;A\x07$ ",
    ],
)
def test_rows_with_more_are_written_here(row: str) -> None:
    """What the engine would lose."""
    assert not ready(row)[0]


def test_underline_colours_have_colons() -> None:
    """With semicolons, a terminal that does not know them would blink or turn italic."""
    data = fed("\x1b[4;58;5;3mone\x1b[58;2;1;2;3mtwo").snapshot()
    assert b"\x1b[58:5:3m" in data
    assert b"\x1b[58:2::1:2:3m" in data


def test_a_history_without_end_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """More rows than one picture holds come out in order."""
    monkeypatch.setattr("constellagent.term.screen.history._AT_ONCE", 7)
    screen = fed("".join(f"{number}\r\n" for number in range(40)))
    copy = Screen(3, 10)
    copy.feed(screen.snapshot(None))
    assert copy.lines() == [*map(str, range(40)), ""]
    assert [row[0].text.strip() for row in screen.history(5, 20)] == list(map(str, range(5, 20)))
