"""The edge of the program: every failure becomes words and a number."""

import json
import os
import signal
import subprocess
import sys

import pytest

from constellagent.errors import BusyError, RefusedError
from constellagent.faces.cli import boundary
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl

PROGRAM = [sys.executable, "-m", "constellagent"]


def test_errors_of_the_daemon_keep_their_exit_code(daemon: FakeControl, repo: object, cli: Cli) -> None:
    """What the daemon refuses ends with that error's exit code, words on stderr, nothing on stdout."""
    daemon.fail("status", BusyError("somebody is at it", owner="apply by pid 7", hint="wait"))
    ran = cli("status")
    assert (ran.code, ran.out) == (75, "")
    assert ran.err == "error: somebody is at it\nhint: wait\n"


def test_json_errors_are_a_result(daemon: FakeControl, repo: object, cli: Cli) -> None:
    """With --json the error is on stdout, as JSON, and stderr is silent."""
    daemon.fail("status", RefusedError("no", ["one"], hint="h"))
    ran = cli("status", "--json")
    assert (ran.code, ran.err) == (3, "")
    assert json.loads(ran.out) == {
        "error": {
            "kind": "RefusedError",
            "message": "no",
            "hint": "h",
            "exit_code": 3,
            "details": {"losses": ["one"]},
        }
    }


def test_a_defect_shows_no_traceback_unless_asked(
    repo: object, cli: Cli, daemon: FakeControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unexpected exception is one line, exit 1, and where to look; --debug shows its traceback.

    The command is replaced by one that fails, because no known input makes a real one do so.
    """

    def broken(_: object) -> str:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("constellagent.faces.cli.status.constellation_file", broken)
    ran = cli("status")
    assert ran.code == 1
    assert ran.err.startswith("error: internal error: ZeroDivisionError: oops\nhint: ")
    assert "daemon.log" in ran.err
    assert "Traceback" in cli("status", "--debug").err
    monkeypatch.setenv("CONSTELLAGENT_DEBUG", "1")
    assert "Traceback" in cli("status").err


def test_debug_shows_where_an_error_came_from(daemon: FakeControl, repo: object, cli: Cli) -> None:
    """--debug adds the traceback to an expected error too."""
    daemon.fail("status", BusyError("busy"))
    ran = cli("status", "--debug")
    assert ran.code == 75
    assert "Traceback" in ran.err
    assert "error: busy" in ran.err


def test_usage_is_64(cli: Cli) -> None:
    """A wrong call exits 64, with where to read on."""
    ran = cli("plan", "--zzz")
    assert ran.code == 64
    assert ran.err == "error: no such option: --zzz\nhint: see `constellagent plan --help`\n"


def test_words_after_a_double_dash_are_not_ours(cli: Cli, repo: object) -> None:
    """A command that takes nothing after `--` says so through typer, and flags there mean nothing to us."""
    ran = cli("validate", "--", "--json")
    assert ran.code == 64
    assert ran.out == ""


def test_interrupt(monkeypatch: pytest.MonkeyPatch, cli: Cli, repo: object) -> None:
    """Ctrl-C ends with 130 and no words."""

    def interrupted(_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("constellagent.faces.cli.validate.constellation_file", interrupted)
    assert cli("validate") == cli("validate", "--json")
    assert cli("validate").code == boundary.INTERRUPTED


def test_a_reader_that_leaves_is_no_error() -> None:
    """`constellagent ... | head` ends quietly."""
    read, write = os.pipe()
    os.close(read)
    ran = subprocess.run([*PROGRAM, "schema"], stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_interrupt_of_the_whole_process(daemon: FakeControl, repo: object) -> None:
    """Ctrl-C in a watching command ends the process with 130 and no traceback."""
    process = subprocess.Popen(
        [*PROGRAM, "status", "--watch", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "[]\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "")
