"""Worktrees where git, a name, a place or the network is not as it should be."""

import asyncio
import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from constellagent.errors import ConflictError
from constellagent.plan.observed import There, WorktreeState
from constellagent.runtime.worktrees import place as places
from constellagent.spec import names
from tests.e2e.place import Place, git_quietly, refused
from tests.runtime.worktrees.rig import Rig, commit, git, make_repo

pytestmark = pytest.mark.timeout(300)

FIRST_REFTABLE = (2, 45)
"""The git that can keep its refs in tables."""


@pytest.fixture
async def rig(tmp_path: Path) -> Rig:
    """The port over a repository with one commit."""
    return await Rig.over(tmp_path, make_repo(tmp_path / "repo"))


@pytest.fixture
def place() -> Iterator[Place]:
    """Give a place for whole commands; git finds its repository sound afterwards."""
    with Place(agents=0) as made:
        yield made


@pytest.fixture(autouse=True)
def _sound(tmp_path: Path) -> Iterator[None]:
    yield
    if (tmp_path / "repo" / ".git").exists():
        git(tmp_path / "repo", "fsck", "--strict", "--no-dangling")


@contextmanager
def held(lock: Path) -> Iterator[int]:
    """Have a process hold a lock of git; gives its pid."""
    script = 'exec 3>"$0"; echo ready; read line'
    with subprocess.Popen(
        ["sh", "-c", script, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            yield holder.pid
        finally:
            holder.communicate(b"\n")


async def test_c5_a_lock_that_a_process_holds_names_it(rig: Rig) -> None:
    """The error has the lock's path, its age and who holds it, advises to wait, and leaves it."""
    lock = rig.repo / ".git" / "refs" / "heads" / "agents" / "worker.lock"
    lock.parent.mkdir(parents=True)
    with held(lock) as pid:
        with pytest.raises(ConflictError) as caught:
            await rig.port.register(rig.agent(), git(rig.repo, "rev-parse", "HEAD"), new_branch=True)
        assert re.search(
            rf"{re.escape(str(lock))} is in the way \(\d+ s old, held by pid {pid}\)", str(caught.value)
        )
        assert "wait" in caught.value.hint
        assert lock.exists()
    lock.unlink()
    await rig.create()


@pytest.mark.parametrize("kind", ["index.lock", "HEAD.lock"])
async def test_c5_a_lock_keeps_a_finished_worktree_as_it_is(rig: Rig, kind: str) -> None:
    """With git's lock in it nothing is removed, with force neither; without it all goes on."""
    path = await rig.create()
    (path / "a.txt").write_text("mine\n")
    lock = rig.repo / ".git" / "worktrees" / "worker" / kind
    lock.touch()
    if kind == "index.lock":
        with pytest.raises(ConflictError, match="is in the way"):
            await rig.git.run("add", "a.txt", cwd=path)
    assert await rig.port.losses("worker", path) == ["modified: a.txt"]
    assert (path / "a.txt").read_text() == "mine\n"
    assert lock.exists()
    lock.unlink()
    await rig.port.remove("worker", path, force=True)
    assert not path.exists()


NAMES = ["-x", "a b", "..", "../../etc", "x" * 300, "a.lock", "a.", "ctrl\x01", "nul\0", "ünï", "a/b", ""]
BRANCHES = [
    "-x",
    "a b",
    "..",
    "../../etc",
    "x" * 300,
    "HEAD",
    "a.lock",
    "a.",
    "ctrl\x01",
    "nul\0",
    "@{1}",
    "",
]


def test_c7_names_that_lead_elsewhere_are_refused() -> None:
    """No agent and no branch can be called so; nothing is mended in silence."""
    for name in NAMES:
        with pytest.raises(ValueError, match="name"):
            names.check_agent_name(name)
    for branch in BRANCHES:
        with pytest.raises(ValueError, match="branch name"):
            names.check_branch(branch)


@given(st.text(st.sampled_from("a0._-/\\ ~\tÜü\u0301\u00e9@"), max_size=70))
@example("0" * 63)
@example("a..b")
def test_c7_an_agents_folder_is_right_below_the_root(name: str) -> None:
    """Whatever name is accepted is one part of a path, the same in any case and any form of Unicode."""
    try:
        accepted = names.check_agent_name(name)
    except ValueError:
        return
    root = Path("/srv/trees")
    assert accepted == name
    assert Path(os.path.normpath(root / name)).parent == root
    assert name == name.casefold()
    assert name.isascii()
    assert not name.startswith("-")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("aZ9/._-@#$'\"%&()+,;=!üé\u0301名"), min_size=1, max_size=24))
