"""Creating worktrees: register, fill, finish, and what stands in their way."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, GitError, RefusedError
from constellagent.plan.observed import WorktreeState
from constellagent.runtime.worktrees import place
from tests.runtime.worktrees.rig import Rig, commit, git

ADMIN = ".git/worktrees/worker"


async def test_creation_in_one_go(rig: Rig) -> None:
    """A created worktree is ready, locked for us, on its branch without upstream, and clean."""
    agent = rig.agent()
    path = await rig.create(agent)
    facts = await rig.facts(agent)
    assert (facts.state, facts.branch, facts.path, facts.detail) == (
        WorktreeState.READY,
        agent.branch,
        agent.path,
        "",
    )
    assert (path / "sub" / "b.txt").read_text() == "two\n"
    assert git(path, "status", "--porcelain") == ""
    assert (rig.repo / ADMIN / "locked").read_text().strip() == "constellagent:c0ffee:worker"
    assert git(rig.repo, "config", "--get-regexp", r"^branch\.", check=False) == ""


async def test_creating_again_changes_nothing(rig: Rig) -> None:
    """Every part can be repeated on a finished worktree and leaves a person's changes alone."""
    agent = rig.agent()
    path = await rig.create(agent)
    (path / "a.txt").write_text("mine\n")
    (path / "sub" / "b.txt").unlink()
    steps = len(rig.journal.steps)
    await rig.create(agent)
    assert (path / "a.txt").read_text() == "mine\n"
    assert not (path / "sub" / "b.txt").exists()
    assert [step for step, _ in rig.journal.steps[steps:]] == ["worktree.exclude"]


async def test_c4_branch_checked_out_elsewhere(rig: Rig) -> None:
    """A branch that the main checkout has is refused with the path that holds it, and nothing is made."""
    agent = rig.agent(branch="main")
    with pytest.raises(ConflictError, match=str(rig.repo)):
        await rig.port.register(agent, git(rig.repo, "rev-parse", "HEAD"), new_branch=False)
    assert not Path(agent.path).exists()


async def test_c4_branch_in_a_rebase_elsewhere(rig: Rig, tmp_path: Path) -> None:
    """A branch that is being rebased in another worktree is refused, though that worktree shows no branch."""
    held = tmp_path / "held"
    git(rig.repo, "worktree", "add", "-q", "-b", "agents/worker", str(held))
    base = commit(held, {"a.txt": "ours\n"})
    git(held, "checkout", "-q", "--detach", "HEAD~1")
    theirs = commit(held, {"a.txt": "theirs\n"})
    git(held, "checkout", "-q", "agents/worker")
    git(held, "rebase", "-q", theirs, check=False)
    with pytest.raises(ConflictError, match="in use"):
        await rig.port.register(rig.agent(), base, new_branch=False)
    assert not Path(rig.agent().path).exists()


async def test_branch_that_appeared_meanwhile(rig: Rig) -> None:
    """A branch that somebody created between plan and apply is not taken for ours."""
    head = git(rig.repo, "rev-parse", "HEAD")
    commit(rig.repo, {"a.txt": "2\n"})
    git(rig.repo, "branch", "agents/worker")
    with pytest.raises(ConflictError, match="exists by now"):
        await rig.port.register(rig.agent(), head, new_branch=True)


async def test_branch_that_another_branch_blocks(rig: Rig) -> None:
    """Git cannot have both a branch `agents` and a branch `agents/worker`; the error says so."""
    git(rig.repo, "branch", "agents")
    with pytest.raises(ConflictError, match="cannot be created") as caught:
        await rig.port.register(rig.agent(), git(rig.repo, "rev-parse", "HEAD"), new_branch=True)
    assert caught.value.hint


async def test_existing_branch_is_checked_out_as_it_is(rig: Rig) -> None:
    """A branch that exists keeps its commits."""
    git(rig.repo, "checkout", "-q", "-b", "agents/worker")
    commit(rig.repo, {"a.txt": "of the branch\n"})
    git(rig.repo, "checkout", "-q", "main")
    path = await rig.create()
    assert (path / "a.txt").read_text() == "of the branch\n"


