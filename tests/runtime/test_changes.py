"""Counts for lists: right after every kind of change, and without git where nothing happened."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import GitError
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.observed import Unknown
from constellagent.runtime.changes import AT_MOST_EVERY, Changes, Counts
from constellagent.runtime.git import Git, Result
from constellagent.runtime.ports import WorktreeLook
from tests.runtime.conftest import StillClock
from tests.runtime.worktrees.rig import CONSTELLATION, Rig, commit, make_repo
from tests.runtime.worktrees.rig import git as by_hand


class CountingGit(Git):
    """Git that counts how often it was started, and fails while `broken`."""

    calls = 0
    broken = False

    async def run(self, *args: str, **options: Any) -> Result:
        """Count, then run."""
        self.calls += 1
        if self.broken:
            raise GitError(args, 128, "broken")
        return await super().run(*args, **options)


class Lab:
    """Two agents with worktrees, and their counts at a time that the test sets."""

    def __init__(self, rig: Rig, clock: StillClock) -> None:
        self.rig = rig
        self.clock = clock
        self.git = CountingGit(rig.repo, timeout=30)
        self.changes = Changes(self.git, clock)
        self.agents = [rig.agent("one"), rig.agent("two")]
        self.looks = 0
        self.unknown = False

    async def look(self, agents: Sequence[DesiredAgent]) -> Mapping[str, WorktreeLook]:
        """Look as the port does."""
        self.looks += 1
        if self.unknown:
            away = Unknown("git is away")
            return {agent.name: WorktreeLook(away, away, away) for agent in agents}
        return await self.rig.port.look(agents)

    async def later(self, seconds: float = AT_MOST_EVERY) -> set[str]:
        """Let time pass and refresh; returns whose counts changed."""
        self.clock.time += seconds
        # Only `look` of the port is used.
        return set(await self.changes.refresh(CONSTELLATION, self.agents, self))  # type: ignore[arg-type]

    def of(self, name: str = "one") -> Counts:
        """Return what is known of an agent."""
        return self.changes.of(CONSTELLATION)[name]


@pytest.fixture
async def lab(tmp_path: Path, clock: StillClock) -> Lab:
    """Both agents, never counted."""
    rig = await Rig.over(tmp_path, make_repo(tmp_path / "repo"))
    lab = Lab(rig, clock)
    for agent in lab.agents:
        await rig.create(agent)
    return lab


async def test_nothing_is_known_before_the_first_count(lab: Lab) -> None:
    """`of` never waits: it is empty first, then has every agent with a worktree."""
    assert lab.changes.of(CONSTELLATION) == {}

    assert await lab.later() == {"one", "two"}

    assert lab.changes.of(CONSTELLATION) == dict.fromkeys(["one", "two"], Counts(0, 0, 0, 0))


async def test_git_is_not_asked_while_nothing_happens(lab: Lab) -> None:
    """Without a sign of work no process is started, however often one asks."""
    await lab.later()
    calls, looks = lab.git.calls, lab.looks

    for _ in range(5):
        assert await lab.later() == set()

    assert (lab.git.calls, lab.looks) == (calls, looks)


async def test_work_that_only_the_terminal_shows(lab: Lab) -> None:
    """A file that git was not told of counts after a poke, and only for that agent."""
    await lab.later()
    (lab.rig.root / "one" / "a.txt").write_text("other\nlines\n")
    (lab.rig.root / "one" / "new").write_text("1\n")
    lab.changes.poke(CONSTELLATION, "one")
    lab.changes.poke(CONSTELLATION, "nobody")

    assert await lab.later() == {"one"}

    assert (lab.of("one"), lab.of("two")) == (Counts(0, 0, 3, 1), Counts(0, 0, 0, 0))


async def test_work_of_which_nothing_tells(lab: Lab) -> None:
    """A file that somebody edits past the agent is counted when its turn comes."""
    lab.changes.poke_oldest(CONSTELLATION)
    await lab.later()
    (lab.rig.root / "one" / "new").write_text("1\n")
    assert await lab.later() == set()

    changed = set()
    for _ in range(2):
        lab.changes.poke_oldest(CONSTELLATION)
        changed |= await lab.later()

    assert changed == {"one"}


async def test_commits_and_the_index_are_seen(lab: Lab) -> None:
    """A commit of the agent, one of its base, and something staged are noticed without a poke."""
    await lab.later()
    commit(lab.rig.root / "one", {"a.txt": "1\n2\n"})
    assert await lab.later() == {"one"}
    assert lab.of() == Counts(1, 0, 2, 1)

    commit(lab.rig.repo, {"sub/b.txt": "the base goes on\n"})
    assert await lab.later() == {"one", "two"}
    assert (lab.of(), lab.of("two")) == (Counts(1, 1, 2, 1), Counts(0, 1, 0, 0))

    (lab.rig.root / "two" / "new").write_text("1\n")
    by_hand(lab.rig.root / "two", "add", "new")
    assert await lab.later() == {"two"}
    assert lab.of("two") == Counts(0, 1, 1, 0)


async def test_a_ref_that_concerns_nobody_costs_one_look(lab: Lab) -> None:
    """A new branch elsewhere makes us look again, but nothing is counted."""
    await lab.later()
    calls, looks = lab.git.calls, lab.looks
    by_hand(lab.rig.repo, "branch", "other")

    assert await lab.later() == set()
    assert await lab.later() == set()

    assert (lab.git.calls, lab.looks) == (calls, looks + 1)


async def test_not_too_often(lab: Lab) -> None:
    """An agent at work is counted every three seconds at most, and nothing that it did is forgotten."""
    await lab.later()
    lab.changes.poke(CONSTELLATION, "one")
    calls = lab.git.calls

    assert await lab.later(AT_MOST_EVERY / 2) == set()
    assert lab.git.calls == calls
    (lab.rig.root / "one" / "new").write_text("1\n")
    assert await lab.later(AT_MOST_EVERY / 2) == {"one"}


async def test_what_was_known_stays_while_git_fails(lab: Lab) -> None:
    """A count that fails, or a worktree that cannot be looked at, changes nothing."""
    commit(lab.rig.root / "one", {"a.txt": "1\n"})
    await lab.later()
    known = lab.changes.of(CONSTELLATION)
    assert lab.of().ahead == 1
    lab.changes.poke(CONSTELLATION, "one")
    lab.unknown = True
    assert await lab.later() == set()
    lab.unknown, lab.git.broken = False, True
    assert await lab.later() == set()
    assert lab.changes.of(CONSTELLATION) == known


async def test_a_look_that_fails_changes_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the worktrees cannot be asked for at all, the agent stays due."""
    with monkeypatch.context() as patched:

        async def fail(agents: Sequence[DesiredAgent]) -> Mapping[str, WorktreeLook]:
            raise GitError(["worktree"], 128, "broken")

        patched.setattr(lab, "look", fail)
        assert await lab.later() == set()

    assert await lab.later() == {"one", "two"}


async def test_agents_come_and_go(lab: Lab) -> None:
    """Without a worktree there is no count; an agent that is no longer asked for is forgotten."""
    await lab.later()
    shutil.rmtree(lab.rig.root / "one")
    assert await lab.later() == {"one"}
    assert set(lab.changes.of(CONSTELLATION)) == {"two"}
    assert await lab.later() == set()

    lab.agents = [lab.rig.agent("three")]
    assert await lab.later() == set()
    assert lab.changes.of(CONSTELLATION) == {}
    await lab.rig.create(lab.agents[0])
    assert await lab.later() == {"three"}
