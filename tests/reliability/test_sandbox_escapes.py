"""Ways out of a sandbox through what is done outside with the agent's files, by what was tried.

The payloads are planted from inside, in a real sandbox. What is planted must have worked: else the test
would pass for a reason of its own.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path

import pytest

from constellagent.agents.codex_configuration import seed_of
from constellagent.agents.kind import Place
from constellagent.errors import ConflictError, ConstellagentError
from constellagent.plan.observed import Absent
from constellagent.runtime import preparing
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.edits import bases, pushes
from constellagent.runtime.edits.editor import Editor
from constellagent.runtime.git import Git
from constellagent.runtime.repository import find as find_repository
from constellagent.runtime.review_views import ChangeRequest
from constellagent.runtime.sandbox import places, scope
from constellagent.runtime.standing import Standing
from constellagent.runtime.worktrees import interrupted, registry
from constellagent.runtime.worktrees.confinement import Confinement
from tests.reliability.sandbox_house import ORDINARY
from tests.runtime.sandbox.yard import CONSTELLATION, Yard, git
from tests.runtime.worktrees.rig import Rig, make_repo

pytestmark = [
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed"),
    pytest.mark.timeout(300),
]

SOON = 20.0
"""Seconds within which what a pipe could hold up is done; git itself is given twice as long."""


@pytest.fixture
def yard() -> Iterator[Yard]:
    """Return a repository with two agents' worktrees, outside of the folders of temporary files."""
    ground = Path("/home") if os.getuid() == 0 else Path.home() / ".cache"
    folder = Path(tempfile.mkdtemp(prefix="ca-yard-", dir=ground))
    yield Yard.build(folder)
    shutil.rmtree(folder)


def confined(yard: Yard, folder: Path) -> Git:
    """Return git as the daemon has it."""
    env = {"HOME": str(yard.person), "GIT_CONFIG_NOSYSTEM": "1"}
    return Git(folder, timeout=2 * SOON, env=env, around=Confinement(yard.sandboxes))


async def planted(yard: Yard, script: str) -> None:
    """Run a script in the agent's sandbox; it must do all that it says."""
    done = await asyncio.to_thread(yard.shell, await yard.shelter(), f"set -e\n{script}")
    assert done.returncode == 0, done.stderr


PROGRAM = """\
#!/bin/sh
cat >/dev/null
exec 2>>{tree}/said
echo ran >>{tree}/said
mkdir -p {common}/logs/refs/heads
rm -f {common}/logs/refs/heads/main && ln -s {bashrc} {common}/logs/refs/heads/main
rm -rf {common}/refs/constellagent
ln -s {bashrc} {common}/refs/x
echo mine >>{private}/state/seen
"""


@pytest.mark.parametrize("command", ["status", "add", "commit"])
async def test_a_filter_of_a_repository_in_the_worktree_plants_a_reflog(yard: Yard, command: str) -> None:
    """Git runs it for us; it can neither lead the person's reflog elsewhere nor remove what was rescued."""
    tree, bashrc = yard.tree(), yard.person / ".bashrc"
    bashrc.write_text("# mine\n")
    git(yard.repo, "update-ref", "refs/constellagent/rescue/two/x", "HEAD")
    private = yard.sandboxes.place(CONSTELLATION, "one")
    program = PROGRAM.format(tree=tree, common=yard.common, bashrc=bashrc, private=private)
    await planted(
        yard,
        f"""cat >{tree}/program <<'END'\n{program}END
chmod +x {tree}/program
git init -q inner && cd inner
echo one >file && git add file && git commit -qm one
echo '* filter=x' >.gitattributes && git config filter.x.clean {tree}/program
cd .. && git add inner program 2>/dev/null && git commit -qm inner
echo two >inner/file && touch more && git add more""",
    )
    at = confined(yard, tree)
    argv = {"status": ["--porcelain"], "add": ["--all"], "commit": ["-a", "-m", "more"]}[command]
    who = {"GIT_AUTHOR_NAME": "P", "GIT_AUTHOR_EMAIL": "p@example.com"}
    await at.run(command, *argv, env=who | {k.replace("AUTHOR", "COMMITTER"): v for k, v in who.items()})
    if command != "commit":  # that one does not look into it
        assert "ran" in (tree / "said").read_text()
    assert git(yard.repo, "rev-parse", "refs/constellagent/rescue/two/x")
    assert not (yard.common / "refs" / "x").is_symlink()
    assert not (private / "state" / "seen").exists()
    git(yard.repo, "commit", "--allow-empty", "-qm", ";touch /tmp/x;")
    assert bashrc.read_text() == "# mine\n"


