"""`logs`: the output of sessions and of setup steps."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from constellagent.runtime.paths import Paths, constellation_id
from tests.faces.cli.conftest import OnTerminal
from tests.faces.cli.session import Session
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, session_view


@pytest.fixture
def session(daemon: FakeControl, paths: Paths) -> Session:
    """Give a session that the daemon knows as the newest one."""
    made = Session(paths.sessions / "s1")
    daemon.session_answer = session_view(log=made.log)
    return made


def test_shows_the_end(daemon: FakeControl, session: Session, repo: Path, cli: Cli) -> None:
    """The end of the log goes to stdout as it is, and no more of it than asked."""
    session.write(b"\x1b[31mone\x1b[0m\ntwo\n")
    assert cli("logs", "docs").out == "\x1b[31mone\x1b[0m\ntwo\n"
    assert cli("logs", "docs", "--bytes", "4").out == "two\n"
    assert cli("logs", "docs", "--since-offset", "13").out == "two\n"
    assert daemon.asked[0] == ("session", {"file": str(repo / "constellation.yaml"), "subject": "docs"})


def test_follows(session: Session, repo: Path, cli: Cli) -> None:
    """-f goes on until the session ends."""
    session.write(b"one\n")

    def go_on() -> None:
        session.write(b"two\n")
        session.end()

    later = threading.Timer(0.2, go_on)
    later.start()
    assert cli("logs", "docs", "-f").out == "one\ntwo\n"
    later.join()


def test_json(session: Session, repo: Path, cli: Cli) -> None:
    """--json tells where the text lies in the log, so that the next call can go on from there."""
    session.write(b"caf\xc3\xa9 \xff\n")
    assert json.loads(cli("logs", "docs", "--json").out) == {
        "session": "s1", "live": True, "begin": 0, "end": 8, "text": "café \N{REPLACEMENT CHARACTER}\n",
    }  # fmt: skip
    session.end()
    assert json.loads(cli("logs", "docs", "--json", "--since-offset", "8").out)["text"] == ""


def test_a_session_by_its_id_needs_no_daemon(
    paths: Paths, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """--session reads from disk: no daemon is started, and no repository is needed."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(paths.home))
    monkeypatch.chdir(tmp_path)
    Session(paths.sessions / "s9").write(b"alone\n")
    assert cli("logs", "--session", "s9").out == "alone\n"
    assert not paths.control_socket.exists()
    assert cli("logs", "--session", "../sessions/s9").code == 64
    assert cli("logs", "--session", "s8").code == 64


@pytest.mark.parametrize(
    "words", [(), ("docs", "--session", "s1"), ("docs", "--bytes=-1"), ("docs", "--since-offset=-1")]
)
def test_contradictions(session: Session, repo: Path, cli: Cli, words: tuple[str, ...]) -> None:
    """A call that says too little, too much or nonsense is wrong usage."""
    assert cli("logs", *words).code == 64


def test_a_terminal_is_asked_nothing_and_left_as_it_was(
    session: Session, repo: Path, terminal: Callable[..., OnTerminal]
) -> None:
    """On a terminal, questions of the program are taken out, and modes that it set are undone at the end."""
    session.write(b"\x1b[?1049h\x1b[?1000h\x1b[6nhello")
    run = terminal("logs", "docs")
    assert run.end() == 0
    assert "hello" in run.said
    assert "\x1b[6n" not in run.said
    assert "\x1b[?1049l" in run.said
    assert "\x1b[?1000l" in run.said


def test_setup_logs(paths: Paths, repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """--setup shows the kept logs of the setup steps in their order, without a daemon."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(paths.home))
    assert cli("logs", "docs", "--setup").code == 64
    assert cli("logs", "--setup").code == 64
    folder = paths.logs / constellation_id((repo / "constellation.yaml").resolve()) / "docs"
    folder.mkdir(parents=True)
    for number in (10, 2, 1):
        (folder / f"setup-{number}.log").write_text(f"step {number}")
    assert cli("logs", "docs", "--setup").out == "step 1\nstep 2\nstep 10\n"
    found = json.loads(cli("logs", "docs", "--setup", "--json").out)
    assert [entry["text"] for entry in found] == ["step 1", "step 2", "step 10"]
