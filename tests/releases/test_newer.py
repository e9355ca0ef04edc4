"""State that a newer release wrote is refused in words, and no byte of it is changed."""

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.releases.place import DATABASES, Place, names
from tests.reliability.lab import manifest

_WRITTEN = ("bin/", "locks/", "logs/", "run/")
"""What a start that fails may write: nothing of it is state."""


def raise_version(file: Path) -> None:
    """Make a database one of a far later release."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 900")


def raise_descriptor(file: Path) -> None:
    """Make the note about the root key one of a later release, whole by its checksum."""
    fields = json.loads(file.read_text())
    fields |= {"version": 900}
    del fields["checksum"]
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    file.write_text(json.dumps(fields | {"checksum": hashlib.sha256(canonical.encode()).hexdigest()}))


NEWER: list[tuple[str, Callable[[Path], None]]] = [
    *((file, raise_version) for file in DATABASES.values()),
    ("ravi/root.json", raise_descriptor),
]


@pytest.mark.parametrize(("file", "make"), NEWER, ids=[file for file, _ in NEWER])
def test_a6_newer_state_is_refused_and_stays_as_it_is(
    place: Place, file: str, make: Callable[[Path], None]
) -> None:
    """The command ends with 69, names the file and what to do; the daemon writes to no file of the state."""
    place.restore(names()[-1])
    make(place.home / file)
    before = manifest(place.home)

    done = place.run("status", check=69)

    after = {path: digest for path, digest in manifest(place.home).items() if not path.startswith(_WRITTEN)}
    left = {path for path in after if path not in before and not path.endswith(("-wal", "-shm"))}
    assert left == set()
    assert {path: after[path] for path in before} == before
    assert str(place.home / file) in done.stderr
    assert "was written by a newer release" in done.stderr
    assert "upgrade constellagent" in done.stderr
    assert "Traceback" not in done.stderr
    assert place.daemon_pid() is None
