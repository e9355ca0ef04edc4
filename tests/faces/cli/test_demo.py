"""The command `demo` where the world does not play along; tests/e2e/test_demo.py is the play itself."""

import os
import signal
from pathlib import Path

import pytest

from constellagent.errors import BusyError, ConflictError, ConstellagentError
from constellagent.faces.cli import demo
from constellagent.faces.cli.demo_cast import CAST
from constellagent.faces.cli.demo_stage import Stage
from tests.faces.cli.demo_rig import Scripted, ended


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing wait for long."""
    monkeypatch.setattr(demo, "_PAUSE", 0.0)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Give a stage without a repository."""
    folder = tmp_path / "a stage"
    folder.mkdir()
    return Stage(folder, str(folder / "constellation.yaml"))


def test_it_is_taken_away_again_and_again(tmp_path: Path) -> None:
    """An apply that still holds the lock, and a process that is still ending, are waited for."""
    daemon = Scripted(tmp_path)
    daemon.results = [BusyError("at it", owner="pid 1"), ended(1, ada="in use"), ended()]
    demo._destroy(daemon.client, "f")

    assert len(daemon.orders) == 3
    assert daemon.orders[-1]["destroy"] is True
    assert daemon.orders[-1]["env"] == {"PATH": os.environ["PATH"]}


@pytest.mark.parametrize("result", [BusyError("at it", owner="pid 1"), ended(1, ada="in use")])
def test_what_cannot_be_taken_away_is_said(
    tmp_path: Path, result: BusyError | dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while the reason is given."""
    monkeypatch.setattr(demo, "_PATIENCE", -1.0)
    daemon = Scripted(tmp_path)
    daemon.results = [result]

    with pytest.raises(ConstellagentError, match=r"at it|ada: in use"):
        demo._destroy(daemon.client, "f")


def test_a_daemon_that_ends_is_an_error(tmp_path: Path) -> None:
    """A stream without a result is no success."""
    daemon = Scripted(tmp_path)
    daemon.results = [None]

    with pytest.raises(ConstellagentError, match="ended before it said"):
        demo._apply(daemon.client, "f", None)


def test_what_is_left_is_named(
    tmp_path: Path, stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where not all can be taken away the folder stays, and the command that removes it is said."""

    def unreachable() -> None:
        raise ConflictError("the daemon is ill")

    monkeypatch.setattr(demo, "daemon", unreachable)
    before = [signal.getsignal(number) for number in demo.ENDINGS]
    with demo._ends_gently():
        assert demo._take_away(stage, with_daemon=False) is False

    said = capsys.readouterr().err
    assert "not all was taken away: the daemon is ill" in said
    assert f"destroy -f '{stage.file}' --force --yes && rm -r '{stage.folder}'" in said
    assert stage.folder.exists()
    assert [signal.getsignal(number) for number in demo.ENDINGS] == before


def test_a_request_to_end_is_as_ctrl_c() -> None:
    """SIGTERM ends the demo in the same gentle way."""
    with pytest.raises(KeyboardInterrupt), demo._ends_gently():
        os.kill(os.getpid(), signal.SIGTERM)


def test_what_is_kept_can_be_looked_at(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said how to look into a kept demo and how to remove it, in words for a shell."""
    demo._say_how_to_look(stage)
    said = capsys.readouterr().err

    assert f"cd '{stage.folder}'\n" in said
    assert f"constellagent attach {next(iter(CAST))}\n" in said
    assert f"constellagent destroy --force --yes && cd / && rm -r '{stage.folder}'\n" in said
