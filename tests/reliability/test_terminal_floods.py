"""Programs that write faster than anybody reads, beside others that a person works with."""

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median

import pytest

from constellagent.term.screen import Screen
from tests.reliability.lab import queues, starved, wait_for
from tests.reliability.seat import Memory, Seat, Theatre, log_of
from tests.reliability.waits import Asking, p99
from tests.runtime.screens.pictures import decoded

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(1800),
]
KEYS = 25
SOON = 2.0
"""Seconds that a key may take in the median on a slow machine; one that starves waits for the whole flood."""
LONG_LOG = 1 << 29
"""Bytes of a log that keeps all that a paced flood, of one or two MB a second, can write in some minutes."""
LOOKERS = pytest.mark.parametrize(
    "looker", [["noisy"], ["noisy", "--view"], []], ids=["attach", "view", "multiplexer"]
)


@pytest.fixture
def lab() -> Iterator[Theatre]:
    """Give two agents."""
    with Theatre("noisy", "quiet") as lab:
        yield lab.open()


@pytest.fixture
def long_logged() -> Iterator[Theatre]:
    """Give an agent whose log goes back to its beginning, however long a new daemon takes to come."""
    with Theatre("noisy", CONSTELLAGENT_LOG_BYTES=str(LONG_LOG)) as lab:
        yield lab.open()


class Stopwatch:
    """Measures how long keys take, on a machine that others use as well.

    Left out is the time for which a thread on a key's way could have run and got no processor: that of the
    thread which waited longest. While keys wait behind output somebody runs, or all sleep, and that counts.
    On a quiet machine nothing is left out: there it is we who would keep the threads from running.
    """

    def __init__(self, lab: Theatre, seat: Seat, name: str, *, quiet: bool = False) -> None:
        """Keys are typed at `seat` to the program of an agent; `quiet` says that the machine is."""
        self._quiet = quiet
        self._pids = (os.getpid(), seat.pid, lab.holder(name), int(lab.session(name)["pid"]))
        self._began, self._queued = 0.0, dict[Path, int]()

    def begin(self) -> None:
        """Press it."""
        self._queued, self._began = queues(*self._pids), time.monotonic()

    def seconds(self) -> float:
        """Return how long it is since then."""
        took = time.monotonic() - self._began
        if self._quiet:
            return took
        return max(0.0, took - starved(self._queued, queues(*self._pids)))


def echoes(seat: Seat, keys: int, watch: Stopwatch) -> list[float]:
    """Press keys, one after the other was seen; returns how many seconds each took."""
    took, typed = list[float](), ""
    for number in range(keys):
        key = "abcdefghij"[number % 10]
        typed += key
        watch.begin()
        seat.type(key.encode())
        seat.shows(f"<{typed}")
        took.append(watch.seconds())
        time.sleep(0.04 + random.random() / 50)
    return took


@pytest.mark.parametrize("whole", [False, True], ids=["attach", "multiplexer"])
def test_b5_a_flood_beside_a_quiet_one(lab: Theatre, whole: bool) -> None:
    """Keys typed to the quiet one are seen soon while the other writes all it can."""
    with Seat(lab, *([] if whole else ["quiet"])) as seat:
        if whole:
            seat.shows("noisy")
            seat.command(b"a")
            seat.shows("2 quiet")
            seat.command(b"o")
        lab.tell("quiet", "out(b'\\x1b[2J\\x1b[H<')")
        seat.shows("<")
        watch = Stopwatch(lab, seat, "quiet")
        alone = median(echoes(seat, KEYS, watch))
        lab.tell("noisy", "flood()")
        time.sleep(0.5)
        lab.tell("quiet", "out(b'\\x1b[2J\\x1b[H<')")
        before, begin = lab.ask("noisy", "counted"), time.monotonic()
        beside = sorted(echoes(seat, KEYS, watch))
        rate = (lab.ask("noisy", "counted") - before) / (time.monotonic() - begin)
        lab.tell("noisy", "calm()")
    kind = "multiplexer" if whole else "attach"
    print(
        f"{kind}: echo alone {alone * 1000:.1f} ms, beside {rate / 1e6:.0f} MB/s of flood "
        f"median {median(beside) * 1000:.1f} ms, worst {beside[-1] * 1000:.1f} ms"
    )
    assert median(beside) < SOON, beside
    assert rate > 1e6


def attached(lab: Theatre, name: str, text: str) -> float:
    """Return how many seconds after the start of an attach the agent's screen is seen: the median of five."""
    took = list[float]()
    for _ in range(5):
        begin = time.monotonic()
        with Seat(lab, name) as seat:
            seat.shows(text)
            took.append(time.monotonic() - begin)
    return median(took)


