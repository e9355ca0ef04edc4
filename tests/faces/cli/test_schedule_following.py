"""Following one run to its end."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.cli import schedule_following as following
from constellagent.faces.cli.reach import daemon as reach
from constellagent.runtime.paths import Paths
from tests.faces.cli.conftest import OnTerminal
from tests.faces.cli.scheduled import RUN, open_view, run_view, schedule_view
from tests.faces.cli.session import Session
from tests.faces.fake_control import FakeControl, Queue


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"state": "failed", "exit_status": 7}, 7),
        ({"state": "failed", "exit_status": None, "why": "it could not be started"}, 1),
        ({"state": "stopped", "exit_status": 0}, 1),
        ({"state": "cancelled", "exit_status": None}, 1),
    ],
)
def test_only_success_is_nought(changes: dict[str, Any], code: int) -> None:
    """A run that did not succeed never exits with 0, whatever its program said."""
    assert following.exit_code(run_view(**changes)) == code


def test_a_signal_is_what_a_shell_says(paths: Paths) -> None:
    """Of a run that a signal ended the exit code comes from its session, as for other runs."""
    session = Session(paths.sessions / RUN)
    session.end(exit_status=None, signal=15)
    assert following.exit_code(run_view(state="timeout", exit_status=None, log=session.log)) == 143


def test_what_will_not_run_ends_the_wait(
    daemon: FakeControl, repo: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A run that is cancelled in the queue is said to be, and has no output to copy."""
    daemon.answers["history"] = [run_view(state="cancelled", why="its schedule was paused", exit_status=None)]
    daemon.answers["list"] = [schedule_view()]
    ended = following.follow("/f", open_view("queued"), output=True)
    assert ended["state"] == "cancelled"
    assert "triage/morning: cancelled, its schedule was paused" in capfd.readouterr().err


def test_a_program_that_is_not_there(
    daemon: FakeControl, paths: Paths, repo: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A run that got a folder for its output and could not be started then says why, and exits with 1."""
    why, log = "it could not be started: command not found: x on PATH", str(paths.sessions / RUN / "log")
    Path(log).mkdir(parents=True)
    failed = run_view(state="failed", why=why, exit_status=None, log=log, started_at="", seconds=None)
    daemon.answers["history"] = [failed]
    daemon.answers["list"] = [schedule_view()]

    ended = following.follow("/f", open_view("claimed", log=log, started_at=""), output=True)

    assert following.exit_code(ended) == 1
    assert "triage/morning: failed, it could not be started: command not found" in capfd.readouterr().err


def test_the_next_try_is_said(daemon: FakeControl, repo: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A run that failed and is tried again says when; a schedule that has gone meanwhile says nothing."""
    daemon.answers["history"] = [run_view(state="failed", exit_status=1)]
    retry = open_view("queued", fire_at=run_view()["fire_at"], attempt=2, due="2026-11-22T07:12:00Z")
    daemon.answers["list"] = [schedule_view(open=[open_view(), retry])]
    following.follow("/f", open_view("queued"), output=True)
    assert capfd.readouterr().err.endswith("it is tried again at 2026-11-22 07:12 UTC: attempt 2\n")


def test_a_schedule_that_has_gone(daemon: FakeControl, paths: Paths) -> None:
    """A schedule that was removed while its run went on does not hide how the run ended."""
    daemon.fail("schedule", UsageError("no schedule"))
    with reach() as client:
        following._tell_end(client, "/f", run_view(state="failed"))


def test_ctrl_c_lets_it_go_on(
    daemon: FakeControl, paths: Paths, repo: Path, terminal: Callable[..., OnTerminal]
) -> None:
    """Ctrl-C ends the looking on with 130; the run is not stopped, and the ways back are said."""
    session = Session(paths.sessions / RUN)
    session.write(b"hello")
    daemon.answers["run"] = open_view(log=session.log)
    run = terminal("schedule", "run", "triage")
    run.until("hello")
    run.interrupt()
    assert run.end() == 130
    assert "triage/morning goes on: `constellagent logs triage/morning -f`" in run.said
    assert "stop" not in [method for method, _ in daemon.asked]


def test_the_present_run(daemon: FakeControl) -> None:
    """The run that goes on comes first, then the one that waits, then the newest that ended."""
    running, queued = open_view(), open_view("queued")
    answers = [
        ([queued, running], "running"),
        ([queued], "queued"),
        ([], "succeeded"),
    ]
    daemon.answers["list"] = Queue([[schedule_view(open=runs)] for runs, _ in answers])
    with reach() as client:
        for _, state in answers:
            assert following.present(client, "/f", "triage/morning")["state"] == state
        daemon.answers["list"] = [schedule_view(last=None)]
        with pytest.raises(ConstellagentError, match="has not run yet") as caught:
            following.present(client, "/f", "triage/morning")
    assert "schedule run triage/morning" in caught.value.hint
