"""Screens that are fed, resized, read and copied."""

import gc
import random
import resource

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constellagent.errors import WorldError
from constellagent.term.cells import BOLD, TRUECOLOR, Cursor, Run, Style
from constellagent.term.screen import ENGINE, Screen
from tests.term.screen.comparing import differences
from tests.term.screen.streams import KINDS, SIZES, stream

SEQUENCES = st.sampled_from(
    [
        *(
            b"\x1b[",
            b"\x1b]",
            b"\x1bP",
            b"\x1b_",
            b"\x1b\\",
            b"\x07",
            b"\x18",
            b"\x1bc",
            b"\x1b[!p",
            b"\x1b[1$}",
        ),
        *(
            b"\x1b[?1049h",
            b"\x1b[?1049l",
            b"\x1b[2147483647b",
            b"\x1b[999999;99999H",
            b"\x1b[-1m",
            b"\x1b[6n",
        ),
        *(
            b"\x1b]8;;x\x1b\\",
            b"\x1b[5;2r",
            b"\x1b[?69h\x1b[9;2s",
            b"\x1b[99L",
            b"\x1b[99S",
            b"\x1b[3J",
            b"\x1b7",
        ),
        *("\u5b57".encode(), "e\u0301".encode(), b"\xff\xfe", b"\xe5\xad", b"text", b"\r\n" * 9, b"x" * 90),
    ]
)
OUTPUT = st.lists(st.binary(max_size=30) | SEQUENCES, max_size=20).map(b"".join)
SIZE = st.tuples(st.integers(1, 30), st.integers(1, 60))


def fed(data: bytes, rows: int = 4, columns: int = 10) -> Screen:
    """Return a screen of this output."""
    screen = Screen(rows, columns)
    screen.feed(data)
    return screen


def test_text_looks_and_cursor_of_simple_output() -> None:
    """What is written is read back, with its colours."""
    screen = fed(b"\x1b[1;31mred\x1b[0;48;2;1;2;3m ok\x1b[m\r\n")
    assert screen.text() == ["red ok", "", "", ""]
    assert screen.read()[0] == (
        Run(0, 3, "red", Style(foreground=1, attributes=BOLD)),
        Run(3, 3, " ok", Style(background=TRUECOLOR | 0x010203)),
        Run(6, 4, "    ", Style()),
    )
    assert screen.cursor() == Cursor(row=1, blinking=screen.cursor().blinking)
    assert ENGINE.startswith("pyghostty ")


def test_only_changed_rows_are_told() -> None:
    """All at first, then those that changed; reading something else in between loses none."""
    screen = fed(b"one\r\ntwo")
    assert [row for row, _ in screen.changed()] == [0, 1, 2, 3]
    assert screen.changed() == []
    screen.feed(b"!")
    screen.cells()
    screen.lines()
    screen.search("two")
    screen.snapshot(None)
    screen.cursor()
    assert [(row, runs[0].text) for row, runs in screen.changed()] == [(1, "two!      ")]
    screen.feed(b"")
    assert screen.changed() == []


def test_all_rows_are_told_after_a_resize_and_a_switch() -> None:
    """A new size or the other screen means that everything is drawn anew."""
    screen = fed(b"text")
    screen.changed()
    screen.resize(5, 10)
    assert len(screen.changed()) == 5
    screen.resize(5, 10)
    assert screen.changed() == []
    for switch in (b"\x1b[?1049h", b"\x1b[?1049l"):
        screen.feed(switch)
        screen.read()
        assert len(screen.changed()) == 5


def test_lines_flow_anew_and_back() -> None:
    """A narrower screen wraps, the old width shows the old rows."""
    screen = fed(b"0123456789" * 2 + b"\r\nend", 6, 20)
    screen.resize(6, 10)
    assert screen.text()[:3] == ["0123456789", "0123456789", "end"]
    assert (screen.rows, screen.columns) == (6, 10)
    screen.resize(6, 20)
    assert screen.text()[:2] == ["01234567890123456789", "end"]


