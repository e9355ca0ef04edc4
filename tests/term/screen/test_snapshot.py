"""Snapshots that make an equal screen."""

import random

import pytest

from constellagent.term.screen import Screen, snapshot
from constellagent.term.screen.terminal import Terminal
from tests.term.screen.comparing import AFTERWARDS, differences
from tests.term.screen.streams import KINDS, SIZES, stream


def copied(screen: Screen, history: int | None = None) -> Screen:
    """Return a fresh screen that was fed with the snapshot."""
    copy = Screen(screen.rows, screen.columns)
    copy.feed(screen.snapshot(history))
    return copy


def fed(data: bytes | str, rows: int = 6, columns: int = 20) -> Screen:
    """Return a screen of this output."""
    screen = Screen(rows, columns)
    screen.feed(data.encode() if isinstance(data, str) else data)
    return screen


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_snapshot_makes_an_equal_screen(kind: str, size: tuple[int, int]) -> None:
    """At any cut, in a sequence or a character too, both screens are equal, and stay it with the rest."""
    data = stream(kind, pieces=80)
    cuts = [*random.Random(f"{kind}{size}").sample(range(len(data)), 3), len(data)]
    for cut in cuts:
        screen = fed(data[:cut], *size)
        copy = copied(screen)
        assert not differences(screen, copy), cut
        for more in (data[cut:], AFTERWARDS):
            screen.feed(more)
            copy.feed(more)
            assert not differences(screen, copy), cut


@pytest.mark.parametrize(
    "data",
    [
        "\x1b[?1049h\x1b[31;1mred",
        "normal\x1b[5 q\x1b[?1049h\x1b[3 qalternate",
        "normal\x1b[>5u\x1b[?1049h\x1b[>1u",
        "\x1b[2;4r\x1b[?6h\x1b[?1049h",
        "\x1b[?69h\x1b[3;9s\x1b[2;4r\x1b[?6h\x1b[2;2Hx\x1b7\x1b[?6l",
        "\x1b(0\x1b7\x1b(Bx",
        "\x1b(0qq\x1b[?1049h",
        "\x1b[?47hx",
        "\x1b[?7labc",
        "0123456789012345678\x1b[41m9",
        "0123456789012345678\x1b[4h9",
        "012345678901234567字",
        "0123456789012345678字",
        "0123456789012345678\x1b[44m字\x1b[m",
        "0123456789012345678\x1b[44m\U0001f468\u200d\U0001f469\u200d\U0001f467\x1b[m",
        "x\x1b[41m 0123456789012345678\x1b[m y",
        "\x1b[44m\x1b[K\r\n\x1b[48;2;1;2;3m\x1b[2K\x1b[m\r\n",
        "\r\n\r\nlast",
        "\x1b[3g\x1b[1;5H\x1bH\r",
        '\x1b[1"q\x1b]8;;http://a.test/\x1b\\linked',
        "\x1b]8;;http://a.test/\x1b\\one\x1b]8;;http://b.test/\x1b\\two\x1b]8;;\x1b\\",
        "\x1b[?2027l\U0001f468\u200d\U0001f469\u200d\U0001f467e\u0301",
        "❤\ufe0f❤",
        "\x1b(0\u5b57\x1b(B",
        "\x1b]7;file:///tmp\x07\x1b]2;a title\x07",
        "\x1b[20h\x1b[?67h\x1b[?1004h",
        "0123456789" * 9,
    ],
)
def test_states_come_back(data: str) -> None:
    """Each state that later output depends on is restored."""
    screen = fed(data)
    copy = copied(screen)
    assert not differences(screen, copy)
    screen.feed(AFTERWARDS)
    copy.feed(AFTERWARDS)
    assert not differences(screen, copy)


def test_a_wide_character_after_others_of_another_look() -> None:
    """A blank that only its look tells from nothing is drawn with that look."""
    for after in ("\x1b[2;1Hx", "\x1b[m\x1b[2;1H\x1b[L"):
        screen = fed(f"0123456789012345678\x1b[7m字{after}")
        looks = [
            [[(run.text, run.style) for run in row] for row in each.read()]
            for each in (screen, copied(screen))
        ]
        assert looks[0] == looks[1]


def test_wraps_where_a_character_fills_the_row() -> None:
    """Nothing is erased behind it: that would be the character itself."""
    for data, columns in (("\x1b[41mabc", 1), ("\x1b[41m字字字", 2)):
        screen = fed(data, 3, columns)
        assert not differences(screen, copied(screen))


def test_the_history_that_is_asked_for_is_in_it() -> None:
    """None, some rows, or all; the screen itself is the same."""
    screen = fed("".join(f"line {number}\r\n" for number in range(50)))
    for history, length in ((0, 0), (7, 7), (None, screen.history_length)):
        copy = copied(screen, history)
        assert copy.history_length == length
        assert copy.cells() == screen.cells()
        assert copy.lines() == screen.lines(length)


def test_a_snapshot_works_without_clusters() -> None:
    """A terminal that never heard of mode 2027 shows the same text."""
    screen = fed("\U0001f468\u200d\U0001f469\u200d\U0001f467 e\u0301 字", 3, 30)
    data = screen.snapshot()
    assert b"\x1b[?2027l" in data
    assert data.endswith(b"\x1b[?2027h")


def test_a_cursor_that_nobody_chose_stays_the_viewers() -> None:
    """Its shape is only set where the program has set it."""
    assert b" q" not in fed("text").snapshot()
    assert fed("\x1b[5 qtext").snapshot().count(b"\x1b[5 q") == 1


def test_a_title_cannot_end_its_sequence() -> None:
    """Control characters are taken out of it."""
    screen = fed("\x1b]2;good \u009cbad\x07")
    assert b"\x1b]2;good bad\x1b\\" in screen.snapshot()


def test_an_endless_sequence_goes_on_behind_a_snapshot() -> None:
    """What is too long to be repeated is swallowed by the reader of the snapshot, too."""
    screen = fed(b"before\x1b]2;" + b"x" * 100_000)
    copy = copied(screen)
    copy.feed(b"yyy\x07after")
    assert copy.text()[0] == "beforeafter"


def test_a_snapshot_without_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the engine refuses its own form, what is shown is still right."""
    monkeypatch.setattr(Terminal, "encode", lambda _self: None)
    for data in ("normal\x1b[2;2H\x1b7x", "normal\x1b[?1049h\x1b[Halternate"):
        screen = fed(data)
        copy = copied(screen)
        assert copy.cells() == screen.cells()
        assert copy.modes() == screen.modes()


def test_first_state_is_of_a_new_terminal() -> None:
    """What a snapshot leaves out is what a new terminal has."""
    assert snapshot._first_modes()[25, False] is True
    assert not fed("").snapshot().replace(b"\r\n", b"").replace(b"\x1b[?2027l", b"").startswith(b"\x1b[?25")
