"""A full disk below state, worktrees, sessions or logs: said where, agents go on, and it converges."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.proof.full_disk import FREE
from tests.reliability.lab import git, wait_for
from tests.reliability.steps import deeds, scenes
from tests.reliability.steps.forks import Forks
from tests.reliability.steps.steplab import StepLab

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(300),
]

PLACES = {"state": "home", "worktrees": "repo.worktrees", "sessions": "home/sessions", "logs": "home/logs"}
"""What lies on a small disk, below the laboratory's folder; logs are those of the daemon."""


@contextmanager
def small(folder: Path) -> Iterator[None]:
    """Put a file system of 8 MiB there."""
    folder.mkdir(parents=True, mode=0o700)
    words: list[str | Path] = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", folder]
    if subprocess.run(words, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small file system")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path) -> Path:
    """Take all the space there is; returns the file that does."""
    ballast = folder / "ballast"
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while os.write(descriptor, b"x" * size):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    finally:
        os.close(descriptor)
    return ballast


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    """What forks."""
    with Forks() as made:
        yield made


@pytest.mark.parametrize("place", PLACES)
def test_a5_a_full_disk(forks: Forks, place: str) -> None:
    """Agents go on, what needs space fails with place and size, and the next apply with space converges."""
    with ExitStack() as stack:
        lab = stack.enter_context(StepLab(agents=0, forks=forks))
        folder = lab.folder / PLACES[place]
        stack.enter_context(small(folder))
        stack.callback(lab.end)  # before the disk is taken away
        scenes.declare(lab)
        lab.up()
        lab.do("apply", "--yes")
        lab.do("wait", "ada", "--until", "waiting", "--timeout", "50")
        before = lab.sessions()
        ballast = fill(folder)
        text = lab.file.read_text()
        lab.file.write_text(text.replace("  eve: {", "  zoe: {shell: 'true', branch: work/zoe}\n  eve: {"))
        asked = lab.forks.start(("apply", "--yes"), lab.environment(), lab.repo, lab.said)
        status = asked.wait()
        said = asked.out.read_text() + asked.err.read_text()
        if place == "logs":  # the daemon writes less of what it does, and does it all the same
            assert status == 0, (status, said)
        else:
            assert status == 1, (status, said)
            failed = [line for line in said.splitlines() if "space" in line or "full" in line]
            assert failed, said
            assert any(f"{folder}/" in line and FREE.search(line) for line in failed), said
        assert lab.sessions() >= before, "who ran goes on"
        ballast.unlink()
        lab.do("apply", "--yes")
        wait_for(lambda: "no changes" in lab.do("plan", check=None), "what failed to be settled")
        assert lab.sessions() >= before
        assert deeds.agent(lab, "ada")["session"]["live"]
        lab.laws()
        git(lab.repo, "fsck", "--no-dangling")
