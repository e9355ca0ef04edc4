"""What `state.db` knows, read without opening it for writing: looks are made while a daemon may run."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from constellagent.errors import WorldError
from constellagent.runtime.mending import reading
from constellagent.runtime.mending.facts import Health
from constellagent.runtime.ports import Record, Step
from constellagent.runtime.store.bindings import Binding
from constellagent.runtime.store.constellations import Applied
from constellagent.runtime.store.schema import MIGRATIONS
from constellagent.runtime.store.sessions import SessionRow


@dataclass(frozen=True, slots=True)
class Known:
    """The rows that mending looks at.

    Attributes:
        seen: how the file is; where it is not fine there are no rows.
        constellations: as they were last applied, by id.
        records: by constellation and agent.
        bindings: all of them.
        sessions: by id.
        open_steps: steps begun and never marked done, by constellation and subject.
    """

    seen: reading.Seen
    constellations: Mapping[str, Applied] = field(default_factory=dict)
    records: Mapping[tuple[str, str], Record] = field(default_factory=dict)
    bindings: tuple[Binding, ...] = ()
    sessions: Mapping[str, SessionRow] = field(default_factory=dict)
    open_steps: Mapping[tuple[str, str], tuple[Step, ...]] = field(default_factory=dict)

    @property
    def fine(self) -> bool:
        """Whether what is not in here is surely not known."""
        return self.seen.health is Health.FINE


def read(path: Path) -> Known:
    """Read the file; one that is not fine gives no rows.

    Raises:
        WorldError: it was fine a moment ago, and cannot be read now.
    """
    seen = reading.health(path, MIGRATIONS)
    if seen.health is not Health.FINE:
        return Known(seen)
    try:
        with reading.opened(path) as connection:
            connection.execute("BEGIN")
            return _rows(connection, seen)
    except (sqlite3.Error, UnicodeError, ValueError) as error:
        raise WorldError(f"cannot read {path}: {error}") from error


def _rows(connection: sqlite3.Connection, seen: reading.Seen) -> Known:
    steps: dict[tuple[str, str], tuple[Step, ...]] = {}
    for constellation, subject, step in _asked(connection, "intents", "constellation, subject, step", "id"):
        key = str(constellation), str(subject)
        steps[key] = (*steps.get(key, ()), Step(step))
    applied = [
        Applied(key, name, Path(file), Path(repo), digest, text)
        for key, name, file, repo, digest, text in _asked(
            connection, "constellations", "id, name, file, repo, content_hash, text", "id"
        )
    ]
    records = _asked(
        connection, "records", "constellation, agent, path, branch, identity_uuid, identity_name", "agent"
    )
    return Known(
        seen,
        {one.id: one for one in applied},
        {(row[0], row[1]): Record(row[1], Path(row[2]), *row[3:]) for row in records},
        tuple(_binding(row) for row in _asked(connection, "bindings", _names(Binding), "agent")),
        {row.id: row for row in map(_session, _asked(connection, "sessions", _names(SessionRow), "rowid"))},
        steps,
    )


def _asked(connection: sqlite3.Connection, table: str, columns: str, order: str) -> list[tuple]:  # type: ignore[type-arg] # rows of many shapes
    return connection.execute(f"SELECT {columns} FROM {table} ORDER BY {order}").fetchall()  # noqa: S608 - constants of this module


def _names(form: type) -> str:
    return ", ".join(column.name for column in fields(form))


def _binding(row: tuple) -> Binding:  # type: ignore[type-arg] # as above
    values = dict(zip((column.name for column in fields(Binding)), row, strict=True))
    return Binding(**values | {name: bool(values[name]) for name in ("in_doubt", "archived")})


def _session(row: tuple) -> SessionRow:  # type: ignore[type-arg] # as above
    values = dict(zip((column.name for column in fields(SessionRow)), row, strict=True))
    return SessionRow(**values | {"stop_wanted": bool(values["stop_wanted"])})