def test_a_storm_of_resizes_ends_right() -> None:
    """After a thousand sizes the last one holds, with the text still there."""
    screen = fed(b"".join(b"line %d\r\n" % number for number in range(100)), 24, 80)
    chance = random.Random(1)
    for _ in range(1000):
        screen.resize(chance.randint(1, 200), chance.randint(8, 300))
        screen.feed(b"x\r")
    screen.resize(24, 80)
    lines = [line.replace("x", "l") for line in screen.lines() if line]
    assert [f"line {number}" for number in range(99)] == lines[:99]
    assert len(screen.read()) == 24
    assert all(sum(run.cells for run in row) == 80 for row in screen.read())


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1)])
def test_extreme_sizes(size: tuple[int, int]) -> None:
    """One cell and one column work like any other size; of one row a screen makes two."""
    screen = fed("text 字\r\n\x1b[?1049hx".encode(), *size)
    assert len(screen.read()) == screen.rows == max(size[0], 2)
    assert len(screen.cells()[0]) == size[1]
    copy = Screen(*size)
    copy.feed(screen.snapshot(None))
    assert copy.text() == screen.text()
    screen.resize(24, 80)
    assert len(screen.changed()) == 24


def test_scrollback_is_read_in_one_count_with_the_screen() -> None:
    """Row 0 is the oldest; those of the screen come after the last."""
    screen = fed(b"".join(b"%d\r\n" % number for number in range(20)))
    assert screen.history_length == 17
    rows = screen.history(15, 99)
    assert [row[0].text.strip() for row in rows] == ["15", "16", "17", "18", "19", ""]
    assert screen.history(-5, 1) == screen.history(0, 1)
    assert screen.history(3, 2) == []
    assert screen.lines(1) == ["16", "17", "18", "19", ""]
    assert screen.lines(0) == screen.text()
    screen.feed(b"\x1b[?1049h")
    assert screen.history_length == 0


def test_wrapped_rows_are_joined_on_request() -> None:
    """A long line is one line again."""
    screen = fed(b"0123456789abc\r\nend")
    assert screen.lines() == ["0123456789", "abc", "end", ""]
    assert screen.lines(joined=True) == ["0123456789abc", "end", ""]


def test_title_and_folder() -> None:
    """As the program last said."""
    screen = fed(b"\x1b]0;one\x07\x1b]2;two\x1b\\\x1b]7;file:///tmp\x07")
    assert (screen.title, screen.folder) == ("two", "file:///tmp")
    assert (fed(b"").title, fed(b"").folder) == ("", "")


def test_output_may_be_cut_anywhere() -> None:
    """Byte by byte gives the same screen."""
    for kind in KINDS:
        data = stream(kind, pieces=30)
        whole, cut = fed(data, 11, 37), Screen(11, 37)
        for byte in data:
            cut.feed(bytes([byte]))
        assert not differences(whole, cut), kind


@pytest.mark.parametrize("kind", KINDS)
def test_the_engines_own_form_is_exact(kind: str) -> None:
    """A decoded screen is equal, goes on equally, and can be encoded again."""
    data = stream(kind)
    cut = len(data) // 2
    screen = fed(data[:cut], *SIZES[1])
    encoded = screen.encode()
    assert encoded is not None
    copy = Screen.decode(encoded)
    assert (copy.rows, copy.columns) == SIZES[1]
    assert not differences(screen, copy)
    assert copy.encode() is not None
    for each in (screen, copy):
        each.feed(data[cut:])
    assert not differences(screen, copy)


def test_an_unfinished_sequence_survives_encoding_twice() -> None:
    """Also the copy of a copy goes on within it."""
    screen = fed(b"\x1b[3")
    for _ in range(2):
        encoded = screen.encode()
        assert encoded is not None
        screen = Screen.decode(encoded)
    screen.feed(b"1mred")
    assert screen.read()[0][0].style.foreground == 1


def test_what_is_no_screen_is_refused() -> None:
    """Garbage raises an error that says what to do."""
    for data in (b"", b"garbage" * 100):
        with pytest.raises(WorldError) as caught:
            Screen.decode(data)
        assert "ansi" in caught.value.hint


def test_a_sequence_too_long_is_not_encoded() -> None:
    """The engine refuses, and None says so."""
    assert fed(b"\x1b]2;" + b"x" * 100_000).encode() is None


