"""Starting holders, and what is left when a start fails."""

import asyncio
import contextlib
import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from constellagent.errors import WorldError
from constellagent.runtime import descriptors, processes
from constellagent.runtime.holder import launch as launching
from constellagent.runtime.holder import protocol, status
from constellagent.runtime.holder.launch import read_status, sweep
from constellagent.runtime.ports import Launch
from tests.runtime.holder.conftest import PYTHON, Start, until


async def test_a_started_session_runs_its_program_in_a_pty(start: Start) -> None:
    """The program has a terminal of the asked size, its folder and its arguments as they are."""
    session = await start(
        *PYTHON,
        "import os,sys;print(os.isatty(0),os.get_terminal_size(),sys.argv[1:])",
        "$x ;",
        rows=33,
        columns=99,
    )
    output = await session.shows(b"columns=99, lines=33")
    assert b"True" in output
    assert b"['$x ;']" in output
    ended = await session.client.wait()
    assert (ended["exit_status"], ended["signal"], ended["ended_by"]) == (0, None, "itself")
    assert session.status() == ended


async def test_b12_the_program_gets_its_environment_and_the_marker_only(start: Start) -> None:
    """Nothing of the daemon's or the holder's environment leaks; the session's marker is there."""
    os.environ["CONSTELLAGENT_TEST_LEAK"] = "1"
    try:
        session = await start("env", env={"ONE": "1", "TWO": "a\nb=c"})
    finally:
        del os.environ["CONSTELLAGENT_TEST_LEAK"]
    await session.client.wait()
    names = {line.partition(b"=")[0] for line in session.output().split(b"\r\n") if b"=" in line}
    ours = {processes.MARKER, protocol.REPORT_SOCKET, protocol.REPORT_TOKEN}
    assert names == {b"PATH", b"TERM", b"HOME", b"ONE", b"TWO", b"b", *(name.encode() for name in ours)}


async def test_the_program_inherits_no_descriptor_and_no_ignored_signal(start: Start) -> None:
    """It starts as a shell would start it: three descriptors, default signals, the caller's umask."""
    code = (
        "import os,signal;print(sorted(os.listdir('/dev/fd'))[:4]);print(signal.pthread_sigmask(0,()));"
        "print(oct(os.umask(0)));"
    )
    before = os.umask(0o027)
    try:
        session = await start("/bin/sh", "-c", f'trap; exec "{sys.executable}" -I -S -c "$0"', code)
    finally:
        os.umask(before)
    await session.client.wait()
    output = session.output()
    assert b"['0', '1', '2', '3']" in output  # 3 is the listing itself
    assert b"set()" in output
    assert b"0o27" in output
    session = await start("/bin/sh", "-c", "yes | head -n 1; kill -PIPE $$; echo survived")
    assert (await session.client.wait())["signal"] == signal.SIGPIPE


async def test_f6_the_holder_is_lean_and_shows_no_secret(start: Start) -> None:
    """Its command line and environment hold nothing of the session's, its files are private."""
    session = await start("sleep", "60", env={"SECRET": "hunter2-hunter2"})
    holder = session.first["holder_pid"]
    if sys.platform == "linux":
        command = Path(f"/proc/{holder}/cmdline").read_bytes().split(b"\0")
        assert command[-2:] == [session.id.encode(), b""]
        assert b"hunter2" not in b"".join(command) + Path(f"/proc/{holder}/environ").read_bytes()
        links = {str(entry.readlink()) for entry in Path(f"/proc/{holder}/fd").iterdir()}
        assert not any("pytest" in link for link in links)
    assert list(processes.holders_of(session.id)) == [holder]
    assert processes.holders_of("none") == {}
    for file in [session.socket, *session.folder.rglob("*")]:
        assert stat.S_IMODE(file.lstat().st_mode) & 0o077 == 0, file
    assert b"hunter2" not in b"".join(f.read_bytes() for f in session.folder.rglob("*") if f.is_file())


