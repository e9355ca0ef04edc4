"""The one place that starts git."""

import ast
import asyncio
import os
import threading
import time
from pathlib import Path

import pytest

import constellagent
from constellagent.errors import ConflictError, ConstellagentError, GitError, UnavailableError
from constellagent.runtime import git as module
from constellagent.runtime import occupants
from constellagent.runtime.git import Git
from tests.runtime.worktrees.rig import commit, git, make_repo


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with one commit."""
    return make_repo(tmp_path / "repo")


@pytest.fixture
def cli(repo: Path) -> Git:
    """Git in that repository."""
    return Git(repo, timeout=30)


async def test_result_keeps_bytes(cli: Git, repo: Path) -> None:
    """Names that are no text come back whole."""
    (repo / "odd\udcff\nname").write_text("x")
    found = await cli.run("ls-files", "-z", "--others")
    assert found.fields == ["odd\udcff\nname"]
    assert (found.status, found.stderr) == (0, "")


async def test_failure_carries_command_status_and_words(cli: Git) -> None:
    """A failed command is an error that names it without our hardening; unchecked, it is a result."""
    with pytest.raises(GitError) as caught:
        await cli.run("rev-parse", "--verify", "nonsense")
    assert caught.value.command == ("rev-parse", "--verify", "nonsense")
    assert caught.value.status == 128
    assert "Needed a single revision" in caught.value.stderr
    assert (await cli.run("rev-parse", "--verify", "nonsense", check=False)).status == 128


async def test_input_and_own_variables_reach_git(cli: Git, repo: Path) -> None:
    """Standard input is passed on, and variables of one call count for that call."""
    blob = await cli.run("hash-object", "-w", "--stdin", stdin=b"x" * 1_000_000)
    assert git(repo, "cat-file", "-s", blob.text) == "1000000"
    name = {"GIT_AUTHOR_NAME": "N", "GIT_AUTHOR_EMAIL": "e", "GIT_AUTHOR_DATE": "@1 +0000"}
    assert (await cli.run("var", "GIT_AUTHOR_IDENT", env=name)).text == "N <e> 1 +0000"


async def test_callers_environment_stays_out(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither `GIT_*` of the caller nor anything else that git has no need of reaches it or its filters."""
    for variable, value in {
        "GIT_DIR": "/nonexistent",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "alias.x",
        "GIT_SSH_COMMAND": "false",
        "LC_ALL": "de_DE.UTF-8",
        "LANGUAGE": "de",
        "SECRET_TOKEN": "canary",
        "EDITOR": "false",
        "PAGER": "false",
    }.items():
        monkeypatch.setenv(variable, value)
    git(repo, "config", "alias.show-env", "!env")
    said = (await Git(repo, timeout=30, env={"OWN": "1"}).run("show-env")).text
    names = {line.partition("=")[0] for line in said.splitlines()}
    assert not names & {"SECRET_TOKEN", "EDITOR", "PAGER", "LANGUAGE", "GIT_SSH_COMMAND", "GIT_CONFIG_COUNT"}
    assert {"OWN=1", "LC_ALL=C", "GIT_TERMINAL_PROMPT=0"} <= set(said.splitlines())


@pytest.mark.parametrize("way", ["timeout", "cancel"])
async def test_ended_with_its_children(repo: Path, way: str) -> None:
    """When time is up, and when the caller is cancelled, git and what it started are gone at once."""
    child = repo / "child"
    git(repo, "config", "alias.hang", f"!sleep 60 & echo $! >{child}.new; mv {child}.new {child}; wait")
    running = asyncio.ensure_future(Git(repo, timeout=4.0 if way == "timeout" else 60).run("hang"))
    async with asyncio.timeout(30):
        while not child.exists():
            await asyncio.sleep(0.01)
    if way == "cancel":
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    else:
        with pytest.raises(GitError, match="timed out") as caught:
            await running
        assert caught.value.status is None
        assert caught.value.hint
    async with asyncio.timeout(30):
        while Path(f"/proc/{child.read_text().strip()}/cwd").exists():
            await asyncio.sleep(0.01)