async def test_our_commit_in_the_worktree_is_in_the_reflog_of_its_branch(yard: Yard) -> None:
    """What the agent's own commits write is written for ours too, and of no other branch."""
    at = confined(yard, yard.tree())
    who = {f"GIT_{r}_{w}": "p@example.com" for r in ("AUTHOR", "COMMITTER") for w in ("NAME", "EMAIL")}
    await at.run("commit", "-q", "--allow-empty", "-m", "ours", env=who)
    assert "commit: ours" in git(yard.repo, "reflog", "agents/one")
    (yard.admin() / "HEAD").write_text("ref: refs/heads/../../HEAD\n")
    before = (yard.common / "logs" / "HEAD").read_bytes()
    await at.run("commit", "-q", "--allow-empty", "-m", "theirs", env=who, check=False)
    assert (yard.common / "logs" / "HEAD").read_bytes() == before


@pytest.mark.parametrize("name", ["/{bashrc}", "{bashrc}", "x/..//{bashrc}"])
async def test_a_branch_whose_name_is_a_file_of_the_persons(yard: Yard, name: str) -> None:
    """Where the agent says that it is checked out, and takes that back, our commit does not write it."""
    bashrc = yard.person / ".bashrc"
    bashrc.write_text("# mine\n")
    head = (yard.admin() / "HEAD").read_text()
    said = f"ref: refs/heads/{name.format(bashrc=str(bashrc))}"
    await planted(yard, f"echo '{said}' >{yard.admin()}/HEAD; ln -s {bashrc} {yard.admin()}/COMMIT_EDITMSG")
    words = await Confinement(yard.sandboxes)(yard.tree(), "commit", {})
    assert str(bashrc) not in words
    (yard.admin() / "HEAD").write_text(head)
    argv = [*words, "git", "commit", "-q", "--allow-empty", "-m", "theirs"]
    who = {f"GIT_{r}_{w}": "p@example.com" for r in ("AUTHOR", "COMMITTER") for w in ("NAME", "EMAIL")}
    env = {"PATH": os.environ["PATH"], **who}
    made = await asyncio.create_subprocess_exec(*argv, cwd=yard.tree(), env=env)
    await made.wait()
    assert bashrc.read_text() == "# mine\n"


@pytest.mark.parametrize("name", ["MERGE_HEAD", "rebase-merge/autostash"])
@pytest.mark.parametrize("what", ["mkfifo {}", "ln -s /dev/zero {}"])
async def test_a_pipe_or_a_device_where_git_keeps_a_merge(tmp_path: Path, name: str, what: str) -> None:
    """A removal that rescues does not wait for it, nor read it for ever; it says what is in the way."""
    rig = await Rig.over(tmp_path, make_repo(tmp_path / "repo"))
    path = await rig.create()
    (path / "work.txt").write_text("work\n")
    place = rig.repo / ".git" / "worktrees" / "worker" / name
    place.parent.mkdir(exist_ok=True)
    made = await asyncio.create_subprocess_exec("/bin/sh", "-c", what.format(place))
    assert await made.wait() == 0
    async with asyncio.timeout(6 * SOON):
        with pytest.raises(ConstellagentError) as caught:
            await rig.port.remove("worker", path, force=True)
    assert str(place) in f"{caught.value.message} {caught.value.hint}"
    assert (path / "work.txt").exists()
    place.unlink()
    await rig.port.remove("worker", path, force=True)
    assert not path.exists()


async def test_a_pipe_where_git_keeps_a_rebase(yard: Yard) -> None:
    """A merge on the page looks there whether the base is being rebased; a pipe does not hold it up."""
    await planted(yard, f"mkdir {yard.admin()}/rebase-merge && mkfifo {yard.admin()}/rebase-merge/head-name")
    async with asyncio.timeout(SOON):
        assert await asyncio.to_thread(bases._being_rebased, yard.common, "refs/heads/main") == ""


REFS: list[tuple[str, ...]] = [
    ("branch", "--no-track", "--", "lead/new", "main"),
    ("update-ref", "refs/heads/lead/new", "main"),
    ("update-ref", "-d", "refs/heads/lead/old"),
    ("for-each-ref",),
    ("worktree", "list", "--porcelain"),
]


async def test_a_folder_of_refs_that_leads_elsewhere(yard: Yard) -> None:
    """No git of ours makes or removes a file there; it is said what is in the way."""
    there = yard.person / "there"
    there.mkdir()
    (there / "old").write_text(git(yard.repo, "rev-parse", "main") + "\n")
    await planted(yard, f"ln -s {there} {yard.common}/refs/heads/lead")
    for root, words in product((yard.repo, yard.common), REFS):
        with pytest.raises(ConflictError, match="refs/heads/lead is a link") as caught:
            await confined(yard, root).run(*words)
        assert f"rm {yard.common}/refs/heads/lead" in caught.value.hint
        assert [entry.name for entry in there.iterdir()] == ["old"]


