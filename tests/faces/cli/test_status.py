"""`status`: which views, in which form."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from constellagent.faces.cli import status
from constellagent.runtime.control import ConstellationView
from tests.faces.cli.conftest import OnTerminal
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, agent_view, service_view


@pytest.fixture
def views(daemon: FakeControl) -> list[ConstellationView]:
    """Let the daemon show one constellation."""
    daemon.views = [
        ConstellationView(
            name="acme",
            file="/f",
            repo="/r",
            agents=[agent_view("docs"), agent_view("api")],
            services=[service_view("shop")],
        )
    ]
    return daemon.views


def test_shows_the_nearest_constellation(daemon: FakeControl, views: object, repo: Path, cli: Cli) -> None:
    """The table is the result, and the daemon is asked about the file of this repository."""
    ran = cli("status")
    assert ran.code == 0
    assert ran.err == ""
    assert [line.split()[0] for line in ran.out.splitlines()] == [
        "acme",
        "AGENT",
        "docs",
        "api",
        "SERVICE",
        "shop",
    ]
    assert daemon.asked == [("status", {"file": str(repo / "constellation.yaml")})]


def test_all_needs_no_file(
    daemon: FakeControl, views: object, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--all works anywhere, and contradicts --file."""
    monkeypatch.chdir(tmp_path)
    assert cli("status", "--all").code == 0
    assert daemon.asked == [("status", {"file": None})]
    assert cli("status", "--all", "--file", "x").code == 64


def test_json_is_the_views(views: list[ConstellationView], repo: Path, cli: Cli) -> None:
    """--json is what the daemon answered."""
    assert json.loads(cli("status", "--json").out) == views


def test_limits_to_names(views: object, repo: Path, cli: Cli) -> None:
    """Names limit the view; an unknown one is an error that lists the known."""
    (view,) = json.loads(cli("status", "api", "shop", "--json").out)
    assert [row["name"] for row in (*view["agents"], *view["services"])] == ["api", "shop"]
    ran = cli("status", "nobody")
    assert ran.code == 64
    assert "there are: api, docs, shop" in ran.err


def test_watch_redraws_until_interrupted(
    views: list[ConstellationView], repo: Path, terminal: Callable[..., OnTerminal]
) -> None:
    """--watch keeps showing the newest state on a screen of its own, and gives the terminal back."""
    run = terminal("status", "--watch")
    run.until("docs")
    views[0]["agents"].append(agent_view("newcomer", "failed"))
    run.until("newcomer")
    run.interrupt()
    assert run.end() == 130
    assert run.said.index("\x1b[?1049h") < run.said.rindex("\x1b[?1049l")
    assert "\x1b[31mfailed" in run.said
    assert run.said.rstrip().endswith("\x1b[?25h\x1b[?1049l")


def test_watch_without_a_terminal(
    views: object, repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal the tables follow each other as plain text.

    The pause is replaced by Ctrl-C on the third look, so that the test ends.
    """
    looks = iter([None, None])

    def pause(_: float) -> None:
        if next(looks, StopIteration) is StopIteration:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", pause)
    ran = cli("status", "--watch")
    assert ran.code == 130
    assert ran.out.count("AGENT") == 3
    assert "\x1b" not in ran.out
    assert status.INTERVAL > 0