async def test_stray_child_that_keeps_the_pipe_does_not_keep_us(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that left the group and holds our pipe is given up after a short grace."""
    monkeypatch.setattr(module, "_GRACE", 0.2)
    pid = repo / "pid"
    git(repo, "config", "alias.stray", f"!setsid sh -c 'echo $$ >{pid}; exec sleep 30' & sleep 30")
    start = time.monotonic()
    with pytest.raises(GitError):
        await Git(repo, timeout=3.0).run("stray")
    assert time.monotonic() - start < 25
    os.kill(int(pid.read_text()), 9)


async def test_no_terminal_and_no_input(cli: Git, repo: Path) -> None:
    """Git and its children read end of file, and have no terminal to ask on."""
    git(repo, "config", "alias.ask", "!cat; if (: </dev/tty) 2>/dev/null; then echo tty; else echo none; fi")
    assert (await cli.run("ask")).text == "none"


async def test_diff_runs_no_program(cli: Git, repo: Path) -> None:
    """External diffs and text conversion are off for everything that shows changes."""
    git(repo, "config", "diff.external", "false")
    (repo / "a.txt").write_text("two\n")
    assert b"+two" in (await cli.run("diff")).stdout
    commit(repo, {"a.txt": "three\n"})
    assert b"+three" in (await cli.run("show", "HEAD")).stdout


@pytest.mark.parametrize(
    ("lock", "args"),
    [
        (".git/index.lock", ("add", "a.txt")),
        (".git/refs/heads/new.lock", ("branch", "new")),
        pytest.param(".git/config.lock", ("config", "a.b", "c"), marks=pytest.mark.long),
        pytest.param(".git/packed-refs.lock", ("pack-refs", "--all"), marks=pytest.mark.long),
    ],
)
async def test_c5_lock_is_named_and_left(cli: Git, repo: Path, lock: str, args: tuple[str, ...]) -> None:
    """A lock in the way is waited for, then named with age and holder; it is never removed."""
    file = repo / lock
    with file.open("w"):
        os.utime(file, (time.time() - 700, time.time() - 700))
        (repo / "a.txt").write_text("two\n")
        start = time.monotonic()
        with pytest.raises(ConflictError) as caught:
            await cli.run(*args)
        assert time.monotonic() - start > 1.5
        assert str(file.resolve()) in caught.value.message
        assert "70" in caught.value.message.split(" s old")[0]
        assert "no process" in caught.value.message  # our own process is not counted
    assert file.exists()
    file.unlink()
    await cli.run(*args)


async def test_c5_holder_of_a_lock_is_named(cli: Git, repo: Path) -> None:
    """A live process that has the lock open is named by its pid."""
    lock = repo / ".git" / "index.lock"
    holder = await asyncio.create_subprocess_exec(
        "sh", "-c", "exec 3>$0; echo ready; read x", str(lock), stdin=-1, stdout=-1
    )
    assert holder.stdout is not None
    await holder.stdout.readline()
    assert await occupants.holding(lock) == [holder.pid]
    with pytest.raises(ConflictError, match=f"held by pid {holder.pid}"):
        await cli.run("add", "-f", ".")
    await holder.communicate(b"\n")


async def test_missing_folder_and_missing_git(tmp_path: Path, cli: Git) -> None:
    """A folder that is gone, a file in its place, and a machine without git are told apart."""
    with pytest.raises(GitError, match="no folder"):
        await cli.run("status", cwd=tmp_path / "gone")
    (tmp_path / "file").touch()
    with pytest.raises(GitError, match="cannot start git"):
        await cli.run("status", cwd=tmp_path / "file")
    with pytest.raises(UnavailableError) as caught:
        await Git(tmp_path, timeout=5, env={"PATH": str(tmp_path)}).run("version")
    assert caught.value.exit_code == 69


@pytest.mark.parametrize(
    ("said", "fine"),
    [("git version 2.32.1", False), ("git version 2.33.0 (Apple Git-1)", True), ("?", False)],
)
async def test_version_is_checked(tmp_path: Path, said: str, fine: bool) -> None:
    """A git that is too old, or that says nothing we can read, is refused with what to install."""
    (tmp_path / "git").write_text(f"#!/bin/sh\necho '{said}'\n")
    (tmp_path / "git").chmod(0o755)
    cli = Git(tmp_path, timeout=5, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    if fine:
        assert await cli.version() == (2, 33)
    else:
        with pytest.raises(ConstellagentError) as caught:
            await cli.version()
        assert "2.33" in caught.value.hint


def test_lsof_output_is_read() -> None:
    """What lsof says on macOS is read by its field letters."""
    said = "p12\ncsleep\nfcwd\nn/w/tree/sub\np13\nczsh\nfcwd\nn/w/tree-two\np14\ncvi\nfcwd\nn/w/tree\n"
    assert occupants.parse_lsof(said, "/w/tree") == {12: "sleep", 14: "vi"}


async def test_lsof_sees_what_proc_sees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two ways of looking agree where both exist."""
    with (tmp_path / "open").open("w") as file:
        sleeper = await asyncio.create_subprocess_exec("sleep", "30", cwd=tmp_path, stdin=file)
    try:
        by_proc = (await occupants.inside(tmp_path), await occupants.holding(tmp_path / "open"))
        if occupants._lsof("-v") is None:
            pytest.skip("this machine has no lsof")
        monkeypatch.setattr("sys.platform", "darwin")
        by_lsof = (await occupants.inside(tmp_path), await occupants.holding(tmp_path / "open"))
        assert by_proc == by_lsof == ({sleeper.pid: "sleep"}, [sleeper.pid])
    finally:
        sleeper.kill()
        await sleeper.wait()


async def test_our_own_commands_are_nobody_at_work(repo: Path, cli: Git) -> None:
    """Who looks waits for the commands of ours in that folder, and only there; others are seen as ever."""
    below, beside = repo / "below", repo.parent / "beside"
    for folder in (below, beside):
        folder.mkdir()
    os.mkfifo(repo / "gate")
    git(repo, "config", "alias.wait", f"!touch {repo}/begun; cat {repo}/gate")
    sleeper = await asyncio.create_subprocess_exec("sleep", "30", cwd=repo)
    try:
        waiting = asyncio.ensure_future(cli.run("wait", cwd=below))
        async with asyncio.timeout(30):
            while not (repo / "begun").exists():
                await asyncio.sleep(0.01)
        looking = asyncio.ensure_future(occupants.inside(repo))
        assert await occupants.inside(beside) == {}
        (repo / "gate").write_text("go on")
        async with asyncio.timeout(30):
            assert await looking == {sleeper.pid: "sleep"}
            assert (await waiting).text == "go on"
    finally:
        sleeper.kill()
        await sleeper.wait()


async def test_our_own_commands_wait_for_a_look(
    repo: Path, cli: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is asked for meanwhile begins when it was looked, also where another look was given up."""
    may_look, look = threading.Event(), occupants._inside

    def slowly(folder: str) -> dict[int, str] | None:
        assert may_look.wait(10)
        return look(folder)

    monkeypatch.setattr(occupants, "_inside", slowly)  # a real look is over before anything can be asked for
    git(repo, "config", "alias.linger", f"!touch {repo}/begun; sleep 1")
    looking = asyncio.ensure_future(occupants.inside(repo))
    given_up = asyncio.ensure_future(occupants.inside(repo))
    await asyncio.sleep(0)
    lingering = asyncio.ensure_future(cli.run("linger"))
    assert (await cli.run("version", cwd=repo.parent)).status == 0
    given_up.cancel()
    await asyncio.wait({given_up})
    assert not (repo / "begun").exists()
    may_look.set()
    assert await looking == {}
    await lingering
    assert (repo / "begun").exists()


async def test_nobody_can_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without lsof, who is inside is unknown and not nobody."""
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await occupants.inside(tmp_path) is None
    assert await occupants.holding(tmp_path) == []


_STARTS = (
    "create_subprocess_exec",
    "create_subprocess_shell",
    "Popen",
    "run",
    "check_output",
    "check_call",
    "call",
    "system",
    "execvp",
    "execvpe",
    "posix_spawn",
    "posix_spawnp",
)


_UNCONFINED = {
    "faces/cli/checks.py": "asks only for git's version, at the root of the file system",
    "faces/cli/demo_stage.py": "makes a repository in which nobody has worked yet",
    "runtime/contexts.py": "asks where the repository of a file lies, which no sandbox can change",
    "runtime/repository.py": "asks where a repository lies, which no sandbox can change",
}
"""Where git works outside of all sandboxes, and why it may."""


def test_git_is_confined_wherever_it_may_meet_a_sandboxed_agent() -> None:
    """Each helper is made with what goes around it, but for those that have a reason."""
    root = Path(next(iter(constellagent.__path__)))
    found = [
        (str(file.relative_to(root)), any(word.arg == "around" for word in node.keywords))
        for file in sorted(root.rglob("*.py"))
        if "Git(" in (text := file.read_text())
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Git"
    ]
    assert sum(confined for _, confined in found) >= 3
    assert sorted(file for file, confined in found if not confined) == sorted(_UNCONFINED)


def _spawns_git(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    words = [arg for arg in node.args if isinstance(arg, ast.Constant)]
    for arg in node.args:
        if isinstance(arg, ast.List | ast.Tuple):
            words += [item for item in arg.elts[:1] if isinstance(item, ast.Constant)]
    if not words or str(words[0].value).split(" ")[0].rpartition("/")[2] != "git":
        return False
    return ast.unparse(node.func).endswith(_STARTS)


def test_nothing_else_starts_git() -> None:
    """Every other module goes through the hardened helper; the check finds a spawn where there is one."""
    assert any(_spawns_git(node) for node in ast.walk(ast.parse('subprocess.run(["git", "status"])')))
    assert any(
        _spawns_git(node) for node in ast.walk(ast.parse('await asyncio.create_subprocess_exec("git", x)'))
    )
    root = Path(next(iter(constellagent.__path__)))
    found = [
        f"{file.relative_to(root)}:{node.lineno}"
        for file in sorted(root.rglob("*.py"))
        if file.parent not in (root / "demo" / "agents", root / "runtime" / "sandbox" / "battery_program")
        if "git" in (text := file.read_text())
        for node in ast.walk(ast.parse(text))
        if _spawns_git(node) and isinstance(node, ast.Call)
    ]
    assert found == []
    assert '["git", "--no-optional-locks"' in (root / "runtime" / "git.py").read_text()
