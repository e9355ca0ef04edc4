"""The rows that the board holds: found by name, brought up to date, and cut down to one agent."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from constellagent.errors import UsageError
from constellagent.faces.web.live.frames import ConstellationRow
from constellagent.faces.web.live.listeners import Audience
from constellagent.faces.web.problems import UnknownError
from constellagent.runtime.control import AgentView, ConstellationView, SessionView
from constellagent.runtime.paths import constellation_id
from constellagent.spec.suggest import did_you_mean


def row_of(view: ConstellationView) -> ConstellationRow:
    """Return a view with its id."""
    return cast("ConstellationRow", {"id": constellation_id(Path(view["file"])), **view})


def find(rows: Sequence[ConstellationRow], name: str) -> ConstellationRow:
    """Return the one with this id, or this name.

    Raises:
        UnknownError: there is none.
        UsageError: several have the name.
    """
    for row in rows:
        if row["id"] == name:
            return row
    named = [row for row in rows if row["name"] == name]
    if len(named) == 1:
        return named[0]
    if named:
        files = ", ".join(f"{row['id']} ({row['file']})" for row in named)
        raise UsageError(f"several constellations are called {name!r}", hint=f"use an id: {files}")
    known = {row["name"] for row in rows}
    raise UnknownError(
        f"there is no constellation {name!r}{did_you_mean(name, known)}",
        hint="GET /api/v1/constellations lists those that were ever applied",
    )


def changed(
    rows: Sequence[ConstellationRow], news: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[ConstellationRow]:
    """Return the rows with these agents (by file) in the place of those with their names."""
    return [_with(row, news[row["file"]]) if row["file"] in news else row for row in rows]


def only(rows: Sequence[ConstellationRow], audience: Audience) -> list[ConstellationRow]:
    """Return what one agent sees: its constellation with itself alone."""
    return [
        cast(
            "ConstellationRow",
            {
                **row,
                "agents": [agent for agent in row["agents"] if agent["name"] == audience.agent],
                "services": [],
            },
        )
        for row in rows
        if row["file"] == audience.file
    ]


def session_of(rows: Sequence[ConstellationRow], file: str, subject: str) -> SessionView | None:
    """Return the session of an agent or service, as it was seen last."""
    for row in rows:
        if row["file"] == file:
            for one in (*row["agents"], *row["services"]):
                if one["name"] == subject:
                    return one["session"]
    return None


def _with(row: ConstellationRow, news: Sequence[Mapping[str, Any]]) -> ConstellationRow:
    new = {agent["name"]: cast("AgentView", agent) for agent in news}
    agents = [new.get(agent["name"], agent) for agent in row["agents"]]
    return cast("ConstellationRow", {**row, "agents": agents})
