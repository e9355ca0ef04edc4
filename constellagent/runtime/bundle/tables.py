"""What the databases say about themselves and about the work: listed columns of listed tables, no others.

A damaged file tells what can still be read of it; each table is asked by itself.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from constellagent.durable import Migrations
from constellagent.runtime.mending import reading

_NEWEST = 300
"""Rows of a table that are told at most."""

STATE: Mapping[str, Sequence[str]] = {
    "constellations": ("id", "name", "file", "repo", "applied_at"),
    "intents": ("constellation", "subject", "step", "pid", "at"),
    "records": ("constellation", "agent", "path", "branch"),
    "bindings": ("constellation", "agent", "provider", "uuid", "name", "in_doubt", "archived"),
    "sessions": (
        *("id", "constellation", "role", "subject", "started_at", "holder_pid", "boot_id", "grace"),
        *("stop_wanted", "ended_at", "exit_status", "ended_by", "outcome"),
    ),
    "ports": ("port", "constellation", "agent", "name"),
    "restarts": ("constellation", "role", "subject", "at"),
    "owed_restarts": ("constellation", "role", "subject", "session", "counted"),
    "schedules": (*("constellation", "agent", "name", "created_at", "upto", "failures", "paused_at"),),
    "fires": (
        *("run", "constellation", "schedule", "origin", "fire_at", "attempt", "state", "not_before", "count"),
        *("missed", "depth", "decided_at", "claimed_at", "started_at", "ended_at", "exit_status", "tzdata"),
        *("branch", "path", "ending", "announced"),
    ),
    "watermarks": ("constellation", "identity", "seq"),
    "conversations": ("session", "constellation", "agent", "role", "kind", "at", "dropped"),
    "usage": ("constellation", "agent", "day", "session", "input", "output", "cost", "priced"),
    "paused": ("session", "constellation", "subject", "at", "tokens", "cost"),
    "turns": ("session", "number", "state"),
    "races": ("id", "constellation", "created_at", "decision", "merged", "force"),
    "race_runs": ("run", "race", "place", "agent", "branch", "path", "state", "started_at", "ended_at"),
    "alerts": ("constellation", "agent", "session", "state", "at", "sent"),
}
"""What is told of the daemon's database."""

PROVIDER: Mapping[str, Sequence[str]] = {
    "identities": ("uuid", "name", "archived", "deleted_dt"),
    "audit_heads": ("identity", "seq", "bytes"),
}
"""What is told of the local provider's database."""


def tell(path: Path, migrations: Migrations, columns: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return a database's version and health, how many rows each table has, and the newest listed ones."""
    seen = reading.health(path, migrations)
    told: dict[str, Any] = {"health": seen.health.name.lower(), "said": seen.said, "knows": len(migrations)}
    if not path.exists():
        return told
    told |= {"bytes": path.stat().st_size, "version": None, "counts": {}, "rows": {}, "unreadable": {}}
    try:
        with reading.opened(path) as connection:
            told["version"] = connection.execute("PRAGMA user_version").fetchone()[0]
            for table, found in reading.tables(connection).items():
                _tell_table(connection, table, [one for one in columns.get(table, ()) if one in found], told)
    except (sqlite3.Error, UnicodeError) as error:
        told["unreadable"]["all"] = str(error)
    return told


def _tell_table(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], told: dict[str, Any]
) -> None:
    try:
        count = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608 - names of our own schema
        told["counts"][table] = count
        if columns:
            told["rows"][table] = newest(connection, table, columns)
    except (sqlite3.Error, UnicodeError) as error:
        told["unreadable"][table] = str(error)


def newest(connection: sqlite3.Connection, table: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Return the newest rows of a table, oldest first.

    Raises:
        sqlite3.Error: they cannot be read.
    """
    names = ", ".join(f'"{column}"' for column in columns)
    query = f'SELECT {names} FROM "{table}" ORDER BY rowid DESC LIMIT {_NEWEST}'  # noqa: S608 - names of our own schema
    with closing(connection.execute(query)) as rows:
        return [dict(zip(columns, row, strict=True)) for row in rows][::-1]
