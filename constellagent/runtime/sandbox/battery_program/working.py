"""What an agent needs, and must have in its sandbox too."""

import contextlib
import fcntl
import json
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Mapping

from constellagent.runtime.sandbox.battery_program.commands import run
from constellagent.runtime.sandbox.battery_program.lines import Answer, Asked, can_make, line, of_each

_PATIENCE = 30.0
_STATUS = 37


def _works(worked: bool, said: str) -> Answer:
    """Return the answer of a line that was tried once."""
    return Answer(1, (said,) if worked else (), said=said)


def _last(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[-1].strip() if lines else ""


@line("look at the worktree with git", "works")
def status(asked: Asked) -> Answer:
    """`git status`."""
    code, said = run("git", "status", "--short", "--branch", cwd=asked.text("worktree"))
    return _works(code == 0, said.splitlines()[0] if said else "")


@line("commit with git, on a branch, as its identity", "works")
def commit(asked: Asked) -> Answer:
    """A commit of its own on a branch of its own, both of which go; the agent's are not touched."""
    worktree, branch = asked.text("worktree"), f"constellagent/{asked.text('nonce')}"
    index = {"GIT_INDEX_FILE": f"{os.environ.get('TMPDIR', '/tmp')}/{asked.text('nonce')}.index"}  # noqa: S108 - the sandbox's own
    place = f"{worktree}/{asked.text('nonce')}"
    try:
        with open(place, "w", encoding="utf-8") as file:  # noqa: PTH123 - plain paths
            file.write("verify\n")
        run("git", "read-tree", "HEAD", cwd=worktree, env=index)
        run("git", "add", "--force", "--", place, cwd=worktree, env=index)
        _, tree = run("git", "write-tree", cwd=worktree, env=index)
        code, made = run("git", "commit-tree", tree.strip(), "-m", "verify", cwd=worktree)
    finally:
        for left in (place, index["GIT_INDEX_FILE"]):
            with contextlib.suppress(OSError):
                os.unlink(left)  # noqa: PTH108 - plain paths
    if code != 0:
        return _works(False, _last(made))
    code, said = run("git", "branch", "--no-track", branch, made.strip(), cwd=worktree)
    if code != 0:
        return _works(False, _last(said))
    _, author = run("git", "log", "-1", "--format=%ae", branch, cwd=worktree)
    code, said = run("git", "update-ref", "-d", f"refs/heads/{branch}", cwd=worktree)
    if code != 0:
        return _works(False, _last(said))
    author = author.strip()
    wanted = asked.text("author")
    return _works(author == wanted or not wanted, f"as {author}")


@line("conclude a cherry-pick with git", "works")
def cherry_pick(asked: Asked) -> Answer:
    """One that met a conflict, in a worktree of its own without a branch; the next commit is its own again.

    Git's folder of that worktree is a temporary one, so nothing of the repository is changed but its objects.
    """
    nonce = asked.text("nonce")
    with tempfile.TemporaryDirectory(prefix=nonce) as folder:
        place, admin = f"{folder}/tree", f"{folder}/admin"
        for one in (place, admin):
            os.mkdir(one)  # noqa: PTH102 - plain paths
        _put(f"{place}/.git", f"gitdir: {admin}\n")
        _put(f"{admin}/commondir", asked.text("common") + "\n")
        _put(f"{admin}/gitdir", f"{place}/.git\n")
        _put(f"{admin}/HEAD", f"ref: refs/heads/constellagent/{nonce}\n")
        try:
            return _concluded(place, nonce)
        except OSError as error:
            return _works(False, str(error))


def _concluded(place: str, nonce: str) -> Answer:
    """Meet a conflict in a worktree, mend it, go on, and commit once more.

    Raises:
        OSError: git does not do a part of it.
    """
    other = {"GIT_AUTHOR_NAME": nonce, "GIT_AUTHOR_EMAIL": f"{nonce}@example.com"}
    plain = ("-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false", "-c", "core.editor=true")

    def git(*words: str, env: Mapping[str, str] | None = None) -> str:
        code, said = run("git", *plain, *words, cwd=place, env=env)
        if code != 0:
            raise OSError(_last(said) or f"git {words[0]} does not work")
        return said.strip()

    def made(text: str, *parents: str, env: Mapping[str, str] | None = None) -> str:
        _put(f"{place}/file", text)
        git("add", "--force", "file")
        return git("commit-tree", "-m", text, *(f"-p{one}" for one in parents), git("write-tree"), env=env)

    start = made("one\n")
    theirs, ours = made("two\n", start, env=other), made("three\n", start)
    git("update-ref", "--no-deref", "HEAD", ours)
    if run("git", *plain, "cherry-pick", theirs, cwd=place)[0] == 0:
        return _works(False, "it met no conflict")
    _put(f"{place}/file", "four\n")
    git("add", "--force", "file")
    git("cherry-pick", "--continue")
    if run("git", "rev-parse", "--verify", "--quiet", "CHERRY_PICK_HEAD", cwd=place)[0] == 0:
        return _works(False, "it is not concluded")
    git("commit", "--allow-empty", "-m", "next")
    after, picked = git("log", "-2", "--format=%an").splitlines()
    well = picked == nonce != after
    return _works(well, "and the next commit is its own" if well else "the next commit is not its own")


def _put(place: str, text: str) -> None:
    with open(place, "w", encoding="utf-8") as file:  # noqa: PTH123 - plain paths
        file.write(text)


@line("write what a commit writes", "works")
def writes(asked: Asked) -> Answer:
    """In the worktree, in git's folder of it, among the objects and the branches."""
    common = asked.text("common")
    places = [asked.text("worktree"), asked.text("admin"), f"{common}/objects", f"{common}/refs/heads"]
    found = of_each(places, lambda place: can_make(place, asked.text("nonce")))
    return _works(len(found.reached) == len(places), ", ".join(found.reached))


@line("keep temporary files and caches", "works")
def temporary(asked: Asked) -> Answer:
    """In the folder for temporary files, and in the agent's own for what lasts."""
    name = f"{asked.text('nonce')}-own"
    places = [os.environ.get("TMPDIR", "/tmp"), "/dev/shm", *asked.texts("private")]  # noqa: S108 - the sandbox's own
    found = of_each(places, lambda place: can_make(place, name))
    return _works(len(found.reached) == len(places), ", ".join(found.reached))


@line("report to its own session", "works")
def report(asked: Asked) -> Answer:
    """As the hooks of coding agents do."""
    code, said = run(asked.text("hook"), "unknown", "--verbose")
    return _works(code == 0 and "not reported" not in said and "reported" in said, _last(said))


@line("ask for its identity", "works")
def identity(asked: Asked) -> Answer:
    """`ravi get email`, through the shim."""
    if not asked.text("author"):
        return Answer(0)
    code, said = run("ravi", "get", "email")
    well = code == 0 and asked.text("author") in said
    return _works(well, asked.text("author") if well else _last(said))


@line("read its inbox", "works")
def inbox(asked: Asked) -> Answer:
    """`ravi inbox email`, through the shim."""
    if not asked.text("author"):
        return Answer(0)
    code, said = run("ravi", "inbox", "email")
    return _works(code == 0, "it answers" if code == 0 else _last(said))


@line("use the tools of its identity (MCP)", "works")
def tools(asked: Asked) -> Answer:
    """The server starts, and names its tools."""
    if not asked.text("author"):
        return Answer(0)
    with subprocess.Popen(
        [asked.text("mcp")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            return _list_tools(server)
        finally:
            server.kill()


def _list_tools(server: "subprocess.Popen[bytes]") -> Answer:
    assert server.stdin is not None
    assert server.stdout is not None
    hello = {
        "protocolVersion": "2024-11-05",
        "capabilities": {},
        "clientInfo": {"name": "verify", "version": "1"},
    }
    asked: list[dict[str, object]] = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
    ]
    server.stdin.write(b"".join(json.dumps(one).encode() + b"\n" for one in asked))
    server.stdin.flush()
    end, read = time.monotonic() + _PATIENCE, b""
    while time.monotonic() < end:
        if not select.select([server.stdout], [], [], 1)[0]:
            continue
        data = os.read(server.stdout.fileno(), 1 << 16)
        if not data:
            break
        read += data
        for text in read.split(b"\n")[:-1]:
            told = json.loads(text)
            if told.get("id") == asked[-1]["id"] and "result" in told:
                found = told["result"]["tools"]
                return _works(bool(found), f"{len(found)} tools")
    return _works(False, "the server did not answer")


@line("have a terminal of the right size", "works")
def terminal(asked: Asked) -> Answer:
    """The session's own."""
    if not os.isatty(0):
        return _works(False, "no terminal")
    rows, columns = struct.unpack("4H", fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8))[:2]
    wanted = (asked.number("rows"), asked.number("columns"))
    return _works((rows, columns) == wanted, f"{rows} rows and {columns} columns")


@line("control jobs at the terminal", "works")
def jobs(asked: Asked) -> Answer:  # noqa: ARG001 - every line is called alike
    """Give a program the terminal, see it stop, let it go on, take the terminal back."""
    if not os.isatty(0):
        return _works(False, "no terminal")
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    if os.getpgrp() != os.getpid():  # as a shell does: the group that it was started in is led from outside
        os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(_STATUS)
    try:
        with contextlib.suppress(OSError):
            os.setpgid(child, child)
        _, stopped = os.waitpid(child, os.WUNTRACED)
        os.tcsetpgrp(0, child)
        has = os.tcgetpgrp(0) == child
        os.kill(child, signal.SIGCONT)
        _, ended = os.waitpid(child, 0)
    finally:
        os.tcsetpgrp(0, os.getpgrp())
        signal.signal(signal.SIGTTOU, before)
    well = os.WIFSTOPPED(stopped) and has and os.waitstatus_to_exitcode(ended) == _STATUS
    return _works(well, "stopped, continued and ended" if well else "it was not told so")


@line("see how programs end", "works")
def endings(asked: Asked) -> Answer:  # noqa: ARG001 - every line is called alike
    """By an exit status, and by a signal."""
    code, _ = run(sys.executable, "-I", "-S", "-c", f"raise SystemExit({_STATUS})")
    killed, _ = run(sys.executable, "-I", "-S", "-c", "import os; os.kill(os.getpid(), 15)")
    return _works((code, killed) == (_STATUS, -signal.SIGTERM), f"status {code}, signal {-killed}")


@line("reach its provider", "works")
def provider(asked: Asked) -> Answer:
    """At the address that it was given, whatever its network is."""
    if not asked.text("author"):
        return Answer(0)
    code, said = run("ravi", "auth", "status")
    return _works(code == 0, "it answers" if code == 0 else _last(said))
