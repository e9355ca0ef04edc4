"""A hundred sessions that start and end: what the daemon keeps of them."""

import asyncio
import gc
import os
import resource
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.reliability.lab import state_of, wait_for
from tests.reliability.seat import Memory, Seat, Theatre
from tests.runtime import conftest as stores
from tests.runtime.screens import conftest as screens
from tests.runtime.screens.conftest import Gallery

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.timeout(1800),
]
database, gallery = stores.database, screens.gallery
SCRIPT = (
    "for n in range(300): print('\\x1b[3%dmline %d of a session that ends' % (n % 8, n))\n"
    "print('\\x1b]2;title\\x07\\x1b[6n', end='', flush=True)"
)


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds."""

    files: int
    tasks: int
    threads: int
    kib: int


def files_of(pid: str) -> int:
    """Return how many files a process has open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def held() -> Held:
    """Return what this process holds now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Held(
        files_of("self"),
        len(asyncio.all_tasks()),
        threading.active_count(),
        pages * resource.getpagesize() >> 10,
    )


async def turn(gallery: Gallery, count: int) -> None:
    """Start so many sessions, five at once, and wait for their ends; each is looked at while it lives."""
    for first in range(0, count, 5):
        rows = await asyncio.gather(
            *(gallery.python(SCRIPT, subject=f"a{first + number}") for number in range(5))
        )
        await asyncio.gather(*(gallery.view(row, "engine") for row in rows))
        for row in rows:
            await gallery.rig.until_ended(row.id)
            assert "line 299" in await gallery.text(row)


def zombies() -> set[str]:
    """Return the pids of ended children for which nobody has waited."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return {pid for pid in children if state_of(int(pid)) == "Z"}


async def test_b10_a_hundred_sessions_leave_nothing(gallery: Gallery) -> None:
    """Files, tasks and threads are as many as before, no child is a zombie, and memory is hardly more."""
    await leave_nothing(gallery, 100)


@pytest.mark.long
@pytest.mark.timeout(7200)
async def test_b10_ten_thousand_sessions_leave_nothing(gallery: Gallery) -> None:
    """The same with ten thousand."""
    await leave_nothing(gallery, 10_000)


async def leave_nothing(gallery: Gallery, count: int) -> None:
    """Let so many sessions come and go, and compare."""
    others = zombies()  # another test of this process may have left some
    await turn(gallery, 20)
    before = held()
    await turn(gallery, count)
    await gallery.until(lambda: zombies() <= others, "every child to be waited for")

    def let_go() -> bool:
        now = held()
        threads = before.threads + 4  # those of the screens are made when there is much to do
        return now.files <= before.files and now.tasks <= before.tasks and now.threads <= threads

    try:
        await gallery.until(let_go, "files, tasks and threads to be as many as before")
    finally:
        after = held()
        print(f"before {before}, after {count} sessions {after}")
    assert after.kib < before.kib + 16_384
    assert not gallery.screens._following
    assert not gallery.screens._tasks
    assert not gallery.screens._activities._followed


def restarts(count: int) -> None:
    """Restart an agent so often in a real daemon, with the multiplexer before it, and compare."""
    with Theatre("one") as lab:
        lab.open()
        with Seat(lab) as seat:

            def again(number: int) -> None:
                (lab.folder / "one.sock").unlink()
                lab.run("apply", "--yes", "--restart", "one")
                wait_for((lab.folder / "one.sock").exists, "the program to listen")
                lab.tell("one", f"out(lines(0, 500) + b'life {number}.')")
                seat.shows(f"life {number}.")

            for number in range(3):
                again(number)
            pids = {"daemon": lab.daemon(), "multiplexer": seat.pid}
            memory = Memory(**pids)
            files = {name: files_of(str(pid)) for name, pid in pids.items()}
            for number in range(3, count + 3):
                again(number)
            grown = memory.grown()

            def opened() -> dict[str, int]:
                return {name: files_of(str(pid)) for name, pid in pids.items()}

            print(f"after {count} restarts: files {files} -> {opened()}, grown by MB at most {grown}")
            # Where something was about to be closed when they were counted, they are fewer now.
            wait_for(lambda: all(opened()[name] <= files[name] for name in pids), "no more files than before")
            assert grown["daemon"] < 48
            assert grown["multiplexer"] < 48


def test_b10_an_agent_that_is_started_again_and_again() -> None:
    """The daemon and the multiplexer that follows the agent hold no more than before."""
    restarts(8)


@pytest.mark.long
def test_b10_an_agent_that_is_started_100_times() -> None:
    """The same a hundred times."""
    restarts(100)
