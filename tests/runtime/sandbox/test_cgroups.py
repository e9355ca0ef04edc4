"""Control groups: where they can be, what is written down for them, and that they go away."""

import os
import time
from pathlib import Path

import pytest

from constellagent.runtime.sandbox.cgroups import Cgroups
from constellagent.spec.sandbox import Sandbox
from tests.runtime.sandbox.yard import Yard

ASKED = Sandbox(kind="bwrap", memory=64 << 20, processes=40)


def system(tmp_path: Path, cgroup: str, *mounts: str) -> Path:
    """Return a folder that tells of these mounts as /proc/self does."""
    (tmp_path / "cgroup").write_text(cgroup)
    lines = (f"30 20 0:{number} / {mount}\n" for number, mount in enumerate(mounts))
    (tmp_path / "mountinfo").write_text("".join(lines))
    return tmp_path


def test_without_groups_nothing_is_limited_and_it_is_known(tmp_path: Path) -> None:
    """The words of the file are told, for the plan."""
    groups = Cgroups(tmp_path, system(tmp_path, "0::/\n"))
    assert groups.limits("s", ASKED) == ()
    assert groups.unlimited(ASKED) == ("memory", "processes")
    assert groups.unlimited(Sandbox(kind="bwrap")) == ()
    assert Cgroups(tmp_path, tmp_path / "nosuch").unlimited(ASKED) == ("memory", "processes")


def test_a_folder_that_is_no_control_group_is_not_taken_for_one(tmp_path: Path) -> None:
    """A group counts only where the system has put its files into it."""
    (tmp_path / "v2").mkdir()
    groups = Cgroups(tmp_path, system(tmp_path, "0::/\n", f"{tmp_path}/v2 rw - cgroup2 cgroup2 rw"))
    assert groups.unlimited(ASKED) == ("memory", "processes")
    assert list((tmp_path / "v2").iterdir()) == []


def test_one_that_cannot_go_keeps_no_other(tmp_path: Path) -> None:
    """A group that still has processes stays, and those of other sessions that ended go all the same."""
    groups = Cgroups(tmp_path)
    groups._known, groups._looked_at = {"pids": (tmp_path, 2)}, time.monotonic()
    places = {name: tmp_path / f"{groups._prefix}{name}" for name in ("busy", "ended", "live")}
    for place in places.values():
        place.mkdir()
    (places["busy"] / "below").mkdir()  # refused as a group with processes is

    groups.sweep({"live"})

    assert {name for name, place in places.items() if place.exists()} == {"busy", "live"}


def _usable() -> set[str]:
    """Return the limits that this machine lets us keep."""
    return {"memory", "processes"} - set(Cgroups(Path("/nosuch")).unlimited(ASKED))


@pytest.mark.usefixtures("bwrap")
@pytest.mark.skipif("processes" not in _usable(), reason="no control group of ours limits processes here")
async def test_a_session_has_no_more_processes_than_declared(yard: Yard) -> None:
    """The one beyond the limit is refused to the agent; afterwards the group is gone."""
    shelter = await yard.shelter(session="s1", said={"processes": 20})
    script = "for n in $(seq 40); do sleep 5 & done 2>/dev/null; echo unreached"
    done = yard.run(shelter, "/bin/sh", "-c", script)
    assert "unreached" not in done.stdout
    await yard.sandboxes.ended("s1")
    assert _left(yard) == []


@pytest.mark.usefixtures("bwrap")
@pytest.mark.skipif("memory" not in _usable(), reason="no control group of ours limits memory here")
async def test_a_session_has_no_more_memory_than_declared(yard: Yard) -> None:
    """Whoever takes more is ended."""
    shelter = await yard.shelter(session="s2", said={"memory": 64 << 20})
    done = yard.run(shelter, "python3", "-c", "b'x' * (300 << 20); print('unreached')")
    assert "unreached" not in done.stdout
    await yard.sandboxes.sweep(())
    assert _left(yard) == []


def _left(yard: Yard) -> list[str]:
    groups = Cgroups(yard.paths.home)
    return [name for base in groups._folders() for name in os.listdir(base) if groups._prefix in name]  # noqa: PTH208 - whether one was left can be asked of nobody else
