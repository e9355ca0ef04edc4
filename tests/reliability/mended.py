"""Letting `doctor --fix` mend a laboratory in this process, and harming it before."""

import contextlib
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

from constellagent.faces.cli import doctor_fix
from constellagent.runtime.paths import Paths
from tests.reliability.lab import Lab


def fix(lab: Lab, *, yes: bool = True) -> list[dict[str, Any]]:
    """Let `doctor --fix` mend, and return what became of each finding."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        doctor_fix.fix(Paths(lab.home), yes=yes, as_json=True)
    return [row for row in json.loads(said.getvalue()) if row["kind"] != "stale socket"]


def mend(lab: Lab, kind: str) -> list[dict[str, Any]]:
    """Mend all that is safe; there must have been something of this kind. Then nothing is left to do."""
    named = [row for row in fix(lab, yes=False) if row["kind"] == kind]
    assert named, f"doctor names no {kind}"
    assert {row["outcome"] for row in named} == {"left"}, "without --yes and a terminal it only lists"
    done = [row for row in fix(lab) if row["kind"] == kind]
    assert {row["outcome"] for row in done} == {"mended"}, done
    assert [row for row in fix(lab) if row["offer"]] == [], "mending again finds nothing more"
    return done


def lawful(lab: Lab) -> None:
    """All runs as declared, and an apply has nothing to do."""
    plan = lab.json("plan", "--detailed-exitcode")
    assert plan["empty"], plan["lines"]
    lab.check()


def changed(lab: Lab, statement: str, *values: str, database: str = "state.db") -> None:
    """Change a database behind the daemon's back."""
    with contextlib.closing(sqlite3.connect(lab.home / database, isolation_level=None)) as connection:
        assert connection.execute(statement, values).rowcount


def going(lab: Lab) -> set[str]:
    """Return the sessions that run."""
    return lab.sessions()


def spoil(path: Path, begin: int, length: int = 4096) -> None:
    """Write nonsense over a part of a database that nobody has open."""
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    with path.open("r+b") as file:
        file.seek(begin)
        file.write(b"\xa5" * length)


def flushed(path: Path) -> None:
    """Bring a database's log into the file."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