def test_the_holder_imports_nothing_dear() -> None:
    """Start-up time and memory count once per session: the holder stays on cheap modules."""
    dear = {
        "typing",
        "asyncio",
        "dataclasses",
        "logging",
        "pathlib",
        "subprocess",
        "pydantic",
        "inspect",
        "threading",
    }
    code = (
        "import sys; sys.path += sys.argv[1:]\nimport constellagent.runtime.holder.start\nprint(*sys.modules)"
    )
    root = Path(launching.__file__).parents[3]
    argv = [sys.executable, "-I", "-S", "-c", code, str(root), launching._home_of("ptyprocess")]
    modules = subprocess.run(
        argv, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL
    ).stdout
    assert dear & set(modules.split()) == set()
    assert "ptyprocess" in modules


async def test_the_holder_outlives_its_launcher(place: Path) -> None:
    """A launcher that is killed right after the start takes nothing with it."""
    code = """
import asyncio, os, sys
from datetime import timedelta
from pathlib import Path
from constellagent.runtime.holder.launch import launch
from constellagent.runtime.ports import Launch
folder = Path(sys.argv[1])
wanted = Launch("docs", "agent", ("sleep", "60"), folder, {"PATH": os.environ["PATH"]}, grace=timedelta(0))
asyncio.run(launch(wanted, "outlive", folder, folder / "s", 1 << 20))
os.kill(os.getpid(), 9)
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        str(place),
        cwd=Path(launching.__file__).parents[3],
        start_new_session=True,
    )
    try:
        assert await process.wait() == -signal.SIGKILL
        found = read_status(place)
        assert found is not None
        assert processes.alive(found["holder_pid"], found["holder_start"])
        assert processes.alive(found["pid"], found["start"])
        assert os.getsid(found["holder_pid"]) == found["holder_pid"]
    finally:
        assert await sweep("outlive", grace=30) == 1


REASONS = {
    "missing": (("no-such-program",), "command not found: no-such-program on PATH"),
    "missing path": (("./no-such-program",), "command not found: ./no-such-program in /"),
    "folder": (("/tmp",), "/tmp is a folder"),
    "not executable": (("./plain",), "/plain is not executable"),
    "no interpreter line": (("./garbage",), "Exec format error"),
    "interpreter missing": (("./lost",), "No such file"),
    "empty": (("",), "the command is empty"),
    "too long": (("echo", "x" * (3 << 20)), "Argument list too long"),
    "nul": (("echo", "a\0b"), "no program can be given"),
    "surrogate": (("echo", "\ud800"), "no program can be given"),
}


@pytest.mark.parametrize("case", REASONS)
async def test_a_program_that_cannot_start_is_never_started(start: Start, place: Path, case: str) -> None:
    """The reason comes back in words, and neither a holder nor a status is left."""
    (place / "plain").write_text("x")
    for name, text in (("garbage", "\x00\x01"), ("lost", "#!/no/such/interpreter\n")):
        (place / name).write_text(text)
        (place / name).chmod(0o700)
    argv, reason = REASONS[case]
    folder = place / "failed"
    with pytest.raises(WorldError) as raised:
        await start(*argv, folder=folder)
    assert raised.value.message.startswith("docs was not started: ")
    assert reason in raised.value.message
    assert (os.environ["PATH"] in raised.value.hint) == (case == "missing")
    assert os.environ["PATH"] not in raised.value.message
    assert read_status(folder) is None
    assert not list(place.glob("*.sock"))


@pytest.mark.parametrize(("cwd", "reason"), [("none", "No such file"), ("plain", "it is not a folder")])
async def test_a_folder_that_cannot_be_entered_is_a_failed_start(
    start: Start, place: Path, cwd: str, reason: str
) -> None:
    """A missing folder, or a file in its place, is named."""
    (place / "plain").write_text("x")
    with pytest.raises(WorldError, match=reason):
        await start("true", cwd=place / cwd)


async def test_commands_are_found_on_the_path_of_the_session(start: Start, place: Path) -> None:
    """PATH is that of `env`, relative entries and commands with a slash count from the session's folder."""
    tool = place / "bin" / "tool"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho found me\n")
    tool.chmod(0o700)
    for argv, path in ((("tool",), f"/usr/bin:{place}/bin"), (("tool",), "bin"), (("bin/tool",), "")):
        session = await start(*argv, env={"PATH": path})
        await session.client.wait()
        assert session.output() == b"found me\r\n"


