"""The table of `status`."""

import io

import pytest

from constellagent.faces.cli import screen, status_table
from constellagent.runtime.control import ConstellationView
from tests.faces.fake_control import agent_view, service_view
from tests.golden_option import Golden

NOW = 1_000_000.0


def constellation(**changes: object) -> ConstellationView:
    """Return a constellation with an agent in each kind of state."""
    view = ConstellationView(
        name="acme",
        file="/repo/acme/constellation.yaml",
        repo="/repo/acme",
        agents=[
            agent_view(
                "auth-redesign", "waiting", reason="permission", branch="feature/auth-redesign", ahead=12
            ),
            agent_view("docs", "working", since=NOW - 7300),
            agent_view(
                "triage",
                "failed",
                reason="exit status 1",
                restarts=3,
                identity=None,
                address=None,
                ahead=None,
            ),
            agent_view("日本語", "exited", since=None, branch="x" * 60, declared=False),
            agent_view(
                "evil\x1b[2J", "unknown", reason="the holder\ndoes not answer", restarts=1, address=None
            ),
        ],
        services=[service_view("shop"), service_view("db", "failed", reason="port 5432 is taken")],
    )
    return ConstellationView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


@pytest.mark.parametrize("columns", [80, 140])
def test_table(columns: int, golden: Golden) -> None:
    """Agents and services are aligned, cut to the terminal's width, and say what needs attention."""
    lines = status_table.lines([constellation()], NOW, columns, io.StringIO())
    assert all(screen.width(line) <= columns for line in lines)
    golden(f"cli/status-{columns}.txt", "\n".join(lines) + "\n")


def test_several_and_broken_ones(golden: Golden) -> None:
    """One constellation that cannot be shown says why and hides none of the others."""
    broken = constellation(name="old", problem="the file is gone", agents=[], services=[])
    empty = constellation(name="new", agents=[], services=[])
    lines = status_table.lines([broken, empty], NOW, 80, io.StringIO())
    golden("cli/status-all.txt", "\n".join(lines) + "\n")


def test_a_provider_out_of_reach() -> None:
    """That identities are unknown is said above the agents, which are shown all the same."""
    view = constellation(provider_problem="no answer from\x1bravi.example")
    lines = status_table.lines([view], NOW, 80, io.StringIO())
    assert lines[1].startswith("identities are unknown: no answer from")
    assert "\x1b" not in lines[1]
    assert len(lines) == len(status_table.lines([constellation()], NOW, 80, io.StringIO())) + 1


def test_nothing_yet() -> None:
    """Before the first apply there is a sentence in the place of a table."""
    assert status_table.lines([], NOW, 80, io.StringIO()) == ["nothing was applied yet"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0s"), (0, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"), (7200, "2h"), (200_000, "2d")],
)
def test_age(seconds: float, text: str) -> None:
    """Ages are in their largest whole unit."""
    assert status_table.age(seconds) == text


def test_what_wakes_an_agent_next() -> None:
    """An agent's next fire and its open runs stand among its notes, without the agent's name."""
    runs = [
        {"run": "1", "schedule": "docs/daily", "state": "running", "since": NOW - 200},
        {"run": "2", "schedule": "docs/weekly", "state": "queued", "since": None},
    ]
    fire = {"schedule": "docs/daily", "fire_at": "", "due": NOW + 7300}
    agent = agent_view("docs", "stopped", reason="never started", runs=runs, next_fire=fire)
    lines = status_table.lines([constellation(agents=[agent], services=[])], NOW, 200, io.StringIO())
    assert lines[2].endswith("never started, daily running for 3m, weekly queued, daily in 2h")
