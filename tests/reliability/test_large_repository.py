"""Eight agents of a repository with very many files, while the daemon is asked all the time."""

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest

from tests.e2e.place import Place
from tests.reliability.lab import git, wait_for
from tests.reliability.waits import Asking, p99

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(1800),
]
FILE = b"line of a file that is one of very many\n" * 100


def fill(place: Place, files: int) -> None:
    """Commit so many files of 4 KB, in folders of a thousand, without writing each of them first."""
    parts = [b"commit refs/heads/main\ncommitter Lab <lab@example.com> 0 +0000\ndata 4\nmany\n"]
    parts.append(b"from refs/heads/main^0\n")
    for number in range(files):
        content = b"%d\n%s" % (number, FILE)
        head = b"M 100644 inline many-%d/%d.txt\ndata %d\n" % (number // 1000, number, len(content))
        parts += [head, content, b"\n"]
    subprocess.run(["git", "fast-import", "--quiet"], cwd=place.repo, input=b"".join(parts), check=True)
    git(place.repo, "reset", "-q", "--hard")


@dataclass(frozen=True)
class Took:
    """What it took.

    Attributes:
        one: seconds of an apply of one agent.
        more: seconds of an apply of all others together.
        waits: seconds of each question that was asked during the latter.
    """

    one: float
    more: float
    waits: list[float]


def whole(agents: int, files: int) -> Took:
    """Apply one agent and then all, with questions beside it; then look, apply again and remove all."""
    blocks = "".join(f"  agent-{n}: {{command: [sleep, '600'], identity: false}}\n" for n in range(agents))
    with Place(agents=0) as place:
        fill(place, files)
        place.write("agents:\n" + blocks.split("\n")[0] + "\n")
        begin = time.monotonic()
        place.run("apply", "--yes")
        one = time.monotonic() - begin
        place.write("agents:\n" + blocks)
        with Asking(place.home) as asking:
            begin = time.monotonic()
            patient(place, "apply", "--yes")
            took = time.monotonic() - begin
        place.settled()
        for number in range(agents):
            tree = place.tree_of(f"agent-{number}")
            assert sum(1 for _ in tree.glob("many-*/*.txt")) == files
            assert git(tree, "status", "--porcelain") == ""
        patient(place, "destroy", "--yes")
        wait_for(lambda: place.tree() == {}, "all to be gone")
        git(place.repo, "fsck", "--no-dangling")
    waits = asking.waits
    late = p99(waits) * 1000
    print(f"{files} files: one agent in {one:.1f} s, {agents - 1} more in {took:.1f} s")
    print(f"{len(waits)} questions: median {statistics.median(waits) * 1000:.0f} ms, p99 {late:.0f} ms")
    assert max(waits) < 15
    return Took(one, took, waits)


def patient(place: Place, *args: str) -> None:
    """Run a command that may take minutes."""
    process = place.start(*args)
    said = process.communicate(timeout=1500)
    assert process.returncode == 0, said


def test_c13_a_large_repository() -> None:
    """A short form: a thousand files and three agents."""
    whole(agents=3, files=1000)


@pytest.mark.long
def test_c13_a_repository_of_50000_files_and_8_agents() -> None:
    """All are filled, clean, settled and removed; eight take no more than eight times one; nobody waits."""
    took = whole(agents=8, files=50_000)
    assert took.one + took.more <= 8 * took.one
    assert p99(took.waits) <= 0.05
