"""Races as lines for a terminal: pure, views in, lines out."""

from collections.abc import Sequence
from typing import TextIO

from constellagent.faces.cli import screen
from constellagent.faces.cli.status_table import age
from constellagent.faces.run_words import SHORT_ID, took, used
from constellagent.faces.wording import counted
from constellagent.runtime.race_views import RaceRunView, RaceView

_COLOURS = {
    "claimed": "cyan",
    "running": "green",
    "succeeded": "green",
    "failed": "red",
    "timeout": "red",
    "lost": "red",
    "stopped": "yellow",
}
_PROMPT = 60
"""Columns of a prompt that a list shows."""
_OVERLAPS = 20
"""Files that several agents changed which are shown; the others are counted."""


def races(views: Sequence[RaceView], now: float, columns: int) -> list[str]:
    """Show one line for each race; `now` is wall time, epoch seconds."""
    head = ("RACE", "AGE", "AGENTS", "STATE", "PROMPT")
    rows = [
        (
            view["race"],
            age(now - view["created_at"]),
            ",".join(run["agent"] for run in view["runs"]),
            standing(view),
            screen.shorten(" ".join(view["prompt"].split()), _PROMPT),
        )
        for view in views
    ]
    return ["  ".join(cells).rstrip() for cells in screen.table(head, rows, columns)]


def race(view: RaceView, columns: int, stream: TextIO) -> list[str]:
    """Show one race: what it is about, one line for each agent, and what several of them changed."""
    lines = [
        screen.clean(f"race {view['race']} from {view['base']} ({view['commit'][:12]}): {standing(view)}"),
        screen.clean(f"  {screen.shorten(' '.join(view['prompt'].split()), max(columns - 2, _PROMPT))}"),
        "",
        *_runs(view["runs"], columns, stream),
    ]
    stay = [run for run in view["runs"] if run["stays"]]
    lines += [screen.clean(f"the worktree of {run['agent']} stays: {run['stays']}") for run in stay]
    return [*lines, *_overlaps(view)]


def standing(view: RaceView) -> str:
    """Return in words how a race stands."""
    if view["decision"]:
        return f"kept {view['kept']}" if view["decision"] == "kept" else "dropped"
    going = sum(is_open(run) for run in view["runs"])
    if going:
        return f"{going} of {len(view['runs'])} running"
    well = sum(run["state"] == "succeeded" for run in view["runs"])
    return f"over, {well} of {len(view['runs'])} succeeded"


def is_open(run: RaceRunView) -> bool:
    """Whether a run is being started or goes on."""
    return run["state"] in {"claimed", "running"}


def change(run: RaceRunView) -> str:
    """Return the state of a run in one line, as it has just changed."""
    if is_open(run):
        word = "is being started" if run["state"] == "claimed" else "runs"
        return screen.clean(f"{run['agent']} {word}")
    parts = [took(run["seconds"]), _size(run), used(run["usage"])]
    told = ", ".join(part for part in parts if part)
    why = f": {run['why']}" if run["why"] else ""
    return screen.clean(f"{run['agent']} {run['state']}{f' ({told})' if told else ''}{why}")


def _runs(views: Sequence[RaceRunView], columns: int, stream: TextIO) -> list[str]:
    head: tuple[str, ...] = ("AGENT", "VERDICT", "TIME", "COMMITS", "FILES", "+/-", "USED", "RUN", "NOTE")
    rows: list[tuple[str, ...]] = [
        (
            run["agent"],
            run["state"],
            took(run["seconds"]) or "-",
            _number(run["commits"]),
            _number(run["files"]),
            "-" if run["added"] is None else f"+{run['added']} -{run['removed']}",
            used(run["usage"]) or "-",
            run["run"][:SHORT_ID],
            _note(run),
        )
        for run in views
    ]
    if not any(row[-1] for row in rows):
        head, rows = head[:-1], [row[:-1] for row in rows]
    lines = []
    for number, cells in enumerate(screen.table(head, rows, columns)):
        colour = _COLOURS.get(views[number - 1]["state"], "") if number else ""
        painted = [*cells]
        painted[1] = screen.paint(cells[1], colour, stream)
        lines.append("  ".join(painted).rstrip())
    return lines


def _note(run: RaceRunView) -> str:
    parts = [run["why"]] if run["why"] else []
    if run["uncommitted"] and not run["cleared"]:
        parts.append(f"{counted(run['uncommitted'], 'change')} not committed")
    return "; ".join(parts)


def _overlaps(view: RaceView) -> list[str]:
    whole = [one for one in view["overlaps"] if one["path"]]
    unknown = [name for one in view["overlaps"] if not one["path"] for name in one["agents"]]
    lines = []
    if whole:
        lines += ["", "changed by several:"]
        lines += [screen.clean(f"  {one['path']}: {', '.join(one['agents'])}") for one in whole[:_OVERLAPS]]
    if len(whole) > _OVERLAPS:
        lines.append(f"  and {counted(len(whole) - _OVERLAPS, 'more file')}")
    if unknown:
        lines.append(screen.clean(f"not all changes are known of {', '.join(unknown)}"))
    return lines


def _size(run: RaceRunView) -> str:
    if run["commits"] is None:
        return ""
    return f"{counted(run['commits'], 'commit')}, +{run['added']} -{run['removed']}"


def _number(count: int | None) -> str:
    return "-" if count is None else str(count)
