"""What a look says of each state a worktree, a branch and a base can be in."""

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from constellagent.plan.observed import Absent, BranchFacts, There, Unknown, WorktreeState
from constellagent.runtime.git import Result
from constellagent.runtime.ports import Record
from constellagent.runtime.worktrees import marker
from constellagent.runtime.worktrees.marker import Marker
from tests.runtime.worktrees.rig import Rig, commit, git

ADMIN = ".git/worktrees/worker"


async def test_nothing_is_absent(rig: Rig) -> None:
    """Before anything was done, worktree and branch are absent and the base is a commit."""
    seen = await rig.look(rig.agent())
    assert seen.worktree == Absent()
    assert seen.branch == Absent()
    assert seen.base == There(git(rig.repo, "rev-parse", "HEAD"))
    assert await rig.port.look([]) == {}


async def test_ready_names_branch_and_holder(rig: Rig) -> None:
    """A finished worktree is ready, and its branch is held by it, at the declared path as it was written."""
    agent = rig.agent()
    await rig.create(agent)
    seen = await rig.look(agent)
    assert seen.branch == There(BranchFacts(git(rig.repo, "rev-parse", "HEAD"), agent.path))
    assert (await rig.facts(agent)).state is WorktreeState.READY


async def test_unfinished_until_it_is_finished(rig: Rig) -> None:
    """After register and after fill the worktree is unfinished."""
    agent = rig.agent()
    await rig.port.register(agent, git(rig.repo, "rev-parse", "HEAD"), new_branch=True)
    assert (await rig.facts(agent)).state is WorktreeState.UNFINISHED
    await rig.port.fill(agent)
    assert (await rig.facts(agent)).state is WorktreeState.UNFINISHED


async def test_c2_deleted_folder_is_missing(rig: Rig) -> None:
    """A folder that was deleted by hand is missing, its branch is free, and creating makes it anew."""
    agent = rig.agent()
    path = await rig.create(agent)
    tip = commit(path, {"a.txt": "mine\n"})
    shutil.rmtree(path)
    assert (await rig.facts(agent)).state is WorktreeState.MISSING
    assert (await rig.look(agent)).branch == There(BranchFacts(tip, None))
    await rig.create(agent)
    assert (path / "a.txt").read_text() == "mine\n"
    assert (await rig.facts(agent)).state is WorktreeState.READY


async def test_c2_recreation_keeps_what_was_only_staged(rig: Rig) -> None:
    """Staged content of a folder that was deleted by hand is kept before the worktree is made anew."""
    agent = rig.agent()
    path = await rig.create(agent)
    (path / "s.txt").write_text("only staged\n")
    git(path, "add", "s.txt")
    shutil.rmtree(path)
    path.mkdir()
    assert (await rig.facts(agent)).state is WorktreeState.MISSING
    await rig.create(agent)
    ref = git(rig.repo, "for-each-ref", "--format=%(refname)", "refs/constellagent")
    assert git(rig.repo, "show", f"{ref}:s.txt") == "only staged"


async def test_c2_foreign_missing_worktrees_are_not_pruned(rig: Rig, tmp_path: Path) -> None:
    """Making ours anew leaves the registrations of others alone, though their folders are gone too."""
    agent = rig.agent()
    path = await rig.create(agent)
    git(rig.repo, "worktree", "add", "-q", "-b", "theirs", str(tmp_path / "theirs"))
    shutil.rmtree(tmp_path / "theirs")
    shutil.rmtree(path)
    await rig.create(agent)
    assert (rig.repo / ".git/worktrees/theirs").is_dir()


@pytest.mark.parametrize("where", ["trees/renamed", "elsewhere/worker"])
async def test_c3_moved_by_hand_is_found_and_repaired(rig: Rig, tmp_path: Path, where: str) -> None:
    """A folder moved with mv is found beside its siblings, or where it is declared now, and repaired."""
    agent = rig.agent()
    path = await rig.create(agent)
    place = tmp_path / where
    place.parent.mkdir(exist_ok=True)
    path.rename(place)
    if where.startswith("elsewhere"):
        rig.root = place.parent
        rig = await Rig.over(tmp_path, rig.repo)
        rig.root = place.parent
        agent = rig.agent()
    facts = await rig.facts(agent)
    assert (facts.state, facts.path) == (WorktreeState.MOVED, place)
    (place / "a.txt").write_text("mine\n")
    await rig.port.repair(agent, place)
    facts = await rig.facts(agent)
    assert (facts.state, facts.path) == (WorktreeState.READY, place)
    assert git(place, "status", "--porcelain") == "M a.txt"
    assert (await rig.records.all())["worker"].path == place


