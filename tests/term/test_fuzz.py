"""Output without sense through everything that reads it: no exception, and no memory kept of it."""

import random
import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Callable

import pytest

from constellagent.term.scanner import ModeTracker, QueryStripper
from constellagent.term.scanner.signals import SignalScanner
from constellagent.term.screen import Screen
from tests.term.scanner.sequences import OTHERS, QUERIES
from tests.term.screen.streams import KINDS, stream

_HUGE = (b"0", b"1", b"9", b"65535", b"65536", b"2147483647", b"4294967296", b"-1", b"9" * 40, b"")
_OPEN = (
    b"\x1b]",
    b"\x1b]2;",
    b"\x1b]52;c;",
    b"\x1b]99;i=1:d=0;",
    b"\x1bP",
    b"\x1b_G",
    b"\x1b^",
    b"\x1bX",
    b"\x1b[",
)
_CLOSE = (b"\x07", b"\x1b\\", b"\x9c", b"\x18", b"\x1a", b"\x1b", b"")
_REAL = [stream(kind, seed=5, pieces=40) for kind in KINDS]
_CLUSTERS = "字🙂e\u0301\u200d👩🇩🇪".encode()
_SIZES = ((2, 1), (2, 80), (24, 80), (50, 1), (3, 500), (200, 7), (11, 37))
"""None of one row: see the last test of this file."""


class Readers:
    """All who read a session's output, as one session has them."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.screen = Screen(24, 80, scrollback=200)
        self.scanner = SignalScanner()
        self.stripper = QueryStripper()
        self.modes = ModeTracker()
        self._fed = 0

    def feed(self, data: bytes) -> None:
        """Let everyone read it, and look at what they make of it."""
        self.screen.feed(data)
        assert len(self.screen.take_replies()) < 1 << 20
        self._fed += len(data)
        for signal in self.scanner.feed(data):
            assert 0 < signal.offset <= self._fed
        self.modes.feed(data)
        stripped = self.stripper.feed(data)
        assert len(stripped) <= len(data) + 2048

    def look(self) -> None:
        """Read everything that is asked for in the life of a session."""
        screen = self.screen
        rows = screen.read()
        assert len(rows) == screen.rows
        assert all(sum(run.cells for run in row) == screen.columns for row in rows)
        cursor = screen.cursor()
        assert (cursor.row < screen.rows, cursor.column < screen.columns) == (True, True)
        screen.changed()
        screen.modes()
        assert screen.title.isascii() or screen.title
        copy = Screen(screen.rows, screen.columns, scrollback=200)
        copy.feed(screen.snapshot(5))
        assert len(copy.text()) == screen.rows
        copy.close()
        assert len(self.modes.setup_sequence()) < 4096
        assert len(self.modes.reset_sequence()) < 4096


def _numbers(chance: random.Random) -> bytes:
    numbers = b";".join(chance.choice(_HUGE) for _ in range(chance.randrange(20)))
    return b"\x1b[" + chance.choice([b"", b"?", b">", b"="]) + numbers + bytes([chance.randrange(0x20, 0x7F)])


def _real(chance: random.Random) -> bytes:
    real = chance.choice(_REAL)
    begin = chance.randrange(len(real))
    return real[begin : begin + chance.randrange(200)]


_KINDS: tuple[Callable[[random.Random], bytes], ...] = (
    lambda chance: chance.randbytes(chance.randrange(120)),
    lambda chance: chance.choice(QUERIES + OTHERS),
    _numbers,
    lambda chance: chance.choice(_OPEN) + chance.randbytes(chance.randrange(300)) + chance.choice(_CLOSE),
    _real,
    lambda chance: _CLUSTERS[chance.randrange(20) : chance.randrange(20, 40)],
    lambda chance: bytes([chance.randrange(256)]) * chance.randrange(300),
    lambda chance: chance.choice(_OPEN) + chance.choice(_HUGE) * chance.randrange(50),
)


def case(chance: random.Random) -> bytes:
    """Return a piece of output of any kind."""
    return chance.choice(_KINDS)(chance)


def fuzz(cases: int, seed: int) -> None:
    """Feed so many cases, with resizes among them; a failure says how to have it again."""
    chance = random.Random(seed)
    readers = Readers()
    for number in range(cases):
        data = case(chance)
        try:
            cut = chance.randrange(len(data) + 1)
            readers.feed(data[:cut])
            readers.feed(data[cut:])
            if number % 7 == 0:
                readers.screen.resize(*chance.choice(_SIZES))
            if number % 50 == 0:
                readers.look()
        except BaseException as error:
            error.add_note(f"seed {seed}, case {number}: {data!r}")
            raise
        if number % 500 == 499:
            readers.screen.close()
            readers = Readers()
    readers.screen.close()


def test_b11_five_thousand_cases() -> None:
    """Nothing raises, whatever the output and wherever it is cut, and all that is read has its form."""
    fuzz(5_000, random.randrange(1 << 32))


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_b11_a_million_cases() -> None:
    """The long form, in processes of 20,000 cases, as a crash would tell no seed; memory is bounded."""
    for _ in range(50):
        seed = random.randrange(1 << 32)
        script = f"from tests.term.test_fuzz import grown_by; print(grown_by({seed}))"
        done = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", script], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"seed {seed}: {done.returncode}\n{done.stderr}"
        assert float(done.stdout) < 48, f"seed {seed}: grown by {done.stdout} MB"


def grown_by(seed: int) -> float:
    """Feed 20,000 cases; returns by how many MB this process has grown since the first 2,000."""
    fuzz(2_000, seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fuzz(20_000, seed)
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / unit


@pytest.mark.parametrize("opening", [*_OPEN, b"", b"\xff", b"\x1b[1;", b"\x1b\\\x1b"])
def test_b11_output_without_an_end_is_not_kept(opening: bytes) -> None:
    """After 16 MB the readers hold no more than the longest thing that any of them waits for."""
    readers = Readers()
    readers.feed(opening)
    part = b"1;" * (1 << 19)
    tracemalloc.start()
    for _ in range(16):
        readers.feed(part)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 3 << 20, f"{held} bytes"
    readers.feed(b"\x18\x1b\\\x1bc")
    readers.feed(b"alive\x07")
    assert readers.screen.text()[0] == "alive"
    readers.screen.close()


CRASH = (
    b"\x1b]8;;m\x1b\\4",
    (200, 7),
    b"m\x1b]8;;t\x1b\\",
    (1, 80),
    b"m" * 65536,
)
"""Two links, then much text on one row: what the engine of pyghostty 0.1.3 does not survive."""


def test_links_and_sizes_do_not_crash_the_engine() -> None:
    """A process of its own feeds them, as a crash takes the whole process with it."""
    script = (
        "from constellagent.term.screen import Screen\n"
        "screen = Screen(24, 80, scrollback=200)\n"
        f"for step in {CRASH!r}:\n"
        "    screen.feed(step) if isinstance(step, bytes) else screen.resize(*step)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=30).returncode == 0