@example("feature/ünï/cødé")
@example("a'; touch x; $(y) `z` \"".replace(" ", "_"))
@example("refs/heads/x")
def test_c7_any_branch_that_is_accepted_is_the_one_that_is_made(tmp_path: Path, branch: str) -> None:
    """Its worktree has exactly this branch, below the agent's name."""
    try:
        names.check_branch(branch)
    except ValueError:
        return

    async def whole() -> None:
        repo = tmp_path / "repo"
        rig = await Rig.over(tmp_path, repo if repo.exists() else make_repo(repo))
        agent = rig.agent(branch=branch)
        path = await rig.create(agent)
        assert path == rig.root / "worker"
        assert git(path, "symbolic-ref", "HEAD") == f"refs/heads/{branch}"
        await rig.port.remove("worker", path, force=False)
        git(repo, "branch", "-D", "--", branch)

    asyncio.run(whole())


async def test_c8_a_parent_that_is_exchanged_meanwhile_gets_nothing_lost(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The root becomes a link to a folder of somebody else's between look and act: an error, no loss."""
    victim = tmp_path / "victim"
    (victim / "worker").mkdir(parents=True)
    (victim / "worker" / "precious").write_text("x")
    make = places.make

    def make_then_exchange(path: Path) -> os.stat_result:
        made = make(path)
        rig.root.rename(tmp_path / "aside")
        rig.root.symlink_to(victim)
        return made

    monkeypatch.setattr(places, "make", make_then_exchange)  # the only way to be in time
    with pytest.raises(Exception, match=r"exchanged|already exists|taken"):
        await rig.create()
    monkeypatch.undo()
    assert [one.name for one in (victim / "worker").iterdir()] == ["precious"]
    rig.root.unlink()
    (tmp_path / "aside").rename(rig.root)
    path = await rig.create()
    assert (path / "a.txt").read_text() == "one\n"


async def test_c8_an_empty_folder_of_another_root_is_noticed(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the other root would do for git, the exchange is still an error, and nothing is filled there."""
    victim = tmp_path / "victim"
    victim.mkdir()
    make = places.make

    def make_then_exchange(path: Path) -> os.stat_result:
        made = make(path)
        rig.root.rename(tmp_path / "aside")
        rig.root.symlink_to(victim)
        return made

    monkeypatch.setattr(places, "make", make_then_exchange)  # the only way to be in time
    with pytest.raises(ConflictError, match="exchanged"):
        await rig.create()
    monkeypatch.undo()
    assert not (victim / "worker" / "a.txt").exists(), "nothing is checked out there"


class Listener:
    """A port of this machine that counts who comes."""

    def __init__(self) -> None:
        """Begin to listen."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.came = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.came += 1
            connection.close()

    def close(self) -> None:
        """Listen no more."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def test_c9_nothing_goes_to_the_network(place: Place) -> None:
    """Plan, apply, status, diff and destroy ask no remote, though plain git would ask one."""
    listener = Listener()
    git(place.repo, "remote", "add", "origin", f"http://127.0.0.1:{listener.port}/x.git")
    git(place.repo, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(place.repo, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    git(place.repo, "config", "branch.main.remote", "origin")
    git(place.repo, "config", "branch.main.merge", "refs/heads/main")
    git_quietly(place.repo, "fetch", "-q")
    assert listener.came, "plain git must come, else this shows nothing"
    listener.came = 0
    place.agent()
    for command in (["plan"], ["apply", "--yes"], ["status"], ["diff", "docs"], ["apply", "--yes"]):
        place.run(*command)
    place.settled()
    place.run("destroy", "--yes")
    assert not place.tree_of().exists()
    assert listener.came == 0
    listener.close()
    git(place.repo, "fsck", "--no-dangling")


@pytest.mark.parametrize("kind", ["remote that is gone", "remote head that is gone", "unborn branch beside"])
async def test_c9_a_base_is_found_without_the_remote(rig: Rig, kind: str) -> None:
    """A branch whose remote was removed, and a remote whose HEAD points nowhere, are no obstacle."""
    head = git(rig.repo, "rev-parse", "HEAD")
    if kind == "remote that is gone":
        git(rig.repo, "config", "branch.main.remote", "gone")
        git(rig.repo, "config", "branch.main.merge", "refs/heads/main")
    elif kind == "remote head that is gone":
        git(rig.repo, "remote", "add", "origin", "/nonexistent")
        git(rig.repo, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone")
    else:
        git(rig.repo, "symbolic-ref", "HEAD", "refs/heads/unborn")
    seen = await rig.look(rig.agent())
    assert seen.base == There(head)
    path = await rig.create()
    assert git(path, "rev-parse", "HEAD") == head
    git(rig.repo, "symbolic-ref", "--delete", "refs/remotes/origin/HEAD", check=False)  # for fsck


EXTENSIONS = {
    "refStorage = reftable": FIRST_REFTABLE,
    "relativeWorktrees = true": (2, 48),
    "noSuch = x": None,
}
"""What a repository may need of git, and the git that first has it."""


def test_c12_a_repository_that_git_cannot_read_is_told(place: Place) -> None:
    """A format that this git does not know is an error in words; nothing is made, or taken for absent."""
    place.agent()
    place.run("apply", "--yes")
    config, before = place.repo / ".git" / "config", (place.repo / ".git" / "config").read_text()
    for extension, first in EXTENSIONS.items():
        if first is not None and _version() >= first:
            continue
        newer = before.replace("repositoryformatversion = 0", "repositoryformatversion = 1")
        config.write_text(f"{newer}\n[extensions]\n\t{extension}\n")
        done = place.run("apply", "--yes", check=None)
        assert done.returncode in {1, 69}, done.stdout + done.stderr
        refused(done, "git")
        assert place.tree_of().is_dir()
    config.write_text(before)
    place.settled()
    git(place.repo, "fsck", "--no-dangling")


def _version() -> tuple[int, int]:
    found = re.search(r"(\d+)\.(\d+)", git(Path("/"), "version"))
    assert found
    return int(found[1]), int(found[2])


@pytest.mark.skipif(_version() < FIRST_REFTABLE, reason="this git keeps its refs in files only")
async def test_c12_refs_in_tables(tmp_path: Path) -> None:
    """Creation and forced removal in a repository that keeps its refs in tables."""
    rig = await Rig.over(tmp_path, make_repo(tmp_path / "repo", "--ref-format=reftable"))
    path = await rig.create()
    assert (await rig.facts(rig.agent())).state is WorktreeState.READY
    (path / "mine.txt").write_text("x")
    removal = await rig.port.remove("worker", path, force=True)
    assert git(rig.repo, "show", f"{removal.rescue_ref}:mine.txt") == "x"


async def test_c6_a_locked_worktree_of_somebody_else_stays_locked(rig: Rig, tmp_path: Path) -> None:
    """Ours come and go beside it, and its lock, its reason and its missing folder are as they were."""
    theirs = tmp_path / "theirs"
    git(rig.repo, "worktree", "add", "-q", "--lock", "--reason", "on a disk", "-b", "theirs", str(theirs))
    theirs.rename(tmp_path / "unplugged")
    path = await rig.create()
    await rig.port.remove("worker", path, force=True)
    assert (rig.repo / ".git" / "worktrees" / "theirs" / "locked").read_text().strip() == "on a disk"
    (tmp_path / "unplugged").rename(theirs)
    assert git(theirs, "status", "--porcelain") == ""
    commit(theirs, {"a.txt": "theirs\n"})