@pytest.mark.long
def test_b5_a_minute_of_flood(lab: Theatre) -> None:
    """Memory and disk stay bounded; on a quiet machine keys, the daemon and who attaches are in time."""
    memory = Memory(daemon=lab.daemon(), holder=lab.holder("noisy"))
    log, largest = Path(lab.session("noisy")["log"]), 0
    lab.tell("noisy", "flood()")
    before, begin = lab.ask("noisy", "counted"), time.monotonic()
    took = list[float]()
    with Seat(lab, "quiet") as seat, Asking(lab.home) as asking:
        lab.tell("quiet", "out(b'\\x1b[2J\\x1b[H<')")
        seat.shows("<")
        watch = Stopwatch(lab, seat, "quiet", quiet=True)
        while time.monotonic() - begin < 60:
            lab.tell("quiet", "out(b'\\x1b[2J\\x1b[H<')")
            took += echoes(seat, 5, watch)
            largest = max(largest, sum(part.stat().st_size for part in log.glob("*.out")))
    rate = (lab.ask("noisy", "counted") - before) / (time.monotonic() - begin)
    shown, start = attached(lab, "noisy", "lorem"), attached(lab, "quiet", "<")
    lab.tell("noisy", "calm()")
    grown = memory.grown()
    print(
        f"{rate / 1e6:.1f} MB/s for a minute; echo beside it: median {median(took) * 1000:.1f} ms, "
        f"p99 of {len(took)} {p99(took) * 1000:.1f} ms; the daemon's loop: p99 of {len(asking.waits)} "
        f"{p99(asking.waits) * 1000:.1f} ms"
    )
    print(f"the log took {largest / 1e6:.1f} MB; grown by MB {grown}")
    print(f"attach shows the flood after {shown:.2f} s, what is quiet after {start:.2f} s")
    assert largest < 80 << 20
    assert grown["holder"] < 16
    assert grown["daemon"] < 64
    assert p99(took) <= 0.1
    assert p99(asking.waits) <= 0.05
    assert shown - start <= 0.3, "beyond the start of its command"


@pytest.mark.parametrize("whole", [False, True], ids=["attach", "multiplexer"])
def test_b5_keys_typed_into_a_flood(lab: Theatre, whole: bool) -> None:
    """The flooding program itself reads each key, in order, and soon: Ctrl-C must stop it."""
    with Seat(lab, *([] if whole else ["noisy"])) as seat:
        lab.tell("noisy", "out(b'<')")
        seat.shows("<")
        watch = Stopwatch(lab, seat, "noisy")
        lab.tell("noisy", "flood()")
        seat.shows("lorem")
        took = list[float]()
        for number in range(KEYS):
            watch.begin()
            seat.type(b"%c" % (97 + number))
            wait_for(lambda wanted=number + 1: len(lab.ask("noisy", "taken")) >= wanted, "the key")
            took.append(watch.seconds())
        assert lab.ask("noisy", "taken") == bytes(range(97, 97 + KEYS))
        lab.tell("noisy", "calm()")
    print(f"keys reach it after {median(took) * 1000:.1f} ms, at most {max(took) * 1000:.0f} ms")
    assert median(took) < SOON, took


def see_a_start(lab: Theatre, seat: Seat) -> None:
    """Wait until what the program writes is shown; what the command says before that may be gone at once."""
    lab.tell("noisy", "out(b'begin')")
    seat.shows("begin")


@LOOKERS
def test_b6_a_viewer_that_is_stopped(lab: Theatre, looker: list[str]) -> None:
    """While its process does not run the program goes on at full speed; then it shows the present."""
    with Seat(lab, *looker) as seat:
        see_a_start(lab, seat)
        memory = Memory(holder=lab.holder("noisy"), daemon=lab.daemon())
        os.kill(seat.pid, signal.SIGSTOP)
        lab.tell("noisy", "flood()")
        began, before = time.monotonic(), lab.ask("noisy", "counted")
        wait_for(lambda: lab.ask("noisy", "counted") > before + 15_000_000, "15 MB of output")
        took = time.monotonic() - began
        lab.tell("noisy", "calm()")
        lab.tell("noisy", "out(b'\\r\\nthe present')")
        os.kill(seat.pid, signal.SIGCONT)
        late = seat.shows("the present")
        grown = memory.grown()
        if "--view" not in looker:
            wait_for(lambda: seat.type(b"+") and "the present+" in seat.text(), "a key to arrive")
    print(f"15 MB in {took:.1f} s; the present seen {late * 1000:.0f} ms later; grown by MB {grown}")
    assert grown["holder"] < 8
    assert grown["daemon"] < 64


@LOOKERS
def test_b6_a_terminal_that_does_not_read(lab: Theatre, looker: list[str]) -> None:
    """Nor does a terminal that takes nothing any more block the program; keys work afterwards."""
    with Seat(lab, *looker) as seat:
        see_a_start(lab, seat)
        memory = Memory(holder=lab.holder("noisy"), viewer=seat.pid)
        seat.read_no_more()
        lab.tell("noisy", "flood()")
        before = lab.ask("noisy", "counted")
        wait_for(lambda: lab.ask("noisy", "counted") > before + 20_000_000, "20 MB of output")
        lab.tell("noisy", "calm()")
        seat.read_on()
        lab.tell("noisy", "out(b'\\r\\nthe present')")
        seat.shows("the present")
        grown = memory.grown()
        seat.type(b"\x1d" if looker else b"\x1dd")
        assert seat.leaves() == 0
        assert seat.plain()
    assert grown["holder"] < 8, grown
    assert grown["viewer"] < 64, grown


