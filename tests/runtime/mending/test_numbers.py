"""Numbers in a database that is made anew: what is lost gives its number to nobody."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from constellagent.ravi.local import schema as provider
from constellagent.runtime.mending import reading
from constellagent.runtime.store import schema as state

FORM = (
    (
        "CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL) STRICT",
        "CREATE TABLE keys (uuid TEXT PRIMARY KEY, person INTEGER REFERENCES people (id)) STRICT",
        """CREATE TABLE uses (
            key TEXT NOT NULL REFERENCES keys (uuid), day INTEGER NOT NULL,
            PRIMARY KEY (key, day)) STRICT, WITHOUT ROWID""",
    ),
)


@pytest.fixture
def source() -> Iterator[sqlite3.Connection]:
    """Give a database with three people, the last of whom is gone, and a key of each of the others."""
    with closing(reading.fresh(FORM)) as connection:
        connection.executemany("INSERT INTO people (name) VALUES (?)", [("a",), ("b",), ("c",)])
        connection.execute("DELETE FROM people WHERE name = 'c'")
        connection.executemany("INSERT INTO keys VALUES (?, ?)", [("ka", 1), ("kb", 2), ("all", None)])
        connection.executemany("INSERT INTO uses VALUES (?, ?)", [("ka", 1), ("ka", 2), ("kb", 1)])
        yield connection


def added(connection: sqlite3.Connection) -> int | None:
    """Add a person; returns the number."""
    return connection.execute("INSERT INTO people (name) VALUES ('new')").lastrowid


def test_what_hangs_on_a_lost_row_is_lost_with_it(source: sqlite3.Connection) -> None:
    """Through several tables; what never named anybody stays as it is, and nothing comes to name nobody."""
    source.execute("DELETE FROM people WHERE name = 'a'")
    with closing(reading.fresh(FORM)) as target:
        found = reading.salvage(source, target)

        assert found.kept == {"people": 1, "keys": 2, "uses": 1}
        assert found.lost == {"keys": "1 belong to what is lost", "uses": "2 belong to what is lost"}
        assert target.execute("SELECT * FROM keys ORDER BY uuid").fetchall() == [("all", None), ("kb", 2)]
        assert target.execute("PRAGMA foreign_key_check").fetchall() == []
        assert added(target) == 4


def test_a_number_is_not_given_again_though_nothing_tells_which_was_the_last(
    source: sqlite3.Connection,
) -> None:
    """Without the list of numbers, what names a lost row tells."""
    source.execute("DELETE FROM people")
    source.execute("DELETE FROM sqlite_sequence")
    with closing(reading.fresh(FORM)) as target:
        reading.salvage(source, target)

        assert added(target) == 3


def test_numbers_from_a_damaged_page_do_not_use_them_up(source: sqlite3.Connection) -> None:
    """The highest number that there is would leave none for another row."""
    source.execute(f"UPDATE sqlite_sequence SET seq = {(1 << 63) - 1}")
    source.execute(f"INSERT INTO keys VALUES ('far', {(1 << 63) - 1})")
    with closing(reading.fresh(FORM)) as target:
        reading.salvage(source, target)

        assert added(target) == 3
        assert target.execute("SELECT uuid FROM keys WHERE person > 2").fetchall() == []


def test_where_all_is_there_nothing_goes(source: sqlite3.Connection) -> None:
    """A whole database comes out as it went in, with the numbers that it gave."""
    with closing(reading.fresh(FORM)) as target:
        found = reading.salvage(source, target)

        assert found == reading.Salvage({"people": 2, "keys": 3, "uses": 3}, {})
        assert added(target) == 4


@pytest.mark.parametrize("migrations", [provider.MIGRATIONS, state.MIGRATIONS], ids=["provider", "state"])
def test_every_link_of_our_tables_is_by_one_column_that_it_names(
    migrations: tuple[tuple[str, ...], ...],
) -> None:
    """That is what is looked for: others would not be found."""
    with closing(reading.fresh(migrations)) as connection:
        for table in reading.tables(connection):
            for link in connection.execute(f'PRAGMA foreign_key_list("{table}")'):
                assert link[1] == 0
                assert link[4] is not None
