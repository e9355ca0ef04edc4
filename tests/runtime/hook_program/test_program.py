"""The hook as a whole process: it reports, it is quick, and it never disturbs who calls it."""

import json
import os
import pty
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.agents.start import KINDS
from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.reports import Reports
from constellagent.runtime.holder.stream import Reported
from constellagent.runtime.hook_program import AGENTS, STATES
from constellagent.runtime.hook_program import program as hook_limits
from constellagent.runtime.hook_program.program import NotReportedError, report
from constellagent.runtime.reports.heard import read
from tests.runtime.reporting import call, command, hook_program, least


class Door:
    """A holder's socket, without a session behind it.

    Attributes:
        env: what to report with.
        got: what was reported.
    """

    def __init__(self, folder: Path) -> None:
        self._reports = Reports(str(folder))
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(folder / "s"))
        self._listener.listen(50)
        self.env = self._reports.variables(str(folder / "s"))
        self.got: list[Reported] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """Take no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        self._reports.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        decoder = protocol.Decoder()
        while data := connection.recv(1 << 16):
            for _, payload in decoder.feed(data):
                try:
                    number, record = self._reports.take(payload, 0)
                except protocol.ProtocolError as error:
                    connection.sendall(protocol.error(str(error)))
                    return
                ((_, told),) = protocol.Decoder().feed(record)
                self.got.append(Reported.parse(told))
                connection.sendall(protocol.taken(number))


@pytest.fixture
def door() -> Iterator[Door]:
    """Give something to report to."""
    with tempfile.TemporaryDirectory(prefix="ca-d-", dir="/tmp") as folder:
        door = Door(Path(folder))
        yield door
        door.close()


@pytest.fixture(scope="module")
def program() -> Iterator[Path]:
    """Give the installed hook, with time for a machine that is busy."""
    with hook_program() as program:
        yield program


@pytest.fixture(scope="module")
def hasty() -> Iterator[Path]:
    """Give the installed hook as it is."""
    with hook_program(patience=None) as program:
        yield program


@pytest.mark.parametrize("state", STATES)
def test_each_state_is_reported_with_reason_and_message(program: Path, door: Door, state: str) -> None:
    """The daemon makes the same state of it, with the words that came along; nothing is printed."""
    done = call(program, state, "--reason", "may I", "--message=delete it?", env=door.env)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    heard = read(door.got[0])
    assert heard is not None
    assert heard.report.state == {"idle": "waiting"}.get(state, state)
    assert (heard.report.reason, heard.report.message) == ("may I", "delete it?")


def test_every_kind_that_has_a_program_may_call_it() -> None:
    """The names that the hook knows are those of the kinds, except `command`, which has no own words."""
    assert {*AGENTS} == KINDS.keys() - {"command"}


def test_a_program_s_json_comes_from_stdin_or_the_last_word(program: Path, door: Door) -> None:
    """As claude gives it, byte for byte, and as codex gives it to `notify`."""
    told = '{"hook_event_name": "Stop", "text": "\N{SNOWMAN}"}\n'.encode()
    assert call(program, "claude", env=door.env, stdin=told).returncode == 0
    assert call(program, "codex", '{"type": "x"}', env=door.env, stdin=b"not this").returncode == 0
    assert [(got.event, got.data) for got in door.got] == [("claude", told), ("codex", b'{"type": "x"}')]


def test_megabytes_are_read_and_cut(program: Path, door: Door) -> None:
    """A tool that writes a large file neither blocks nor loses the report of it."""
    told = json.dumps({"hook_event_name": "PreToolUse", "content": "x" * 2_000_000}).encode()
    assert call(program, "claude", env=door.env, stdin=told).returncode == 0
    assert json.loads(door.got[0].data)["hook_event_name"] == "PreToolUse"
    assert len(door.got[0].data) <= protocol.REPORT_DATA


def test_a_stdin_that_never_ends_is_not_waited_for(door: Door) -> None:
    """What came within the limit is reported, and the call ends though nobody closes its stdin."""
    with (
        hook_program(patience=3.0) as program,
        subprocess.Popen(command(program, "claude"), env=least(door.env), stdin=subprocess.PIPE) as caller,
    ):
        assert caller.stdin is not None
        caller.stdin.write(b'{"a": 1}')
        caller.stdin.flush()
        assert caller.wait(timeout=30) == 0
    assert door.got[0].data == b'{"a": 1}'


def test_a_terminal_is_never_read(program: Path, door: Door) -> None:
    """What a person types, or a program that owns the terminal waits for, stays where it is."""
    master, slave = pty.openpty()
    os.write(master, b"typed by a person\n")
    done = subprocess.run(
        command(program, "claude"),
        env=least(door.env),
        stdin=slave,
        capture_output=True,
        timeout=30,
        check=True,
    )
    assert (done.stdout, done.stderr) == (b"", b"")
    assert os.read(slave, 100) == b"typed by a person\n"
    os.close(slave)
    os.close(master)
    assert door.got[0].data == b""


def test_a_closed_stdin_is_fine(program: Path, door: Door) -> None:
    """A program that gives its hooks no stdin at all loses nothing but the payload."""
    script = f'exec "{program}" claude <&-'
    done = subprocess.run(
        ["/bin/sh", "-c", script], env=least(door.env), capture_output=True, timeout=30, check=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")
    assert [got.event for got in door.got] == ["claude"]


@pytest.mark.parametrize(
    ("words", "env", "said"),
    [
        (("working",), {}, b"no session"),
        (
            ("working",),
            {protocol.REPORT_SOCKET: "/nowhere/s", protocol.REPORT_TOKEN: "t"},
            b"cannot be reached",
        ),
        (("wrking",), None, b"no event"),
        ((), None, b"no event"),
        (("working", "--reson", "x"), None, b"no option --reson"),
        (("working",), {protocol.REPORT_TOKEN: "wrong"}, b"another token"),
    ],
)
def test_what_goes_wrong_is_said_only_where_asked(
    program: Path, door: Door, words: tuple[str, ...], env: dict[str, str] | None, said: bytes
) -> None:
    """Exit 0 and silence always; `--verbose` says why nothing was reported."""
    given = {**door.env, **env} if env is not None and "wrong" in env.values() else env
    given = door.env if given is None else given
    done = call(program, *words, env=given)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    done = call(program, *words, "--verbose", env=given)
    assert (done.returncode, done.stdout) == (0, b"")
    assert said in done.stderr
    assert door.got == []


def test_a_holder_that_does_not_answer_keeps_no_agent_waiting(hasty: Path) -> None:
    """Whoever listens and says nothing, or takes nothing at all, is given up within a second."""
    assert hook_limits._PATIENCE < hook_limits._IN_ALL < 1
    with tempfile.TemporaryDirectory(prefix="ca-d-", dir="/tmp") as folder:
        place = f"{folder}/s"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(place)
            listener.listen(1)
            env = {protocol.REPORT_SOCKET: place, protocol.REPORT_TOKEN: "t"}
            for _ in range(4):  # the queue fills up: the last ones cannot even connect
                done = call(hasty, "claude", env=env, stdin=b"x" * 500_000)
                assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_nothing_in_the_caller_s_folder_or_environment_changes_it(
    program: Path, door: Door, tmp_path: Path
) -> None:
    """Neither `PYTHONPATH` nor a module in the worktree gets loaded."""
    (tmp_path / "json.py").write_text("raise SystemExit(3)")
    env = {**least(door.env), "PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": str(tmp_path / "json.py")}
    done = subprocess.run(command(program, "done"), env=env, cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [got.event for got in door.got] == ["done"]


def test_the_long_name_reports_as_well(door: Door) -> None:
    """`constellagent hook` is the same program for who has no session's PATH."""
    env = {**os.environ, **door.env}
    for words in (("working", "--verbose"), ("--verbose", "idle")):
        done = subprocess.run(
            [sys.executable, "-m", "constellagent", "hook", *words],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
        assert done.stdout == b""
        assert done.stderr.startswith(b"reported, as number")
    assert [got.event for got in door.got] == ["working", "idle"]


def test_it_is_quick(hasty: Path, door: Door) -> None:
    """It takes little more than an interpreter that does nothing, as medians of calls in turn."""

    def took(words: list[str]) -> float:
        begin = time.perf_counter()
        subprocess.run(words, env=least(door.env), stdin=subprocess.DEVNULL, check=True)
        return time.perf_counter() - begin

    python = hasty.read_text().split()[0].removeprefix("#!")
    pairs = [(took(command(hasty, "working")), took([python, "-IS", "-c", "pass"])) for _ in range(11)]
    ours, nothing = (statistics.median(times) for times in zip(*pairs, strict=True))
    assert ours < nothing * 5


def test_words_after_the_data_option_without_value_are_no_error(door: Door) -> None:
    """An option at the end without its value counts as empty."""
    assert report(["waiting", "--reason"], door.env) == 1
    with pytest.raises(NotReportedError):
        report(["--nothing"], door.env)