def held(holder: int) -> int:
    """Return how many files a holder has open, but for the part of the log that it read last."""
    found = 0
    for link in Path(f"/proc/{holder}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            found += link.readlink().suffix != ".out"
    return found


@LOOKERS
def test_b7_a_viewer_that_is_killed(lab: Theatre, looker: list[str]) -> None:
    """The program goes on, the holder lets go of everything, and whoever comes next sees the present."""
    holder = lab.holder("noisy")
    files = held(holder)
    lab.tell("noisy", "flood(0.01)")
    with Seat(lab, *looker) as seat:
        seat.shows("lorem")
        os.kill(seat.pid, signal.SIGKILL)
        before = lab.ask("noisy", "counted")
        wait_for(lambda: lab.ask("noisy", "counted") > before + 1_000_000, "more output")
    wait_for(lambda: held(holder) <= files, "the holder to let go")
    lab.tell("noisy", "calm()")
    lab.tell("noisy", "out(b'\\r\\nthe present')")
    with Seat(lab, *looker) as seat:
        seat.shows("the present")
        if "--view" not in looker:
            seat.type(b"+key")
            seat.shows("the present+key")


def exact(lab: Theatre) -> None:
    """Assert that the daemon's screen is that of the whole log, in every cell, and its scrollback as well.

    How many rows beyond the last nine thousand are kept depends on the parts in which output came.
    """
    session, written = lab.session("noisy"), lab.ask("noisy", "counted")
    wait_for(lambda: len(log_of(session)) >= written, "the holder to have read all that was written")
    output = log_of(session)
    wait_for(lambda: lab.view("noisy")["offset"] >= len(output), "the daemon to have all output")
    view = lab.view("noisy", "engine", -1)
    assert view["offset"] == len(output)
    kept, wanted = decoded(view), Screen(view["rows"], view["columns"])
    wanted.feed(output)
    assert kept.cells() == wanted.cells()
    assert (kept.cursor(), kept.modes(), kept.title) == (wanted.cursor(), wanted.modes(), wanted.title)
    lines, all_lines = kept.lines(), wanted.lines()
    least = min(len(lines), len(all_lines))
    assert lines[-least:] == all_lines[-least:]
    assert least > 9000 or len(lines) == len(all_lines)
    kept.close()
    wanted.close()


def more(lab: Theatre, size: int, what: str) -> None:
    """Wait until the program has written so much more."""
    before = lab.ask("noisy", "counted")
    wait_for(lambda: lab.ask("noisy", "counted") > before + size, what)


def kill_during_a_flood(lab: Theatre, kills: int, bytes_each: int) -> None:
    """Kill the daemon so often while output floods, and compare screens after each."""
    for number in range(kills):
        lab.tell("noisy", "flood(0.01)")
        more(lab, bytes_each, "some output")
        assert lab.kill_daemon()
        more(lab, bytes_each, "some output without a daemon")
        lab.new_daemon()
        more(lab, bytes_each, "some output with the next")
        lab.tell("noisy", "calm()")
        lab.tell("noisy", f"out(b'\\r\\nkill \\x1b[7mnumber {number}')")
        exact(lab)


def test_b9_daemons_killed_during_a_flood(long_logged: Theatre) -> None:
    """The next daemon's screen equals one that was fed with the whole log."""
    kill_during_a_flood(long_logged, 3, 200_000)


@pytest.mark.long
def test_b9_daemons_killed_during_a_flood_10_times(long_logged: Theatre) -> None:
    """The same ten times."""
    kill_during_a_flood(long_logged, 10, 200_000)


@pytest.mark.parametrize("whole", [False, True], ids=["attach", "multiplexer"])
def test_b9_the_daemon_is_killed_while_somebody_types(lab: Theatre, whole: bool) -> None:
    """Keys and output go on without a moment's break, and with the next daemon all agree again."""
    with Seat(lab, *([] if whole else ["noisy"])) as seat:
        see_a_start(lab, seat)
        lab.tell("noisy", "out(b'\\x1b[2J\\x1b[H<')")
        seat.shows("<")
        watch = Stopwatch(lab, seat, "noisy")
        alone = median(echoes(seat, 10, watch))
        lab.tell("noisy", "out(b'\\x1b[2J\\x1b[H<')")
        assert lab.kill_daemon()
        after = echoes(seat, 10, watch)
        lab.tell("noisy", "out(b'\\r\\nstill here')")
        seat.shows("still here")
        lab.new_daemon()
        exact(lab)
        seat.type(b"!")
        seat.shows("still here!")
        wait_for(lambda: "still here!" in lab.text("noisy"), "the daemon's screen")
        seat.type(b"\x1dd" if whole else b"\x1d")
        assert seat.leaves() == 0
        assert seat.plain()
    print(f"echo before the kill {alone * 1000:.1f} ms, right after it at most {max(after) * 1000:.1f} ms")
    assert median(after) < SOON
