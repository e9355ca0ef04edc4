"""`usage`: what agents have used."""

import json
from pathlib import Path

from constellagent.faces.cli.usage import lines
from constellagent.runtime.usage_views import DayView, UsageReport
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl


def day(agent: str, *, date: str = "2026-11-22", cost: float | None = None) -> DayView:
    """Return what an agent used on a day."""
    return DayView(agent=agent, day=date, runs=2, input=12_345, output=678, cost=cost)


def report(*days: DayView) -> UsageReport:
    """Return a report with limits."""
    return UsageReport(
        timezone="UTC",
        today="2026-11-22",
        days=list(days),
        limits={"working": 3, "cost_per_day": 5.0},
        agents={"docs": {"tokens_per_run": 20_000}},
        held={"docs": "limit: cost_per_day 5.00 of 5.00 for all agents"},
    )


def test_a_line_for_each_agent_and_day(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """With a sum where there are several, the limits, and who is held."""
    daemon.usage_answer = report(day("docs", cost=0.5), day("site"))
    done = cli("usage")
    assert done.out.splitlines() == [
        "DAY         AGENT              RUNS  TOKENS READ  WRITTEN  COST",
        "2026-11-22  docs               2     12,345       678      $0.50",
        "2026-11-22  site               2     12,345       678",
        "            in all (2 agents)  4     24,690       1,356    $0.50",
        "",
        "all agents: working 3",
        "all agents: cost_per_day $5.00",
        "docs: tokens_per_run 20,000",
        "docs begins nothing more today: limit: cost_per_day 5.00 of 5.00 for all agents",
    ]
    file = str(repo / "constellation.yaml")
    assert daemon.asked == [("usage", {"request": {"file": file, "days": 1, "agents": []}})]


def test_some_agents_and_days(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """As they were named; JSON is the report itself."""
    done = cli("usage", "docs", "site", "--days", "7", "--json")
    assert json.loads(done.out) == daemon.usage_answer
    request = daemon.asked[0][1]["request"]
    assert (request["file"], request["days"]) == (str(repo / "constellation.yaml"), 7)
    assert request["agents"] == ["docs", "site"]
    assert cli("usage", "--days", "0").code == 64


def test_nothing_used() -> None:
    """It says so, and nothing of limits that there are not."""
    empty = report()
    assert lines({**empty, "limits": {}, "agents": {}, "held": {}}, 1, 80) == ["nothing was used today"]
    assert lines({**empty, "limits": {}, "agents": {}, "held": {}}, 7, 80) == [
        "nothing was used on the last 7 days"
    ]
