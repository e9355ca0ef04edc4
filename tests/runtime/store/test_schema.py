"""The tables, and files of other releases."""

import sqlite3

import pytest

from constellagent.errors import ConstellagentError
from constellagent.runtime.settings import Settings
from constellagent.runtime.store import database as module
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.schema import MIGRATIONS


async def test_a_new_file_has_the_newest_version(home: Settings, database: Database) -> None:
    """Every migration has run, so that the file says so."""
    assert await database.rows("PRAGMA user_version") == [(len(MIGRATIONS),)]


async def test_every_table_is_strict(database: Database) -> None:
    """SQLite itself refuses a value of another type than its column's."""
    tables = await database.rows("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql NOTNULL")

    loose = [name for name, sql in tables if not sql.endswith("STRICT") and not name.startswith("sqlite_")]
    assert tables
    assert loose == []


async def test_a_newer_file_is_refused_unchanged(home: Settings) -> None:
    """A file of a newer release is not guessed at: the error names both versions, and nothing is written."""
    with sqlite3.connect(home.paths.database) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    before = home.paths.database.read_bytes()

    with pytest.raises(
        ConstellagentError, match=f"version {len(MIGRATIONS) + 1}, this one knows {len(MIGRATIONS)}"
    ) as caught:
        await Database(home.paths.database).open()

    assert caught.value.hint == "upgrade constellagent"
    with sqlite3.connect(home.paths.database) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    db.close()
    assert len(home.paths.database.read_bytes()) == len(before)


async def test_an_older_file_is_taken_further(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of an older release keeps what it knows and gets what is new."""
    first = Database(home.paths.database)
    await first.open()
    await first.execute("INSERT INTO trusted (file, content_hash, at) VALUES ('f', 'h', 1.0)")
    await first.close()
    monkeypatch.setattr(module, "MIGRATIONS", (*MIGRATIONS, ("ALTER TABLE trusted ADD COLUMN by TEXT",)))

    second = Database(home.paths.database)
    await second.open()

    assert await second.rows("SELECT file, by FROM trusted") == [("f", None)]
    assert await second.rows("PRAGMA user_version") == [(len(MIGRATIONS) + 1,)]
    await second.close()


async def test_a_failed_migration_leaves_the_old_file(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A migration is whole or not at all: the next try, or the older release, finds the file as it was."""
    first = Database(home.paths.database)
    await first.open()
    await first.close()
    broken = ("ALTER TABLE trusted ADD COLUMN by TEXT", "ALTER TABLE no_such ADD COLUMN by TEXT")
    with monkeypatch.context() as patch:
        patch.setattr(module, "MIGRATIONS", (*MIGRATIONS, broken))
        with pytest.raises(ConstellagentError, match="no such table"):
            await Database(home.paths.database).open()

    again = Database(home.paths.database)
    await again.open()

    columns = await again.rows("SELECT name FROM pragma_table_info('trusted')")
    assert ("by",) not in columns
    await again.close()
