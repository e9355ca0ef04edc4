"""A program that never reads what is typed to it."""

import sys
import time

import pytest

from tests.reliability.lab import wait_for
from tests.reliability.seat import PATIENCE, Memory, Seat, Theatre

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(300),
]
TYPED = b"".join(b"%06d," % number for number in range(220_000))
"""1.5 MB, of which each piece can be told from every other."""


@pytest.mark.parametrize(
    ("whole", "pasted"),
    [(False, False), (True, False), (True, True)],
    ids=["attach", "multiplexer", "multiplexer-pasted"],
)
def test_much_is_typed_to_who_does_not_read(whole: bool, pasted: bool) -> None:
    """It is bounded everywhere, output and the key to leave go on working, and what was taken is whole."""
    with Theatre("one") as lab:
        lab.open()
        with Seat(lab, *([] if whole else ["one"])) as seat:
            lab.tell("one", "out(b'begin')")
            seat.shows("begin")
            lab.tell("one", "echoing.clear()")
            seat.type(b"!")
            seat.shows("begin!")  # that was the last read
            memory = Memory(holder=lab.holder("one"), daemon=lab.daemon(), viewer=seat.pid)
            given = give(seat, b"\x1b[200~" + TYPED + b"\x1b[201~" if pasted else TYPED)
            lab.tell("one", "out(b'\\x1b[2J\\x1b[Hstill writing')")
            seat.shows("still writing")
            grown = memory.grown()
            lab.tell("one", "taken = b''; out = lambda data: None; echoing.set()")
            wait_for(lambda: lab.ask("one", "len(taken)") > 4000, "the program to read")
            time.sleep(1)
            taken = lab.ask("one", "taken")
            leave = b"\x1dd" if whole else b"\x1d"
            assert give(seat, leave, PATIENCE) == len(leave)
            assert seat.leaves() == 0
            assert seat.plain()
        taken = taken.removeprefix(b"\x1b[200~")
        assert TYPED.startswith(taken[:200_000])
        print(f"{given} bytes were taken by the terminal, {len(taken)} by the program; grown by MB {grown}")
        assert grown["holder"] < 8
        assert grown["daemon"] < 16
        assert grown["viewer"] < 32


def give(seat: Seat, data: bytes, seconds: float = 3) -> int:
    """Type as much as is taken; returns how much that was."""
    given, deadline = 0, time.monotonic() + seconds
    while given < len(data) and time.monotonic() < deadline:
        done = seat.type(data[given : given + 4096])
        given += done
        if not done:
            time.sleep(0.01)
    return given
