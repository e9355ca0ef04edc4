"""Output that no program should write, through holder, daemon, `attach` and multiplexer at once."""

import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.reliability.lab import wait_for
from tests.reliability.seat import PATIENCE, Memory, Seat, Theatre

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(1800),
]
PART = 1 << 20


@dataclass(frozen=True, slots=True)
class Scene:
    """An agent, and who looks at it.

    Attributes:
        lab: its agent is `one`.
        joined: a terminal that is attached to it.
        tiled: a terminal with the multiplexer.
    """

    lab: Theatre
    joined: Seat
    tiled: Seat

    def memory(self) -> Memory:
        """Begin to watch how much memory all processes take."""
        return Memory(
            holder=self.lab.holder("one"),
            daemon=self.lab.daemon(),
            attach=self.joined.pid,
            multiplexer=self.tiled.pid,
        )

    def well(self, word: str) -> None:
        """Wait until everyone shows this word, which the agent writes on a fresh screen."""
        self.lab.tell("one", f"out(b'\\x1bc\\r\\n{word}')")
        self.joined.shows(word)
        self.tiled.shows(word)
        deadline = time.monotonic() + PATIENCE
        while word not in (seen := self.lab.text("one")):
            assert time.monotonic() < deadline, seen
            time.sleep(0.02)
        for key, seat in (("j", self.joined), ("t", self.tiled)):
            seat.type(key.encode())
            seat.shows(f"{word}{key}")
            self.lab.tell("one", f"out(b'\\x1bc\\r\\n{word}')")

    def answered(self, word: str) -> None:
        """Wait until the program has taken all that terminals answer to what it wrote before this word."""
        self.lab.tell("one", f"loud(b'\\x1b\\\\\\x18\\x1bc\\r\\n{word}'); heard = len(taken)")
        self.joined.shows(word)
        self.tiled.shows(word)
        wait_for(lambda: word in self.lab.text("one"), "the daemon to have read all of it", PATIENCE)
        for mark, seat in ((b"#", self.joined), (b"%", self.tiled)):
            seat.type(mark)  # it comes after whatever this terminal has answered
        wait_for(lambda: self.lab.ask("one", "{*b'#%'} <= {*taken[heard:]}"), "the marks", PATIENCE)


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Give an agent with two who look at it."""
    with Theatre("one") as lab:
        lab.open()
        with Seat(lab, "one") as joined, Seat(lab) as tiled:
            tiled.shows("1 one")
            lab.tell("one", "out(b'begin')")
            joined.shows("begin")
            tiled.shows("begin")
            yield Scene(lab, joined, tiled)


def endless(scene: Scene, opening: bytes, megabytes: int) -> dict[str, float]:
    """Begin a sequence and do not end it for so long, but in the end; returns how much memory that took."""
    memory = scene.memory()
    part = "part = b'1;x' * (1 << 19)" if opening != b"\x1b[" else "part = b'1;' * (1 << 20)"
    size = 3 * (1 << 19) if opening != b"\x1b[" else 1 << 21
    scene.lab.tell("one", f"out({opening!r}); {part}")
    begin = time.monotonic()
    for _ in range(megabytes * PART // size + 1):
        scene.lab.tell("one", "out(part)")
    took = time.monotonic() - begin
    scene.lab.tell("one", "out(b'\\x1b\\\\')")
    scene.well("alive")
    grown = memory.grown()
    shown = ", ".join(f"{name} {mega:.1f}" for name, mega in grown.items())
    print(f"{megabytes} MB after {opening!r} in {took:.1f} s; grown by MB: {shown}")
    return grown


def bounded(grown: dict[str, float]) -> None:
    """Assert that no process kept what was never finished."""
    assert grown["holder"] < 8, grown
    assert grown["daemon"] < 48, grown
    assert grown["attach"] < 16, grown
    assert grown["multiplexer"] < 48, grown


def test_an_osc_without_end(scene: Scene) -> None:
    """64 MB of a title that never ends cost no memory anywhere, and what follows is shown."""
    bounded(endless(scene, b"\x1b]2;", 64))


@pytest.mark.long
def test_a_gigabyte_of_an_osc(scene: Scene) -> None:
    """The long form: 1 GB."""
    bounded(endless(scene, b"\x1b]2;", 1024))


def test_other_sequences_without_end(scene: Scene) -> None:
    """The same for numbers of a CSI, and for other strings."""
    for opening in (b"\x1b[", b"\x1bP", b"\x1b_G", b"\x1b]52;c;", b"\x1b]99;i=1;"):
        bounded(endless(scene, opening, 8))


def not_utf8(chance: random.Random) -> bytes:
    """Return text that is cut and wrong in every way that UTF-8 can be."""
    pieces = [
        b"\xff\xfe",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf0\x9f\x98",
        "字é🙂".encode(),
        b"\x80",
    ]
    return b"".join(chance.choice([*pieces, b"text", b"\r\n"]) for _ in range(20_000))


def noise(chance: random.Random) -> bytes:
    """Return bytes without any sense."""
    return chance.randbytes(200_000)


def sequences(chance: random.Random) -> bytes:
    """Return sequences with numbers that no terminal has, to no end."""
    finals = b"@ABCDEFGHJKLMPSTXZ`abdefghlmnpqrstux"
    return b"".join(
        b"\x1b[%s%d;%d%c"
        % (
            chance.choice([b"", b"?", b">"]),
            chance.randrange(10**9),
            chance.randrange(300),
            chance.choice(finals),
        )
        for _ in range(20_000)
    )


def test_bytes_that_are_no_text(scene: Scene) -> None:
    """Whatever they are, everyone lives, and shows what comes after them."""
    seed = random.randrange(1 << 32)
    print("seed", seed)
    memory = scene.memory()
    for number, make in enumerate((not_utf8, noise, sequences)):
        file = scene.lab.folder / "bytes"
        file.write_bytes(make(random.Random(seed)))
        # What is answered must not be repeated, or there is no end.
        scene.lab.tell("one", "loud, out = out, lambda data: None")
        scene.lab.tell("one", f"loud(open({str(file)!r}, 'rb').read())")
        scene.answered(f"over{number}")
        scene.lab.tell("one", "out = loud")
        scene.well(f"alive{number}")
    bounded(memory.grown())