async def test_c3_git_worktree_move_is_followed(rig: Rig, tmp_path: Path) -> None:
    """A worktree that was moved with git's own command is moved for us too, until the record says so."""
    agent = rig.agent()
    path = await rig.create(agent)
    place = tmp_path / "moved"
    git(rig.repo, "worktree", "move", "--force", "--force", str(path), str(place))
    assert (await rig.facts(agent)).state is WorktreeState.MOVED
    await rig.port.repair(agent, place)
    assert (await rig.facts(agent)).state is WorktreeState.READY


async def test_c6_foreign_worktree_at_our_place(rig: Rig) -> None:
    """A worktree of this repository that we did not make is foreign, whatever its lock says."""
    agent = rig.agent()
    git(rig.repo, "worktree", "add", "-q", "--lock", "--reason", "mine", "-b", "theirs", str(agent.path))
    facts = await rig.facts(agent)
    assert (facts.state, facts.branch, facts.detail) == (WorktreeState.FOREIGN, "theirs", "locked: mine")


async def test_c6_other_constellations_worktree_is_foreign(rig: Rig) -> None:
    """The lock of another constellation, or of another agent, does not make a worktree ours."""
    agent = rig.agent()
    git(
        rig.repo,
        "worktree",
        "add",
        "-q",
        "--lock",
        "--reason",
        "constellagent:other:worker",
        "-b",
        "t",
        str(agent.path),
    )
    assert (await rig.facts(agent)).state is WorktreeState.FOREIGN


async def test_c6_unlocked_worktree_is_still_ours(rig: Rig) -> None:
    """Where a person took our lock away, the marker tells that the worktree is ours, and the look says so."""
    agent = rig.agent()
    path = await rig.create(agent)
    git(rig.repo, "worktree", "unlock", str(path))
    facts = await rig.facts(agent)
    assert (facts.state, facts.detail) == (WorktreeState.READY, "it is not locked any more")


async def test_c6_git_gc_leaves_ours(rig: Rig) -> None:
    """Our lock keeps a worktree whose folder is out of reach from being pruned by anybody's git."""
    agent = rig.agent()
    path = await rig.create(agent)
    path.rename(rig.folder / "unmounted")
    git(rig.repo, "worktree", "prune", "--expire=now")
    (rig.folder / "unmounted").rename(path)
    assert (await rig.facts(agent)).state is WorktreeState.READY


@pytest.mark.parametrize("what", ["file", "folder", "link", "repository", "copy"])
async def test_c8_occupied(rig: Rig, what: str) -> None:
    """Anything else at the declared place occupies it; it is named and never written to."""
    agent = rig.agent()
    path = Path(agent.path)
    path.parent.mkdir()
    if what == "file":
        path.write_text("x")
    elif what == "link":
        path.symlink_to("nowhere")
    elif what == "repository":
        path.mkdir()
        git(path, "init", "-q")
    elif what == "copy":
        shutil.copytree(await rig.create(rig.agent("other")), path)
    else:
        path.mkdir()
        (path / "mine").write_text("x")
    facts = await rig.facts(agent)
    assert facts.state is WorktreeState.OCCUPIED
    assert facts.detail


async def test_c8_occupied_by_what_replaced_our_worktree(rig: Rig) -> None:
    """A folder that took the place of ours is not taken for ours."""
    agent = rig.agent()
    path = await rig.create(agent)
    shutil.rmtree(path)
    path.mkdir()
    (path / "mine").write_text("x")
    assert (await rig.facts(agent)).state is WorktreeState.OCCUPIED


async def test_empty_folder_is_absent(rig: Rig) -> None:
    """An empty folder of ours is no obstacle."""
    agent = rig.agent()
    Path(agent.path).mkdir(parents=True)
    assert (await rig.look(agent)).worktree == Absent()


async def test_c9_detached_and_other_branch_are_told(rig: Rig) -> None:
    """A detached HEAD, a rebase and another branch in our worktree are drift that the look describes."""
    agent = rig.agent()
    path = await rig.create(agent)
    git(path, "checkout", "-q", "--detach")
    facts = await rig.facts(agent)
    assert facts.branch is None
    assert facts.detail.startswith("detached at ")
    git(path, "checkout", "-q", "-b", "another")
    facts = await rig.facts(agent)
    assert (facts.branch, facts.state) == ("another", WorktreeState.READY)
    (rig.repo / ADMIN / "rebase-merge").mkdir()
    git(path, "checkout", "-q", "--detach")
    assert (await rig.facts(agent)).detail == "in the middle of a rebase"


async def test_c4_branch_held_elsewhere_is_told(rig: Rig) -> None:
    """A branch that is checked out in the main checkout is held by it."""
    agent = rig.agent(branch="main")
    branch = (await rig.look(agent)).branch
    assert isinstance(branch, There)
    assert branch.value.held_by == rig.repo


