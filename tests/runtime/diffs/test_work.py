"""The work of one run of a schedule: in its own worktree, on its branch, or in the agent's worktree."""

from dataclasses import replace
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, UsageError, WorldError
from constellagent.runtime.diff_views import DiffView
from constellagent.runtime.diffs import Diffs, RunWork
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.standing import find
from tests.runtime.worktrees.rig import Rig, commit
from tests.runtime.worktrees.rig import git as by_hand

OWN = "constellagent/runs/worker/nightly"


class Work:
    """One run, and who asks for it."""

    def __init__(self, rig: Rig, work: RunWork) -> None:
        self.rig = rig
        self.work = work
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, constellation: str, run: str) -> RunWork | None:
        """Find the run."""
        self.asked.append((constellation, run))
        return self.work if self.work.run.startswith(run) else None

    async def diff(self, run: str = "abcd", **request: object) -> DiffView:
        """Compare."""
        standing = await find([self.rig.agent()], self.rig.port, "worker")
        return await Diffs(self.rig.git, self).of(
            standing,
            {"file": str(self.rig.folder / "f"), "agent": "worker", "run": run, **request},  # type: ignore[typeddict-item] # any request
        )


@pytest.fixture
async def tree(rig: Rig) -> Path:
    """The agent's worktree."""
    return await rig.create()


@pytest.fixture
def fresh(rig: Rig, tree: Path) -> Work:
    """A run with a worktree of its own, one commit and a file that is not committed."""
    place = rig.folder / "run"
    base = by_hand(rig.repo, "rev-parse", "main")
    by_hand(rig.repo, "worktree", "add", "-q", "-b", OWN, str(place))
    commit(place, {"b.py": "run\n"})
    (place / "new").write_text("1\n")
    return Work(rig, RunWork("abcdef", "worker", base, OWN, str(place), "", over=False))


@pytest.fixture
def shared(rig: Rig, tree: Path) -> Work:
    """A run in the agent's worktree that made one commit and goes on."""
    base = commit(tree, {"a.txt": "before\n"})
    commit(tree, {"b.py": "run\n"})
    (tree / "new").write_text("1\n")
    return Work(rig, RunWork("abcdef", "worker", base, "", str(tree), "", over=False))


def named(view: DiffView) -> list[str]:
    """Return the paths of the changed files."""
    return [change["path"] for change in view["files"]]


async def test_in_a_worktree_of_its_own(fresh: Work, tree: Path) -> None:
    """Commits and files of the run count, not those of the agent; ended or not."""
    (tree / "agents-own").write_text("1\n")

    view = await fresh.diff(path="new")

    assert (named(view), view["to"], view["branch"]) == (["b.py", "new"], "worktree", OWN)
    assert view["patch"] is not None
    assert view["patch"].endswith("+1\n")
    fresh.work = replace(fresh.work, over=True)
    assert named(await fresh.diff()) == ["b.py", "new"]
    assert fresh.asked[0] == (constellation_id(fresh.rig.folder / "f"), "abcd")


async def test_when_its_worktree_is_gone(fresh: Work) -> None:
    """Its branch is what is left then, and its commits where that is gone too."""
    rig, tip = fresh.rig, by_hand(fresh.rig.repo, "rev-parse", OWN)
    by_hand(rig.repo, "worktree", "remove", "--force", fresh.work.path)

    view = await fresh.diff()
    assert (named(view), view["to"], view["to_commit"]) == (["b.py"], tip, tip)
    by_hand(rig.repo, "branch", "-D", OWN)
    fresh.work = replace(fresh.work, tip=tip)

    assert named(await fresh.diff()) == ["b.py"]


async def test_when_nothing_is_left(fresh: Work) -> None:
    """Commits that git has no more are said to be gone, and are not taken for no changes."""
    by_hand(fresh.rig.repo, "worktree", "remove", "--force", fresh.work.path)
    by_hand(fresh.rig.repo, "branch", "-D", OWN)
    fresh.work = replace(fresh.work, tip="1" * 40)

    with pytest.raises(ConflictError, match="commits of run abcdef are gone"):
        await fresh.diff()


async def test_a_place_that_cannot_be_looked_at(fresh: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worktree that may still be there is not called gone. No file system refuses root, hence the patch."""

    def refuse(file: Path) -> None:
        raise PermissionError(13, "Permission denied", str(file))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "lstat", refuse)
        with pytest.raises(WorldError, match="cannot look at"):
            await fresh.diff()


async def test_in_the_agents_worktree(shared: Work, tree: Path) -> None:
    """While it goes on all that differs there counts; when it is over its commits do."""
    tip = by_hand(tree, "rev-parse", "HEAD")
    assert named(await shared.diff()) == ["b.py", "new"]

    shared.work = replace(shared.work, tip=tip, over=True)
    commit(tree, {"later": "1\n"})
    view = await shared.diff()

    assert (named(view), view["to"]) == (["b.py"], tip)
    shared.work = replace(shared.work, tip="")
    assert named(await shared.diff()) == []


async def test_a_run_without_a_place(shared: Work) -> None:
    """What was typed into a live session has no changes of its own, which is said."""
    shared.work = replace(shared.work, base="")

    with pytest.raises(ConflictError, match="no changes of its own"):
        await shared.diff()


async def test_no_such_run(shared: Work) -> None:
    """An id that is nobody's, or another agent's run, is wrong usage."""
    with pytest.raises(UsageError, match="worker has no run 'beef'"):
        await shared.diff("beef")
    shared.work = replace(shared.work, agent="other")
    with pytest.raises(UsageError, match="has no run"):
        await shared.diff()