@pytest.mark.parametrize("lock", ["refs/heads/agents/worker.lock", "packed-refs.lock"])
async def test_c5_a_lock_that_stays_is_a_conflict(rig: Rig, lock: str) -> None:
    """A lock of another git is waited for, then named with its age; it is never removed."""
    file = rig.repo / ".git" / lock
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    git(rig.repo, "pack-refs", "--all", check=False)
    call = rig.port.register(rig.agent(), git(rig.repo, "rev-parse", "HEAD"), new_branch=True)
    if lock == "packed-refs.lock":
        await call  # creating a branch does not need that one
    else:
        with pytest.raises(
            ConflictError, match=r"worker\.lock is in the way \(\d+ s old, held by no process"
        ):
            await call
    assert file.exists()


async def test_c5_a_lock_that_goes_is_waited_for(rig: Rig) -> None:
    """A lock that is released within two seconds is no error."""
    file = rig.repo / ".git" / "refs" / "heads" / "agents" / "worker.lock"
    file.parent.mkdir(parents=True)
    file.touch()
    head = git(rig.repo, "rev-parse", "HEAD")
    async with asyncio.TaskGroup() as group:
        group.create_task(rig.port.register(rig.agent(), head, new_branch=True))
        await asyncio.sleep(0.4)  # longer than the first try, shorter than the last
        file.unlink()
    assert git(rig.repo, "rev-parse", "agents/worker") == head


async def test_c5_own_index_lock_of_a_killed_checkout_is_cleared(rig: Rig) -> None:
    """The lock that a killed checkout of ours left in an unfinished worktree does not need a person."""
    agent = rig.agent()
    await rig.port.register(agent, git(rig.repo, "rev-parse", "HEAD"), new_branch=True)
    (rig.repo / ADMIN / "index.lock").touch()
    await rig.create(agent)
    assert (await rig.facts(agent)).state is WorktreeState.READY


