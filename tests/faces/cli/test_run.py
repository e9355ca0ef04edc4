"""`run`: one run of an agent, and its exit code."""

import json
import os
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from constellagent.agents.streams.outcome import Outcome
from constellagent.faces.cli.run import _together
from constellagent.runtime.headless import result
from constellagent.runtime.headless.result import Result
from constellagent.runtime.paths import Paths
from tests.faces.cli.session import Session
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, session_view


@pytest.fixture
def session(daemon: FakeControl, paths: Paths) -> Session:
    """Give the session that the daemon starts."""
    made = Session(paths.sessions / "r1")
    daemon.session_answer = session_view(id="r1", role="run", log=made.log)
    return made


def test_streams_and_takes_the_exit_code(daemon: FakeControl, session: Session, repo: Path, cli: Cli) -> None:
    """The output is copied while it comes, and the command's exit status becomes ours."""

    def work() -> None:
        session.write(b"hello\r\n")
        session.end(exit_status=7)

    later = threading.Timer(0.2, work)
    later.start()
    ran = cli("run", "docs", "Write a poem.")
    later.join()
    assert (ran.code, ran.out) == (7, "hello\r\n")
    assert daemon.requests("run") == [
        {"file": str(repo / "constellation.yaml"), "agent": "docs", "prompt": "Write a poem."}
    ]


def test_a_command_in_its_place(daemon: FakeControl, session: Session, repo: Path, cli: Cli) -> None:
    """What follows -- is the command, word for word, flags of ours included."""
    session.end(exit_status=None, signal=9)
    assert cli("run", "docs", "--", "ls", "--json", "-f", "--").code == 137
    assert daemon.requests("run")[0]["argv"] == ["ls", "--json", "-f", "--"]


def test_detach(daemon: FakeControl, session: Session, repo: Path, cli: Cli) -> None:
    """--detach prints the session's id and does not wait for its end."""
    assert cli("run", "docs", "--detach").out == "r1\n"
    assert json.loads(cli("run", "docs", "-d", "--json").out)["id"] == "r1"


def test_json(session: Session, repo: Path, cli: Cli) -> None:
    """--json says how it ended in the place of the output."""
    session.write(b"noise")
    session.end(exit_status=3)
    ran = cli("run", "docs", "--json")
    assert ran.code == 3
    found = json.loads(ran.out)
    assert (found["session"], found["exit_code"], found["bytes"]) == ("r1", 3, 5)


def judged(session: Session, verdict: Result, exit_status: int) -> None:
    """End a headless run with a verdict."""
    result.write(str(Path(session.log).parent), verdict)
    session.end(exit_status=exit_status)


def test_a_verdict_is_told(session: Session, repo: Path, cli: Cli) -> None:
    """How the run of a coding agent went is said beside its output, with what it used."""
    outcome = Outcome(ok=True, answer="Done.", denied=("Write",), input=1200, output=30, cost=0.5, turns=2)
    why = "was not allowed to: Write; changed nothing"
    judged(session, Result(False, why, timed_out=False, exit_status=0, outcome=outcome), 1)

    ran = cli("run", "docs", "Write.")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines()[-1] == f"failed: {why} (1.2k/30 $0.50)"

    ran = cli("run", "docs", "Write.", "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["verdict"] == {
        "ok": False,
        "why": why,
        "timed_out": False,
        "answer": "Done.",
        "denied": ["Write"],
        "conversation": "",
        "turns": 2,
        "usage": {"input": 1200, "output": 30, "cost": 0.5},
    }


@pytest.mark.parametrize(
    ("together", "said"), [(True, "failed (1/0)"), (False, "failed: exit status 1; no model (1/0)")]
)
def test_a_reason_is_said_once(
    session: Session, repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, together: bool, said: str
) -> None:
    """The output ends with it, so it is said beside that only where the two are read apart."""
    monkeypatch.setattr("constellagent.faces.cli.run._together", lambda: together)
    why = "exit status 1; no model"
    session.write(f"claude failed: {why}\r\n".encode())
    outcome = Outcome(ok=False, why="no model", input=1)
    judged(session, Result(False, why, timed_out=False, exit_status=1, outcome=outcome), 1)

    assert cli("run", "docs", "Write.").err.splitlines()[-1] == said


@pytest.mark.parametrize(("stream", "together"), [("stdout", True), ("a pipe", False)])
def test_output_and_what_is_said_beside_it_may_be_read_together(
    stream: str, together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On one terminal, or in one file, they are; not where each has a place of its own."""
    with tempfile.TemporaryFile("w") as one, tempfile.TemporaryFile("w") as other:
        monkeypatch.setattr(sys, "stdout", one)
        monkeypatch.setattr(sys, "stderr", one if stream == "stdout" else other)
        assert _together() == together


def test_a_good_verdict_is_short(session: Session, repo: Path, cli: Cli) -> None:
    """A run that went well, and says nothing of what it used, is done."""
    judged(session, Result(True, "", timed_out=False, exit_status=0, outcome=Outcome(ok=True)), 0)

    ran = cli("run", "docs", "Write.")
    assert (ran.code, ran.err.splitlines()[-1]) == (0, "done")


def test_a_verdict_that_cannot_be_read_is_an_error(session: Session, repo: Path, cli: Cli) -> None:
    """A damaged outcome is not taken for any end."""
    session.end(exit_status=0)
    (Path(session.log).parent / result.NAME).write_text("{")

    ran = cli("run", "docs", "Write.")
    assert (ran.code, "how the run went cannot be read" in ran.err) == (1, True)


@pytest.mark.parametrize(("text", "seconds"), [("90", 90.0), ("20m", 1200.0)])
def test_a_time_limit(
    daemon: FakeControl, session: Session, repo: Path, cli: Cli, text: str, seconds: float
) -> None:
    """--timeout is a span, a bare number seconds."""
    session.end(exit_status=0)
    cli("run", "docs", "--timeout", text)
    assert daemon.requests("run")[0]["timeout"] == seconds


@pytest.mark.parametrize("text", ["0", "soon", "-1"])
def test_what_is_no_time_limit(session: Session, repo: Path, cli: Cli, text: str) -> None:
    """A limit of nothing is wrong usage."""
    assert cli("run", "docs", f"--timeout={text}").code == 64


def test_a_prompt_or_a_command(session: Session, repo: Path, cli: Cli) -> None:
    """Both at once is wrong usage."""
    assert cli("run", "docs", "prompt", "--", "ls").code == 64


def test_interrupt_stops_the_run(
    session: Session, daemon: FakeControl, repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C stops the run itself, and says how it ended.

    The pause of the reader is replaced by Ctrl-C.
    """

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupted)
    ran = cli("run", "docs")
    assert ran.code == 130
    assert [parameters["subject"] for method, parameters in daemon.asked if method == "stop"] == ["r1"]


def test_what_is_piped_in_is_not_lost_unsaid(
    session: Session, repo: Path, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program has a terminal of its own, so a full pipe or file is told of; an empty one is not."""
    session.end(exit_status=0)
    reader, writer = os.pipe()
    (tmp_path / "file").write_text("s")
    with os.fdopen(reader) as pipe, os.fdopen(writer, "w") as sends, (tmp_path / "file").open() as file:
        monkeypatch.setattr("sys.stdin", pipe)
        assert "pipe" not in cli("run", "docs").err
        sends.write("secret")
        sends.flush()
        for stdin in (pipe, file):
            monkeypatch.setattr("sys.stdin", stdin)
            assert "gets nothing of this pipe" in cli("run", "docs").err
