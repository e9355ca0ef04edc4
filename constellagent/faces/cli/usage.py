"""`constellagent usage`: what agents have used, by day, beside what they may."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Agents, File, Json, Option
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.faces.wording import counted

if TYPE_CHECKING:
    from constellagent.runtime.usage_views import DayView, UsageReport

_HEAD = ("DAY", "AGENT", "RUNS", "TOKENS READ", "WRITTEN", "COST")


def usage(
    agents: Agents = None,
    *,
    days: Annotated[int, Option(("--days",), "How many days, today included [default: 1].", "N")] = 1,
    file: File = None,
    as_json: Json = False,
) -> int:
    """Show runs, tokens and cost of each agent by day, and the limits in effect.

    Tokens and cost are what the agents' programs tell. Days are those of the file's timezone.
    """
    if days < 1:
        raise UsageError("--days takes 1 or more")
    with daemon() as client:
        report = client.usage({"file": constellation_file(file), "days": days, "agents": agents or []})
    if as_json:
        screen.say_json(report)
        return 0
    for line in lines(report, days, screen.terminal_columns()):
        screen.say(line)
    return 0


def lines(report: "UsageReport", days: int, columns: int) -> list[str]:
    """Return the report as lines of so many columns."""
    span = "today" if days == 1 else f"on the last {days} days"
    written = [f"nothing was used {span}"]
    if report["days"]:
        rows = [_row(day) for day in report["days"]]
        if len(rows) > 1:
            rows.append(_row(_sum(report["days"])))
        written = ["  ".join(cells).rstrip() for cells in screen.table(_HEAD, rows, columns)]
    limits = [*_limits("all agents", report["limits"])]
    for agent, its in report["agents"].items():
        limits += _limits(agent, its)
    held = [
        f"{screen.clean(agent)} begins nothing more today: {why}" for agent, why in report["held"].items()
    ]
    return [*written, *([""] if limits or held else []), *limits, *held]


def _row(day: "DayView") -> list[str]:
    cost = "" if day["cost"] is None else f"${day['cost']:.2f}"
    return [day["day"], day["agent"], str(day["runs"]), f"{day['input']:,}", f"{day['output']:,}", cost]


def _sum(days: Sequence["DayView"]) -> "DayView":
    costs = [day["cost"] for day in days if day["cost"] is not None]
    return {
        "day": "",
        "agent": f"in all ({counted(len({day['agent'] for day in days}), 'agent')})",
        "runs": sum(day["runs"] for day in days),
        "input": sum(day["input"] for day in days),
        "output": sum(day["output"] for day in days),
        "cost": sum(costs) if costs else None,
    }


def _limits(whose: str, limits: Mapping[str, object]) -> list[str]:
    """Return a line for each limit of somebody."""
    return [f"{screen.clean(whose)}: {name} {_value(name, value)}" for name, value in limits.items()]


def _value(name: str, value: object) -> str:
    return f"${value:.2f}" if name.startswith("cost") and isinstance(value, int | float) else f"{value:,}"
