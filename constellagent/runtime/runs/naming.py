"""What the worktree and the branch of a run are called: by its schedule and its nominal time, for people."""

from dataclasses import dataclass
from pathlib import Path

from constellagent.plan.fires import Fire, shown

FOLDER = ".runs"
"""Where the worktrees of runs lie, in the folder of all worktrees."""

BRANCHES = "runs"
"""With what the branches of runs begin."""

_APART = 8
"""Digits of a run's id that keep two runs apart whose names would be one."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run with a worktree of its own works.

    Attributes:
        path: its folder, absolute.
        branch: its branch.
    """

    path: Path
    branch: str


def stamp(fire: Fire) -> str:
    """Return the nominal time as it stands in names: `20261122T0900Z`, and `-2` for the second attempt."""
    moment = shown(fire.fire_at).replace("-", "").removesuffix("Z")
    day, _, time = moment.partition("T")
    time = time.replace(":", "")
    if time.endswith("00") and "." not in time:
        time = time.removesuffix("00")
    return f"{day}T{time}Z" + (f"-{fire.attempt}" if fire.attempt > 1 else "")


def places(root: Path, agent: str, schedule: str, fire: Fire) -> tuple[Place, Place]:
    """Return where a run should work below `root`, and where it does if that place is somebody's already."""
    plain = stamp(fire)
    first, second = (
        Place(root / FOLDER / f"{agent}.{schedule}.{last}", f"{BRANCHES}/{agent}/{schedule}/{last}")
        for last in (plain, f"{plain}.{fire.run[:_APART]}")
    )
    return first, second


def owner_name(agent: str, run: str) -> str:
    """Return under which name git's lock, the journal and the logs know the worktree of a run.

    No agent is called so: their names hold no `@`.
    """
    return f"{agent}@{run}"


def run_of(owner: str) -> str:
    """Return the run of such a name, empty where it is an agent's."""
    return owner.partition("@")[2]


def split(key: str) -> tuple[str, str]:
    """Return the agent and the name of a schedule's key."""
    agent, _, name = key.partition("/")
    return agent, name
