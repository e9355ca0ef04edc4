"""Mending with something against it: half-written git, no space, another git, nobody who can tell."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.runtime import occupants
from constellagent.runtime.mending import judging
from constellagent.runtime.mending.finding import Finding
from constellagent.runtime.mending.gitlocks import GitLocks
from tests.reliability.lab import Lab, git
from tests.reliability.mended import fix, flushed, going, lawful, mend, spoil
from tests.reliability.test_disk_full import fill, small

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def standing() -> Iterator[Lab]:
    """Give a laboratory on a small disk in which all runs as declared; every test leaves it so."""
    with Lab(agents=1) as lab, small(lab.home):
        lab.run("apply", "--yes")
        yield lab
        lawful(lab)
        lab.kill_all()


@pytest.fixture
def lab(standing: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Give that laboratory without a daemon, and let commands in this process work on it."""
    standing.kill_daemon()
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(standing.home))
    monkeypatch.delenv("CONSTELLAGENT_SESSION", raising=False)
    monkeypatch.chdir(standing.repo)
    return standing


def test_a5_without_space_the_damaged_state_stays_as_it_is(lab: Lab) -> None:
    """What cannot be written fails with its reason; with space again it is mended, and nothing is lost."""
    before, database = going(lab), lab.home / "state.db"
    flushed(database)
    spoil(database, 0)
    damaged = database.read_bytes()
    ballast = fill(lab.home)
    try:
        (row,) = [row for row in fix(lab) if row["kind"] == "damaged state"]
        assert row["outcome"] == "failed"
        assert "disk is full" in row["said"]
        assert database.read_bytes() == damaged
        assert list(lab.home.glob("mending-*")) == []
    finally:
        ballast.unlink()
    fix(lab)
    assert going(lab) == before
    for one in lab.home.glob("state.db.damaged-*"):
        one.unlink()


def test_a1_a_half_written_registration_is_taken_back(lab: Lab) -> None:
    """Git was killed after the lock, its first file: that goes, and the next apply makes all of it."""
    lab.run("stop", "agent-0")
    lab.run("daemon", "stop")
    tree = lab.worktree(0)
    admin = Path(git(tree, "rev-parse", "--absolute-git-dir").strip())
    reason = (admin / "locked").read_text()
    shutil.rmtree(tree)
    shutil.rmtree(admin)
    admin.mkdir()
    (admin / "locked").write_text(reason)
    foreign = admin.with_name("agent-01")
    foreign.mkdir()
    (foreign / "locked").write_text("mine")
    try:
        (done,) = [row for row in fix(lab) if row["subject"] == str(admin)]
        assert (done["kind"], done["outcome"]) == ("half-made worktree", "mended")
        assert (admin.exists(), foreign.exists()) == (False, True)
    finally:
        shutil.rmtree(foreign)
    lab.run("apply", "--yes")


def test_c5_no_lock_goes_while_a_git_is_at_work(lab: Lab) -> None:
    """A git in the repository may hold the lock without having it open, as while a hook of it runs."""
    lock = lab.repo / ".git" / "config.lock"
    lock.write_text("")
    os.utime(lock, (time.time() - judging.LOCK_AGE - 60,) * 2)
    at_work = subprocess.Popen(["git", "cat-file", "--batch"], cwd=lab.worktree(0), stdin=subprocess.PIPE)
    try:
        (row,) = [row for row in fix(lab) if row["area"] == "locks"]
        assert row["outcome"] == "left"
        assert f"pid {at_work.pid} " in row["found"]
        assert lock.exists()
    finally:
        at_work.communicate()
    mend(lab, "stale lock")
    assert not lock.exists()


def test_c5_a_lock_that_was_made_anew_between_look_and_removal_stays(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another git took the place of the dead one at the last moment: its lock is not ours to remove."""
    lock, usual = lab.repo / ".git" / "packed-refs.lock", GitLocks.mend
    lock.write_text("")
    os.utime(lock, (time.time() - judging.LOCK_AGE - 60,) * 2)

    async def overtaken(area: GitLocks, finding: Finding) -> str:
        """Let the lock be another one when it is about to go."""
        other = lock.with_name("other")
        other.write_text("new")
        other.replace(lock)
        return await usual(area, finding)

    try:
        with monkeypatch.context() as patch:
            patch.setattr(GitLocks, "mend", overtaken)
            (row,) = [row for row in fix(lab) if row["area"] == "locks"]
        assert row["outcome"] == "failed"
        assert "was made anew meanwhile" in row["said"]
        assert lock.read_text() == "new"
    finally:
        lock.unlink(missing_ok=True)


def test_c5_a_lock_stays_where_nobody_can_tell_who_works_there(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown is not nobody: the lock is named, with what a person can do, and no other day is lost by it."""

    async def nobody_can_tell(*_: object) -> None:
        """Answer as where /proc is hidden and there is no lsof."""

    lock = lab.repo / ".git" / "config.lock"
    lock.write_text("")
    os.utime(lock, (time.time() - judging.LOCK_AGE - 60,) * 2)
    for question in ("owners", "gits"):
        with monkeypatch.context() as patch:
            patch.setattr(occupants, question, nobody_can_tell)
            (row,) = [row for row in fix(lab) if row["area"] == "locks"]
            assert (row["outcome"], row["offer"]) == ("left", "")
            assert "nobody can tell" in row["found"]
            assert lock.exists()
    mend(lab, "stale lock")
    assert not lock.exists()