async def test_a_holder_that_does_not_answer_is_given_up(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The start is bounded in time, and what was begun is ended."""
    monkeypatch.setattr(launching, "_HANDSHAKE", 0.03)
    wanted = Launch("docs", "agent", ("sleep", "60"), place, {"PATH": os.environ["PATH"]})
    session = f"late-{os.getpid()}"
    for _ in range(3):
        with contextlib.suppress(WorldError):
            await launching.launch(wanted, session, place, place / "s", 1 << 20)
            assert await sweep(session)  # this time it was fast enough
        assert processes.holders_of(session) == {}
        assert processes.with_marker(session) == {}
    monkeypatch.setattr(launching, "_HANDSHAKE", 0.0)
    with pytest.raises(WorldError, match="did not answer"):
        await launching.launch(wanted, session, place, place / "s", 1 << 20)


async def test_a_cancelled_start_leaves_nothing(start: Start, place: Path) -> None:
    """A launcher that is told to stop in the middle ends what it began."""
    before = await asyncio.to_thread(processes.children_of, os.getpid())
    started = asyncio.ensure_future(start("sleep", "61", folder=place / "cancelled"))
    await until((place / "cancelled" / "holder.log").exists)
    started.cancel()
    with pytest.raises(asyncio.CancelledError):
        await started
    after = await asyncio.to_thread(processes.children_of, os.getpid())
    assert after.items() <= before.items()


async def test_a_holder_that_cannot_work_says_why(place: Path) -> None:
    """A session's folder that is none ends the holder, with the reason as the answer."""
    (place / "file").write_text("x")
    wanted = Launch("docs", "agent", ("true",), place, {"PATH": os.environ["PATH"]})
    with pytest.raises(WorldError, match=r"holder failed.*Not a directory"):
        await launching.launch(wanted, "broken", place / "file", place / "s", 1 << 20)


async def test_a_holder_that_fails_late_leaves_no_program(place: Path) -> None:
    """Where the status cannot be written the program runs already: it is ended, and the start has failed."""
    (place / status.NAME).mkdir()
    wanted = Launch("docs", "agent", ("nohup", "sleep", "60"), place, {"PATH": os.environ["PATH"]})
    with pytest.raises(WorldError, match="holder failed"):
        await launching.launch(wanted, f"late-{os.getpid()}", place, place / "s", 1 << 20)
    assert processes.with_marker(f"late-{os.getpid()}") == {}
    assert not (place / "s").exists()


def test_a_status_that_is_no_status_is_an_error(tmp_path: Path) -> None:
    """Broken is not absent: nothing is concluded from a file that cannot be read."""
    assert read_status(tmp_path) is None
    (tmp_path / status.NAME).write_text("[1]")
    with pytest.raises(WorldError, match="holds no status"):
        read_status(tmp_path)
    (tmp_path / status.NAME).write_text("{")
    with pytest.raises(WorldError, match="cannot read"):
        read_status(tmp_path)


def test_a_status_is_written_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end is recorded in place of the start where no new file can be written."""
    status.write(str(tmp_path), {"ended_at": None, "text": "x" * 900}, final=False)
    real = os.open

    def full(path: str, flags: int, mode: int = 0o777) -> int:
        if str(path).endswith(".new"):
            raise OSError(28, "No space left on device")
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", full)  # a disk that is full to the last block cannot be had without root
    status.write(str(tmp_path), {"ended_at": 1.5}, final=True)
    assert status.read(str(tmp_path)) == {"ended_at": 1.5}
    assert [file.name for file in tmp_path.iterdir()] == [status.NAME]


async def test_sweeping_what_is_not_there_does_nothing() -> None:
    """No holder, no process, no harm."""
    assert await sweep("no-such-session") == 0


async def test_the_program_gets_the_limit_that_the_daemon_found(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon raises for itself how many files may be open; a program may pass them to `select`."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    monkeypatch.setattr(descriptors, "_found", soft - 1)
    session = await start("/bin/sh", "-c", "ulimit -Sn")
    await session.client.wait()
    assert session.output().split()[0] == str(soft - 1).encode()