def test_clusters_are_a_choice_that_resets_do_not_change() -> None:
    """A family is one character of two columns, or three of them."""
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467".encode()
    for graphemes, column in ((True, 2), (False, 6)):
        screen = Screen(2, 20, graphemes=graphemes)
        screen.feed(b"\x1bc" + family)
        assert screen.cursor().column == column
        encoded = screen.encode()
        assert encoded is not None
        copy = Screen.decode(encoded, graphemes=graphemes)
        copy.feed(b"\x1bc" + family)
        assert copy.cursor().column == column


def test_compressed_scrollback_reads_the_same() -> None:
    """Before, after, and when it has grown again."""
    screen = fed(stream("colours", pieces=2000), 24, 80)
    before = screen.lines()
    screen.compress()
    assert screen.lines() == before
    screen.compress()
    screen.feed(b"\r\nmore\r\n")
    assert screen.lines()[: len(before) - 30] == before[: len(before) - 30]


def test_a_closed_screen_holds_nothing() -> None:
    """Its memory is freed at once, and it is in no cycle that only the garbage collector would find."""
    gc.collect()
    gc.disable()
    try:
        screen = fed(stream("log"), 24, 80)
        screen.close()
        screen.close()
        freed = screen._terminal._free
        assert not freed.alive
        Screen(2, 2)  # never closed: freed with its last reference
        assert gc.collect() == 0
    finally:
        gc.enable()


@given(OUTPUT, SIZE, SIZE)
def test_any_bytes_will_do(data: bytes, size: tuple[int, int], other: tuple[int, int]) -> None:
    """Whatever comes, rows have their width, reads agree, and a snapshot can be taken."""
    screen = fed(data, *size)
    check(screen)
    screen.resize(*other)
    check(screen)
    screen.feed(data[::-1])
    check(screen)
    screen.close()


def check(screen: Screen) -> None:
    """Look at everything that can be read."""
    read = screen.read()
    assert len(read) == screen.rows
    assert all(sum(run.cells for run in row) == screen.columns for row in read)
    assert [run for row in read for run in row if not run.mixed and len(run.text) != run.cells] == []
    assert [row for _, row in screen.changed()][-1:] in ([], read[-1:]) or screen.changed() == []
    cursor = screen.cursor()
    assert cursor.row < screen.rows
    assert cursor.column < screen.columns
    screen.modes()
    screen.take_replies()
    copy = Screen(screen.rows, screen.columns)
    copy.feed(screen.snapshot(5))
    assert copy.text() == screen.text()
    copy.close()


def test_an_endless_sequence_takes_no_memory() -> None:
    """Megabytes without an end are swallowed; then the screen is alive."""
    flood(4)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_gigabyte_without_an_end_takes_no_memory() -> None:
    """The long form: 1 GB for each kind of string."""
    flood(1000)


def flood(megabytes: int) -> None:
    """Feed so much of each kind of endless string, and numbers without an end."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for opening in (b"\x1b]2;", b"\x1b]52;c;", b"\x1bP", b"\x1b_G", b"\x1b^", b"\x1bX", b"\x1b["):
        screen = fed(opening, 24, 80)
        chunk = b"1;" * 524_288
        for _ in range(megabytes):
            screen.feed(chunk)
        screen.feed(b"\x18alive")
        assert "alive" in screen.text()[0], opening
        screen.close()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 100_000, f"{grown} KiB"


@pytest.mark.long
@pytest.mark.timeout(7200)
@settings(max_examples=1_000_000)
@given(OUTPUT, SIZE)
def test_a_million_cases(data: bytes, size: tuple[int, int]) -> None:
    """The long form of the fuzzer, each case with a resize."""
    screen = fed(data, 7, 21)
    screen.resize(*size)
    check(screen)
    screen.close()


def test_rows_that_go_on() -> None:
    """Rows say whether a soft wrap joins them to the next one, in the scrollback and on the screen."""
    screen = Screen(3, 10)
    screen.feed(b"x" * 25 + b"\r\nshort\r\n" + b"y" * 12)
    rows = screen.history_length + 3
    text = ["".join(run.text for run in row).rstrip() for row in screen.history(0, rows)]
    assert text == ["x" * 10, "x" * 10, "x" * 5, "short", "y" * 10, "yy"]
    assert screen.wraps(0, rows + 5) == [True, True, False, False, True, False]
    assert screen.wraps(-3, 2) == [True, True]
    screen.close()