@pytest.mark.parametrize(
    "place",
    [
        "refs/heads/pipe",
        "refs/tags/deep/pipe",
        "worktrees/one/HEAD",
        "worktrees/one/BISECT_START",
        "worktrees/one/rebase-merge/head-name",
        "worktrees/one/rebase-apply/head-name",
        "worktrees/one/refs/worktree/pipe",
    ],
)
async def test_a_pipe_where_git_looks_for_a_ref(yard: Yard, place: str) -> None:
    """Looks at the repository end at once and name it, rather than wait for their time to be up."""
    pipe = yard.common / place
    await planted(yard, f"mkdir -p {pipe.parent} && rm -f {pipe} && mkfifo {pipe}")
    async with asyncio.timeout(SOON):
        for words in (("for-each-ref",), ("worktree", "list"), ("worktree", "add", "-b", "new", "../new")):
            with pytest.raises(ConflictError, match=str(pipe)):
                await confined(yard, yard.repo).run(*words)


async def test_a_rebase_that_leads_elsewhere(yard: Yard) -> None:
    """Git of ours reads nothing through a link in place of the folder that a rebase has."""
    await planted(yard, f"ln -s /dev {yard.admin()}/rebase-merge")
    with pytest.raises(ConflictError, match="worktrees/one/rebase-merge is a link"):
        await confined(yard, yard.repo).run("worktree", "list")


async def test_links_among_the_refs_of_others_are_theirs(yard: Yard) -> None:
    """Where no sandboxed agent has worked, git sees to its refs alone."""
    (yard.common / "refs" / "heads" / "alias").symlink_to("refs/heads/main")
    await confined(yard, yard.repo).run("for-each-ref")
    await confined(yard, yard.repo).run("branch", "more")


async def test_a_cache_that_leads_elsewhere(yard: Yard) -> None:
    """The folders that are made for the agent's tools are made in its own place only."""
    there, private = yard.person / "there", yard.sandboxes.place(CONSTELLATION, "one")
    there.mkdir()
    await planted(yard, f"cd {private} && rm -rf cache && ln -s {there} cache")
    await yard.shelter()
    assert list(there.iterdir()) == []


async def test_a_private_place_that_everybody_may_write(yard: Yard) -> None:
    """The agent can hinder neither its own next start nor our git by it; others are shut out again."""
    private = yard.sandboxes.place(CONSTELLATION, "one")
    await planted(yard, f"chmod 777 {private}")
    await confined(yard, yard.tree()).run("status")
    await yard.shelter()
    assert private.stat().st_mode & 0o777 == 0o700


async def test_a_push_of_ours_needs_no_network_in_the_worktree(yard: Yard) -> None:
    """A push runs beside the worktrees, where nothing is the agent's, so the page pushes its branch."""
    git(yard.folder, "init", "-q", "--bare", "there.git")
    git(yard.repo, "remote", "add", "origin", str(yard.folder / "there.git"))
    await planted(yard, "echo more >more && git add more && git commit -qm more")
    done = await pushes.push(confined(yard, yard.tree()), yard.tree(), None)
    assert git(yard.folder / "there.git", "rev-parse", "agents/one") == git(yard.tree(), "rev-parse", "HEAD")
    assert done is not None


async def test_a_push_of_a_branch_that_the_agent_chose(yard: Yard) -> None:
    """With the person's credentials nothing goes out but the agent's own branch."""
    git(yard.folder, "init", "-q", "--bare", "there.git")
    git(yard.repo, "remote", "add", "origin", str(yard.folder / "there.git"))
    git(yard.repo, "switch", "-q", "--detach")
    await planted(yard, "echo more >more && git add more && git commit -qm more && git branch -f main")
    await planted(yard, "git symbolic-ref HEAD refs/heads/main")
    standing = Standing(yard.agent(), yard.tree(), "main", Absent())
    editor = Editor(confined(yard, yard.tree()), SystemClock())
    asked: ChangeRequest = {"file": "", "agent": "one", "action": "push"}
    with pytest.raises(ConflictError, match=r"main is checked out, but .* only agents/one is pushed"):
        await editor.change(standing, asked)
    assert git(yard.folder / "there.git", "for-each-ref") == ""


LOCKING = """
import fcntl, sys
held = open(sys.argv[1])
fcntl.flock(held, fcntl.LOCK_EX)
print(1, flush=True)
input()
"""


