"""Windows that change their size faster than anybody draws, and windows of odd sizes."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.reliability.lab import wait_for
from tests.reliability.seat import Seat, Theatre

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(600),
]
CHANGES = 1000
MOST = 60
"""Sizes of a second that may reach a program, on any machine: a slow one has fewer, and the last of them."""
DRAW = (
    "def draw(*_): drawn.append(time.monotonic()); s = os.get_terminal_size(0); "
    "out(b'\\x1b[2J\\x1b[Hnow %dx%d.' % (s.lines, s.columns))"
)
ON_CHANGE = "signal.signal(signal.SIGWINCH, draw)"


@pytest.fixture
def lab() -> Iterator[Theatre]:
    """Give an agent that draws its size whenever it changes."""
    with Theatre("one") as lab:
        lab.open()
        lab.tell("one", "drawn = []")
        lab.tell("one", DRAW)
        lab.tell("one", ON_CHANGE)
        yield lab


def storm(seats: list[Seat], seconds: float = 1.0) -> None:
    """Change the sizes a thousand times within so many seconds."""
    begin = time.monotonic()
    for number in range(CHANGES):
        seats[number % len(seats)].resize(10 + number % 50, 60 + number % 150)
        time.sleep(max(0.0, begin + seconds * number / CHANGES - time.monotonic()))


@contextmanager
def few_changes(lab: Theatre) -> Iterator[None]:
    """Assert that few sizes reach the program, whatever is done to its windows within."""
    before, begin = lab.ask("one", "len(drawn)"), time.monotonic()
    yield
    drawn = lab.ask("one", f"drawn[{before}:]")
    took = drawn[-1] - begin
    print(f"{len(drawn)} sizes of {CHANGES} in {took:.2f} s reached the program")
    assert len(drawn) <= MOST * took + 1  # the first need not wait


def agrees(lab: Theatre, rows: int, columns: int) -> None:
    """Wait until pty and daemon both have this size."""
    wait_for(lambda: lab.ask("one", "tuple(os.get_terminal_size(0))") == (columns, rows), "the pty's size")

    def seen() -> bool:
        view = lab.view("one")
        return (view["rows"], view["columns"]) == (rows, columns)

    wait_for(seen, "the size of the daemon's screen")
    wait_for(lambda: f"now {rows}x{columns}." in lab.text("one"), "what was drawn for it, there too")


def framed(seen: str) -> bool:
    """Say whether the window has its upper and its lower edge where thirty rows have them."""
    lines = seen.split("\n")
    return len(lines) == 30 and "1 one" in lines[0] and lines[0].endswith("─") and "C-]" in lines[29]


def reaches(lab: Theatre, seat: Seat) -> None:
    """Press a key until the program repeats it, and then another one, behind which nothing is on its way."""
    before = lab.ask("one", "len(taken)")
    wait_for(lambda: seat.type(b"k") and lab.ask("one", "len(taken)") > before, "the key")
    seat.type(b"K")
    wait_for(lambda: lab.ask("one", "taken.endswith(b'K') and echoed == len(taken)"), "the last key")


def test_b8_a_storm_while_attached(lab: Theatre) -> None:
    """Of a thousand sizes a second few reach the program; pty, holder, daemon and terminal have the last."""
    with Seat(lab, "one") as seat:
        seat.shows("now 24x80.")
        with few_changes(lab):
            storm([seat])
            seat.resize(31, 77)
            took = seat.shows("now 31x77.")
        agrees(lab, 31, 77)
        seat.type(b"echo")
        seat.shows("now 31x77.echo")
    print(f"settled {took * 1000:.0f} ms after the last size")


def test_b8_a_storm_in_the_multiplexer(lab: Theatre) -> None:
    """The tile ends as large as the window lets it be, and so does the pty."""
    with Seat(lab) as seat:
        seat.shows("now ")
        with few_changes(lab):
            storm([seat])
            seat.resize(30, 80)
            took = seat.shows("now 27x55.")
        agrees(lab, 27, 55)
        seat.until(framed, "the whole window")
        seat.type(b"echo")
        seat.shows("now 27x55.echo")
    print(f"settled {took * 1000:.0f} ms after the last size")


def test_b8_two_storms_at_once(lab: Theatre) -> None:
    """Two terminals that disagree a thousand times end at the size of the one that changed last."""
    with Seat(lab, "one") as one, Seat(lab) as other:
        one.shows("now ")
        other.shows("1 one")
        with few_changes(lab):
            storm([one, other])
            reaches(lab, one)  # it has told all of its sizes
        other.resize(20, 90)
        wait_for(lambda: lab.ask("one", "os.get_terminal_size(0).lines") == 17, "the size of the other")
        one.resize(17, 66)
        one.shows("now 17x66.")
        agrees(lab, 17, 66)
        other.shows("now 17x66.")
        one.type(b"echo")
        one.shows("now 17x66.echo")
        other.shows("now 17x66.echo")


ODD = ((1, 80), (24, 500), (1, 1), (200, 500), (3, 10), (24, 2))


@pytest.mark.parametrize("whole", [False, True], ids=["attach", "multiplexer"])
def test_windows_of_odd_sizes(lab: Theatre, whole: bool) -> None:
    """However small or large, nothing breaks, keys arrive, and at a usual size all is well."""
    for rows, columns in ODD:
        look(lab, rows, columns, whole=whole)


def look(lab: Theatre, rows: int, columns: int, *, whole: bool) -> None:
    """Look through a window of that size, then make it a usual one, and leave."""
    lab.tell("one", "out(b'\\x1bc')")
    with Seat(lab, *([] if whole else ["one"]), rows=rows, columns=columns) as seat:
        large = rows > 3 and columns > 10
        seat.until(lambda seen: "now" in seen if large else seen.strip(), "something")
        if large:
            size = "tuple(os.get_terminal_size(0))"
            wait_for(lambda: lab.ask("one", size)[0] > 400, "the size")  # then it has drawn for it
            lab.tell("one", "out(b'\\x1b[H' + bytes(range(33, 127)) * 6 + b'\\x1b[H')")
            seat.shows("!\"#$%&'()*+,-./0123")
        reaches(lab, seat)
        seat.resize(24, 80)
        now = "now 21x55." if whole else "now 24x80."
        seat.shows(now)
        seat.type(b"echo")
        seat.shows(f"{now}echo")
        seat.type(b"\x1dd" if whole else b"\x1d")
        assert seat.leaves() == 0
        assert seat.plain()
