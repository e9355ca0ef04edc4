"""Schedules and their runs as lines for a terminal: pure, views in, lines out."""

from collections.abc import Sequence
from datetime import datetime
from typing import TextIO

from constellagent.faces.cli import screen
from constellagent.faces.cli.status_table import age
from constellagent.faces.run_words import SHORT_ID, did, moment, took, used, why
from constellagent.faces.wording import counted
from constellagent.runtime.schedule_views import FireView, RunView, ScheduleView

COLOURS = {
    "on": "green",
    "paused": "yellow",
    "never": "red",
    "behind": "red",
    "queued": "cyan",
    "claimed": "cyan",
    "running": "green",
    "failed": "red",
    "timeout": "red",
    "lost": "red",
    "stopped": "yellow",
    "replaced": "yellow",
    "missed": "yellow",
    "skipped_overlap": "dim",
    "expired": "dim",
    "dropped": "dim",
    "over_limit": "yellow",
    "cancelled": "dim",
}
"""The colour of each state of a schedule and of a run."""

_LAST_COLUMN = 16
"""The last column of a table says why; less than this of it is not worth showing."""


def schedules(views: Sequence[ScheduleView], now: float, columns: int, stream: TextIO) -> list[str]:
    """Show one line for each schedule; `now` is wall time, epoch seconds."""
    head = ("SCHEDULE", "STATE", "NEXT (UTC)", "IN", "WAKES", "RUNS", "LAST", "NOTE")
    rows = [
        [
            view["schedule"],
            view["state"],
            moment(view["next"][0]["fire_at"]) if view["next"] else "-",
            until(view["next"][0], now) if view["next"] else "",
            view["wakes"],
            _open(view["open"]),
            view["last"]["state"] if view["last"] else "-",
            _note(view),
        ]
        for view in views
    ]
    return _table(head, rows, ("LAST", "RUNS", "IN"), columns, stream)


def runs(views: Sequence[RunView], columns: int, stream: TextIO) -> list[str]:
    """Show one line for each row of the ledger; what does not fit and can be spared is left out."""
    head = (
        "FIRE (UTC)",
        "RUN",
        "SCHEDULE",
        "REASON",
        "STATE",
        "TOOK",
        "EXIT",
        "COMMITS",
        "DID",
        "USED",
        "WHY",
    )
    rows = [
        [
            moment(view["fire_at"]),
            "" if view["state"] == "missed" else view["run"][:SHORT_ID],
            view["schedule"],
            view["reason"],
            view["state"],
            took(view["seconds"]),
            "" if view["exit_status"] is None else str(view["exit_status"]),
            str(view["commit_count"] or ""),
            did(view["did"]),
            used(view["usage"]),
            why(view),
        ]
        for view in views
    ]
    return _table(head, rows, ("USED", "DID", "COMMITS", "EXIT", "TOOK", "REASON"), columns, stream)


def planned(views: Sequence[RunView], columns: int, stream: TextIO) -> list[str]:
    """Show the runs of a backfill before they are asked for."""
    head = ("FIRE (UTC)", "SCHEDULE", "ATTEMPT")
    rows = [[moment(view["fire_at"]), view["schedule"], str(view["attempt"])] for view in views]
    return _table(head, rows, (), columns, stream)


def until(fire: FireView, now: float) -> str:
    """Return how long it is until a fire is due; `now` is wall time, epoch seconds."""
    try:
        return age(datetime.fromisoformat(fire["due"]).timestamp() - now)
    except ValueError:
        return "?"


def _open(views: Sequence[RunView]) -> str:
    """Return how many runs go on and how many wait."""
    waiting = sum(view["state"] == "queued" for view in views)
    going = len(views) - waiting
    words = [f"{going} on"] if going else []
    return ", ".join([*words, f"{waiting} queued"] if waiting else words)


def _note(view: ScheduleView) -> str:
    notes = [view["why"]] if view["why"] else []
    if view["failures"]:
        notes.append(f"{counted(view['failures'], 'run')} failed in a row")
    return ", ".join(notes)


def _table(
    head: Sequence[str], rows: Sequence[list[str]], spare: Sequence[str], columns: int, stream: TextIO
) -> list[str]:
    """Return a table of one row or more, without its empty columns; what is under STATE is coloured.

    Where it is too wide, columns named by `spare` are left out, the first of them first; then the last
    column is cut.
    """
    kept = [at for at in range(len(head)) if any(row[at] for row in rows)]
    for name in spare:
        if _beside(head, rows, kept) + _LAST_COLUMN <= columns:
            break
        kept = [at for at in kept if head[at] != name]
    names = [head[at] for at in kept]
    room = max(_LAST_COLUMN, columns - _beside(head, rows, kept))
    cut = [[*(row[at] for at in kept[:-1]), screen.shorten(row[kept[-1]], room)] for row in rows]
    first, *others = screen.table(names, cut, columns)
    written = [screen.paint("  ".join(first).rstrip(), "dim", stream)]
    for row, cells in zip(cut, others, strict=True):
        if "STATE" in names:
            state = names.index("STATE")
            cells[state] = screen.paint(cells[state], COLOURS.get(row[state], ""), stream)
        written.append("  ".join(cells).rstrip())
    return written


def _beside(head: Sequence[str], rows: Sequence[list[str]], kept: Sequence[int]) -> int:
    """Return how wide the columns `kept` are without the last one, which gives way."""
    return sum(max(screen.width(row[at]) for row in (head, *rows)) + 2 for at in kept[:-1])
