"""The table of `status`: pure, views in, lines out."""

from collections.abc import Sequence
from typing import TextIO

from constellagent.faces.cli import screen
from constellagent.faces.wording import counted
from constellagent.runtime.control import AgentView, ConstellationView, ServiceView
from constellagent.runtime.schedule_views import OpenRunView

_COLOURS = {
    "starting": "blue",
    "running": "green",
    "working": "green",
    "waiting": "yellow",
    "done": "green",
    "failed": "red",
    "exited": "dim",
    "stopped": "dim",
    "unknown": "cyan",
}
_AGENT_HEAD = ("AGENT", "STATE", "FOR", "BRANCH", "AHEAD", "IDENTITY", "NOTE")
_SERVICE_HEAD = ("SERVICE", "STATE", "FOR", "NOTE")


def lines(views: Sequence[ConstellationView], now: float, columns: int, stream: TextIO) -> list[str]:
    """Return the lines for all constellations; `now` is wall time, for the ages."""
    if not views:
        return ["nothing was applied yet"]
    written: list[str] = []
    for view in views:
        if written:
            written.append("")
        title = f"{screen.clean(view['name'])}  {screen.clean(view['file'])}"
        written.append(screen.paint(screen.shorten(title, columns), "bold", stream))
        if "problem" in view:
            written.append(f"{screen.paint('problem:', 'red', stream)} {screen.clean(view['problem'])}")
        elif "provider_problem" in view:
            said = f"identities are unknown: {screen.clean(view['provider_problem'])}"
            written.append(screen.paint(said, "yellow", stream))
        elif not view["agents"] and not view["services"]:
            written.append("no agents")
        if view["agents"]:
            rows = [_agent(agent, now) for agent in view["agents"]]
            written += _painted(_AGENT_HEAD, rows, columns, stream)
        if view["services"]:
            rows = [_service(service, now) for service in view["services"]]
            written += _painted(_SERVICE_HEAD, rows, columns, stream)
    return written


def age(seconds: float) -> str:
    """Return a span in its largest whole unit: `42s`, `7m`, `3h`, `12d`."""
    whole = max(0, int(seconds))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def _agent(agent: AgentView, now: float) -> list[str]:
    notes = [agent["reason"]] if agent["reason"] else []
    if agent["restarts"]:
        notes.append(f"{counted(agent['restarts'], 'restart')}")
    if not agent["declared"]:
        notes.append("no longer declared")
    if "sandbox" in agent:
        notes.append(f"in {agent['sandbox']}")
    notes += [_run(run, now) for run in agent.get("runs", ())]
    if "next_fire" in agent:
        name = agent["next_fire"]["schedule"].partition("/")[2]
        notes.append(f"{name} in {age(agent['next_fire']['due'] - now)}")
    ahead = agent["ahead"]
    return [
        agent["name"],
        agent["state"],
        "" if agent["since"] is None else age(now - agent["since"]),
        agent["branch"],
        "?" if ahead is None else str(ahead),
        agent["address"] or agent["identity"] or "-",
        ", ".join(notes),
    ]


def _run(run: OpenRunView, now: float) -> str:
    name, since = run["schedule"].partition("/")[2] or "run", run["since"]
    why = f" ({run['why']})" if "why" in run else ""
    return f"{name} {run['state']}{'' if since is None else f' for {age(now - since)}'}{why}"


def _service(service: ServiceView, now: float) -> list[str]:
    since = "" if service["since"] is None else age(now - service["since"])
    return [service["name"], service["state"], since, service["reason"]]


def _painted(head: Sequence[str], rows: Sequence[list[str]], columns: int, stream: TextIO) -> list[str]:
    first, *others = screen.table(head, rows, columns)
    written = [screen.paint("  ".join(first).rstrip(), "dim", stream)]
    for row, cells in zip(rows, others, strict=True):
        painted = [cells[0], screen.paint(cells[1], _COLOURS.get(row[1], ""), stream), *cells[2:]]
        written.append("  ".join(painted).rstrip())
    return written