async def test_c5_index_lock_that_a_process_holds_is_waited_for(rig: Rig) -> None:
    """While a process has the lock open, a checkout of ours may still be running: it is not cleared."""
    agent = rig.agent()
    await rig.port.register(agent, git(rig.repo, "rev-parse", "HEAD"), new_branch=True)
    lock = rig.repo / ADMIN / "index.lock"
    script = "exec 3>$0; echo ready; read line"
    with subprocess.Popen(
        ["sh", "-c", script, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        filling = asyncio.ensure_future(rig.port.fill(agent))
        done, _ = await asyncio.wait([filling], timeout=0.5)
        assert not done
        assert lock.exists()
        holder.communicate(b"\n")
    await filling


async def test_c5_lock_in_a_finished_worktree_stays(rig: Rig) -> None:
    """The lock of a git at work in a finished worktree is reported and left."""
    path = await rig.create()
    lock = rig.repo / ADMIN / "index.lock"
    lock.touch()
    with pytest.raises(ConflictError, match="is in the way"):
        await rig.git.run("add", "a.txt", cwd=path)
    assert lock.exists()


@pytest.mark.parametrize("name", ["a.b", "a_b-c", "0", "x" * 63, "head", "a.lock.b", "--force".lstrip("-")])
async def test_c7_agent_names_name_folder_and_worktree(rig: Rig, name: str) -> None:
    """The worktree's folder and git's own name for it are the agent's name, whatever the branch is called."""
    agent = rig.agent(name, branch="feature/ünï/cødé")
    path = await rig.create(agent)
    assert path.name == name
    assert (rig.repo / ".git" / "worktrees" / name / "constellagent.json").exists()
    assert (await rig.facts(agent)).branch == "feature/ünï/cødé"


async def test_c7_git_name_that_is_taken(rig: Rig, tmp_path: Path) -> None:
    """Where a foreign worktree has the agent's name in git already, ours works under another one."""
    git(rig.repo, "worktree", "add", "-q", "-b", "t", str(tmp_path / "elsewhere" / "worker"))
    agent = rig.agent()
    await rig.create(agent)
    assert (await rig.facts(agent)).state is WorktreeState.READY
    assert (rig.repo / ".git/worktrees/worker1/constellagent.json").exists()


@pytest.mark.parametrize("branch", ["-x", "a b", "a..b", "x.lock", "a/", "ctrl\x01"])
async def test_c7_bad_branch_names_are_refused(rig: Rig, branch: str) -> None:
    """A branch name that git refuses creates nothing, and is never read as an option."""
    with pytest.raises((ConflictError, GitError)):
        await rig.port.register(rig.agent(branch=branch), git(rig.repo, "rev-parse", "HEAD"), new_branch=True)
    assert not Path(rig.agent().path).exists()
    assert git(rig.repo, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


@pytest.mark.parametrize("what", ["file", "link", "folder"])
async def test_c8_what_is_in_the_way_is_left(rig: Rig, tmp_path: Path, what: str) -> None:
    """A file, a link and a folder with something in it refuse the creation and are not followed."""
    path = Path(rig.agent().path)
    path.parent.mkdir()
    (tmp_path / "target").mkdir()
    if what == "file":
        path.write_text("mine")
    elif what == "link":
        path.symlink_to(tmp_path / "target")
    else:
        path.mkdir()
        (path / "mine").write_text("x")
    with pytest.raises(ConflictError, match="is taken by"):
        await rig.create()
    assert list((tmp_path / "target").iterdir()) == []
    assert os.path.lexists(path)


async def test_c8_exchanged_folder_is_noticed(tmp_path: Path) -> None:
    """A folder that was exchanged after it was made is not taken for the one that was made."""
    made = place.make(tmp_path / "trees" / "worker")
    place.check_same(tmp_path / "trees" / "worker", made)
    (tmp_path / "trees" / "worker").rename(tmp_path / "gone")
    with pytest.raises(ConflictError, match="went away"):
        place.check_same(tmp_path / "trees" / "worker", made)
    (tmp_path / "trees" / "worker").symlink_to(tmp_path / "gone")
    with pytest.raises(ConflictError, match="exchanged"):
        place.check_same(tmp_path / "trees" / "worker", made)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make a link that belongs to another user")
def test_c8_another_users_link_on_the_way_is_refused(tmp_path: Path) -> None:
    """Another user's link in the declared folder could be turned elsewhere at any time."""
    (tmp_path / "real").mkdir()
    (tmp_path / "way").symlink_to("real")
    os.chown(tmp_path / "way", 1234, 1234, follow_symlinks=False)
    with pytest.raises(ConflictError, match="another user"):
        place.make(tmp_path / "way" / "trees" / "worker")
    assert list((tmp_path / "real").iterdir()) == []


@pytest.mark.parametrize("name", [".ravi/config.json", ".RAVI/other"])
async def test_f7_tracked_identity_is_refused(rig: Rig, name: str) -> None:
    """A repository that tracks `.ravi/` would choose whose mailbox an agent has; nothing is created."""
    head = commit(rig.repo, {name: "{}"})
    with pytest.raises(RefusedError) as caught:
        await rig.port.register(rig.agent(), head, new_branch=True)
    assert caught.value.hint
    assert git(rig.repo, "branch", "--list", "agents/*") == ""


async def test_f7_identity_is_never_staged(rig: Rig) -> None:
    """Once created, `git add -A` in the worktree leaves `.ravi/` out; what the exclude file held is kept."""
    exclude = rig.repo / ".git" / "info" / "exclude"
    exclude.write_text("mine")
    agents = [rig.agent(f"a{n}") for n in range(4)]
    paths = await asyncio.gather(*(rig.create(agent) for agent in agents))
    for path in paths:
        (path / ".ravi").mkdir()
        (path / ".ravi" / "config.json").write_text("{}")
        git(path, "add", "-A")
        assert git(path, "status", "--porcelain") == ""
        assert git(path, "check-ignore", ".ravi/config.json") == ".ravi/config.json"
    assert exclude.read_text() == "mine\n.ravi/\n"


async def test_what_a_program_leaves_behind_is_no_work(rig: Rig) -> None:
    """Aider keeps a cache in the worktree: neither staged nor shown, and said once for all of its agents."""
    for name in ("one", "two"):
        path = await rig.create(rig.agent(name, kind="aider"))
        (path / ".aider.tags.cache.v4").mkdir()
        (path / ".aider.tags.cache.v4" / "cache.db").write_text("x")
        assert git(path, "status", "--porcelain") == ""

    assert (rig.repo / ".git" / "info" / "exclude").read_text().count(".aider*") == 1


async def test_f7_gitignore_that_takes_the_identity_back_in(rig: Rig) -> None:
    """A repository whose .gitignore re-includes `.ravi/` is refused, because git would commit the keys."""
    commit(rig.repo, {".gitignore": "!.ravi/\n"})
    with pytest.raises(ConflictError, match="git would commit"):
        await rig.create()


async def test_half_registered_worktree_is_cleared(rig: Rig) -> None:
    """What git leaves when it is killed before it wrote down the path is cleared, and only that."""
    for name, reason in (("worker", "constellagent:c0ffee:worker"), ("other", "constellagent:c0ffee:other")):
        admin = rig.repo / ".git" / "worktrees" / name
        admin.mkdir(parents=True)
        (admin / "locked").write_text(reason)
    agent = rig.agent()
    await rig.create(agent)
    assert (await rig.facts(agent)).state is WorktreeState.READY
    assert (rig.repo / ADMIN / "constellagent.json").exists()
    assert (rig.repo / ".git/worktrees/other/locked").exists()
    shutil.rmtree(rig.repo / ".git/worktrees/other")


async def test_half_registered_worktree_with_more_in_it_is_left(rig: Rig) -> None:
    """A registration that holds anything unexpected is for a person to look at, and stops nobody."""
    admin = rig.repo / ADMIN
    admin.mkdir(parents=True)
    (admin / "locked").write_text("constellagent:c0ffee:worker")
    (admin / "precious").write_text("x")
    await rig.create()
    assert (admin / "precious").read_text() == "x"
    shutil.rmtree(admin)


async def test_changed_file_in_a_half_made_worktree_is_kept(rig: Rig) -> None:
    """A person's change in a worktree that was never checked out completely is not written over."""
    agent = rig.agent()
    path = Path(agent.path)
    await rig.port.register(agent, git(rig.repo, "rev-parse", "HEAD"), new_branch=True)
    (path / "a.txt").write_text("mine\n")
    with pytest.raises(RefusedError) as caught:
        await rig.port.fill(agent)
    assert caught.value.losses == ("changed: a.txt",)
    assert (path / "a.txt").read_text() == "mine\n"
    git(path, "commit", "-q", "-a", "-m", "mine", "--allow-empty")
    (path / "a.txt").write_text("on")
    with pytest.raises(RefusedError):
        await rig.port.fill(agent)


async def test_half_written_file_is_completed(rig: Rig) -> None:
    """A file that a killed checkout wrote in part is no change; it is checked out anew."""
    agent = rig.agent()
    path = Path(agent.path)
    await rig.port.register(agent, git(rig.repo, "rev-parse", "HEAD"), new_branch=True)
    (path / "a.txt").write_text("on")
    (path / "sub").mkdir()
    (path / "sub" / "b.txt").touch()
    await rig.create(agent)
    assert (path / "a.txt").read_text() == "one\n"
    assert (path / "sub" / "b.txt").read_text() == "two\n"


async def test_parallel_creations(rig: Rig) -> None:
    """Eight worktrees at once in one repository all become ready."""
    agents = [rig.agent(f"a{number}") for number in range(8)]
    await asyncio.gather(*(rig.create(agent) for agent in agents))
    seen = [await rig.facts(agent) for agent in agents]
    assert [facts.state for facts in seen] == [WorktreeState.READY] * 8


async def test_creation_from_a_linked_worktree(rig: Rig, tmp_path: Path) -> None:
    """A command that is given inside a linked worktree works on the same repository."""
    git(rig.repo, "worktree", "add", "-q", "-b", "t", str(tmp_path / "linked"))
    other = await Rig.over(tmp_path, tmp_path / "linked")
    assert other.repo == rig.repo
    await other.create()


async def test_declaration_that_changed_while_unfinished(rig: Rig) -> None:
    """An unfinished worktree on another branch than is declared now is for a person; nothing is switched."""
    agent = rig.agent()
    head = git(rig.repo, "rev-parse", "HEAD")
    await rig.port.register(agent, head, new_branch=True)
    with pytest.raises(ConflictError, match="on branch agents/worker") as caught:
        await rig.port.register(rig.agent(branch="other"), head, new_branch=True)
    assert "destroy" in caught.value.hint
    assert git(rig.repo, "branch", "--list", "other") == ""