@pytest.mark.parametrize("damage", ["git", "list", "marker", "folder"])
async def test_a_failed_look_is_unknown(rig: Rig, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where git or the disk does not answer, nothing is called absent."""
    agent, other = rig.agent(), rig.agent("other")
    await rig.create(agent)
    await rig.create(other)
    match damage:
        case "git":
            (rig.repo / ".git" / "HEAD").unlink()
        case "list":
            (rig.repo / ADMIN / "gitdir").unlink()
            (rig.repo / ADMIN / "gitdir").mkdir()
        case "marker":
            (rig.repo / ADMIN / "constellagent.json").write_text("{")
        case _:
            (Path(agent.path) / ".git").unlink()
            (Path(agent.path) / ".git").symlink_to(
                ".git"
            )  # reading it fails, and listing its folder does not
            monkeypatch.setattr("os.scandir", _fail)  # root may read any folder
    seen = await rig.port.look([agent, other])
    monkeypatch.undo()
    assert isinstance(seen["worker"].worktree, Unknown)
    assert seen["worker"].worktree.reason
    if damage == "marker":
        assert isinstance(seen["other"].worktree, There)
    if damage == "git":
        (rig.repo / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
        assert all(
            isinstance(look.branch, Unknown) and isinstance(look.base, Unknown) for look in seen.values()
        )
    if damage == "list":
        (rig.repo / ADMIN / "gitdir").rmdir()
        (rig.repo / ADMIN / "gitdir").write_text(f"{agent.path}/.git\n")


def _fail(path: object) -> object:
    raise PermissionError(13, "Permission denied", str(path))


async def test_two_worktrees_locked_for_one_agent_are_unknown(rig: Rig, tmp_path: Path) -> None:
    """When two registrations claim to be the agent's, a person must decide, and the look says which."""
    agent = rig.agent()
    await rig.create(agent)
    reason = f"constellagent:c0ffee:{agent.name}"
    git(rig.repo, "worktree", "add", "-q", "--lock", "--reason", reason, "-b", "t", str(tmp_path / "second"))
    found = (await rig.look(agent)).worktree
    assert isinstance(found, Unknown)
    assert "second" in found.reason


async def test_declared_path_through_a_link_is_the_same_place(rig: Rig, tmp_path: Path) -> None:
    """A link of our own in the declared path changes nothing, and paths are shown as declared."""
    (tmp_path / "real").mkdir()
    (tmp_path / "trees").symlink_to("real")
    agent = rig.agent()
    await rig.create(agent)
    seen = await rig.look(agent)
    assert (await rig.facts(agent)).path == agent.path
    assert isinstance(seen.branch, There)
    assert seen.branch.value.held_by == agent.path


async def test_record_of_another_place_is_a_home(rig: Rig, tmp_path: Path) -> None:
    """A worktree that was taken over elsewhere is ready there, as the record says."""
    agent = rig.agent()
    place = tmp_path / "mine"
    git(rig.repo, "worktree", "add", "-q", "-b", agent.branch, str(place))
    await rig.port.adopt(agent, place)
    await rig.records.put(Record("worker", place, agent.branch))
    facts = await rig.facts(agent)
    assert (facts.state, facts.path) == (WorktreeState.READY, place)


@pytest.mark.timeout(120)
async def test_two_hundred_agents_are_looked_at_quickly(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking at 200 worktrees takes a few git commands, not a few for each."""
    head = git(rig.repo, "rev-parse", "HEAD")
    agents = [rig.agent(f"a{number}") for number in range(200)]
    admins = rig.repo / ".git" / "worktrees"
    for agent in agents:
        admin, path = admins / agent.name, Path(agent.path)
        admin.mkdir(parents=True)
        path.mkdir(parents=True)
        (admin / "HEAD").write_text(f"ref: refs/heads/{agent.branch}\n")
        (admin / "commondir").write_text("../..\n")
        (admin / "gitdir").write_text(f"{path}/.git\n")
        (admin / "locked").write_text(f"constellagent:c0ffee:{agent.name}")
        marker.write(admin, Marker("c0ffee", agent.name, filled=True, complete=True))
        (path / ".git").write_text(f"gitdir: {admin}\n")
    git(
        rig.repo,
        "update-ref",
        "--stdin",
        stdin="".join(f"create refs/heads/{a.branch} {head}\n" for a in agents).encode(),
    )
    run, asked = rig.git.run, list[str]()

    async def counted(*args: str, **options: Any) -> Result:
        asked.append(args[0])
        return await run(*args, **options)

    monkeypatch.setattr(rig.git, "run", counted)
    spans, spent = list[float](), list[float]()
    for _ in range(3):
        start, worked = time.monotonic(), sum(os.times()[:4])
        seen = await rig.port.look(agents)
        spans.append(time.monotonic() - start)
        spent.append(sum(os.times()[:4]) - worked)
    assert all(
        isinstance(look.worktree, There) and look.worktree.value.state is WorktreeState.READY
        for look in seen.values()
    )
    print(f"look at 200 agents: best of 3 {min(spans):.3f} s")
    assert len(asked) <= 3 * 10, asked
    assert min(spent) < 1.5  # of the processor: what the clock says beside other work means nothing