async def test_a_lock_that_the_agent_takes(yard: Yard) -> None:
    """What we lock in the repository to change its worktrees is not the file that the agent sees."""
    (yard.common / "info" / "exclude").write_text("/mine\n")
    shelter = await yard.shelter()
    argv = [*shelter.prefix, sys.executable, "-c", LOCKING, str(yard.common / "info" / "exclude")]
    held = await asyncio.create_subprocess_exec(
        *argv, cwd=yard.tree(), env=yard.env(shelter), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert held.stdout is not None
    assert await held.stdout.readline() == b"1\n"
    repository = await find_repository(yard.repo)
    async with asyncio.timeout(SOON), registry.exclusively(repository):
        pass
    await held.communicate(b"\n")
    (yard.tree() / "mine").touch()
    assert yard.shell(shelter, "git status --porcelain").stdout == ""


def listen(stack: ExitStack, place: str | bytes) -> None:
    """Listen at a socket until the stack is left."""
    listener = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    listener.bind(place)
    listener.listen()


CALLS = """
import socket, sys
near = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
try:
    near.connect(sys.argv[1].replace("@", chr(0), 1))
except OSError as error:
    sys.exit(str(error))
"""


@pytest.mark.skipif(not scope.able(), reason="this kernel keeps nobody from sockets without a file")
async def test_a_display_whose_socket_has_no_file(yard: Yard) -> None:
    """With the machine's network too: who reaches a display types into the person's terminal."""
    name = f"@ca-{os.getpid()}-display"
    with ExitStack() as stack:
        listen(stack, name.replace("@", "\0"))
        outside = await asyncio.create_subprocess_exec(sys.executable, "-c", CALLS, name)
        assert await outside.wait() == 0
        done = await asyncio.to_thread(yard.run, await yard.shelter(), sys.executable, "-c", CALLS, name)
    assert "not permitted" in done.stderr


async def test_containers_whose_socket_is_elsewhere(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of the machine's whose socket runs programs as root; that it is read-only is no hindrance."""
    folder = yard.folder / "lxd"
    folder.mkdir()
    with ExitStack() as stack:
        listen(stack, str(folder / "unix.socket"))
        argv = (sys.executable, "-c", CALLS, str(folder / "unix.socket"))
        assert (await asyncio.to_thread(yard.run, await yard.shelter(), *argv)).returncode == 0
        monkeypatch.setattr(places, "MACHINE", (str(folder),))
        assert (await asyncio.to_thread(yard.run, await yard.shelter(), *argv)).returncode == 1


async def test_a_configuration_that_is_nested_too_deep(tmp_path: Path) -> None:
    """What an agent writes into its profile does not hinder its next start: it is left to its program."""
    profile = tmp_path / "profile"
    profile.mkdir(mode=0o700)
    deep = "projects = " + "[" * 100_000
    (profile / "config.toml").write_text(deep)
    env = {"PATH": os.environ["PATH"]}
    place = Place(tmp_path, tmp_path, (), env, profile)
    with pytest.raises(RecursionError):
        seed_of(place)(deep)
    preparing._write(tmp_path, {}, {profile / "config.toml": seed_of(place)})
    assert (profile / "config.toml").read_text() == deep


async def test_a_program_that_leads_into_a_hidden_folder(yard: Yard) -> None:
    """Where the agent may write its own program's place, what that leads to is not shown for it."""
    tools, keys = yard.person / "tools", yard.person / ".ssh"
    for folder in (tools, keys):
        folder.mkdir()
    for place in (tools / "tool", keys / "tool"):
        place.write_text("#!/bin/sh\n")
        place.chmod(0o755)
    stay = {"program": "tool", "env": {"PATH": str(tools)}}
    (tools / "tool").unlink()
    (tools / "tool").symlink_to(keys / "tool")
    assert keys in (await yard.ground(**stay)).needed
    assert keys not in (await yard.ground(**stay, said={"write": ("~/tools",)})).needed


async def test_a_place_that_is_declared_below_a_written_one(yard: Yard) -> None:
    """The agent puts a link there, and gets neither to write nor to read where that leads."""
    keys, outer = yard.person / ".ssh", yard.person / "outer"
    keys.mkdir()
    outer.mkdir()
    for name in ("inner", "seen"):
        (outer / name).symlink_to(keys)
    human = (await yard.ground(said={"write": ("~/outer", "~/outer/inner"), "read": ("~/outer/seen",)})).human
    assert (human.write, human.read) == ((outer,), ())
    assert keys in human.folders


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else for a moment")
def test_a_worktree_that_its_agent_has_shut() -> None:
    """Nothing is taken back there, and `apply` goes on with the other agents."""
    with tempfile.TemporaryDirectory() as folder:
        shut = Path(folder, "shut")
        shut.mkdir()
        for place in (folder, shut):
            os.chown(place, ORDINARY, ORDINARY)
        shut.chmod(0)
        os.seteuid(ORDINARY)
        try:
            with pytest.raises(PermissionError):
                next(shut.iterdir())
            found = interrupted._holds_only(shut, {".git"})
        finally:
            os.seteuid(0)
    assert found is False
