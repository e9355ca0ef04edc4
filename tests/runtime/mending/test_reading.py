"""Reading damaged databases: what reads is kept as it is, what does not is said, nothing is changed."""

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constellagent.runtime.mending import reading
from constellagent.runtime.mending.facts import Health
from constellagent.runtime.mending.reading import Salvage

FORM = (
    (
        "CREATE TABLE books (id TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT",
        "CREATE INDEX by_text ON books (text)",
        "CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT",
    ),
)
ROWS = 400


def made(path: Path, rows: int = ROWS) -> bytes:
    """Write a database with that many books, and return its bytes."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in FORM[0]:
            connection.execute(statement)
        connection.execute("BEGIN")
        for number in range(rows):
            connection.execute("INSERT INTO books VALUES (?, ?)", (f"id-{number}", f"text {number} " * 20))
        connection.execute("INSERT INTO facts VALUES ('one', x'00ff')")
        connection.execute("PRAGMA user_version = 1")
        connection.execute("COMMIT")
    return path.read_bytes()


def kept(path: Path) -> tuple[Salvage, dict[str, str]]:
    """Salvage a file into memory; returns what was said, and the books by id."""
    with contextlib.closing(reading.fresh(FORM)) as target:
        with reading.opened(path) as source:
            found = reading.salvage(source, target)
        return found, dict(target.execute("SELECT id, text FROM books").fetchall())


def test_a_sound_file_is_fine_and_kept_whole(tmp_path: Path) -> None:
    """Every row of every table comes out as it went in."""
    path = tmp_path / "books.db"
    made(path)
    assert reading.health(path, FORM).health is Health.FINE
    found, books = kept(path)
    assert found == Salvage({"books": ROWS, "facts": 1}, {})
    assert books["id-7"] == "text 7 " * 20


def test_a_broken_page_costs_the_rows_on_it_and_no_others(tmp_path: Path) -> None:
    """Rows before and behind it are kept, and the loss is said."""
    path = tmp_path / "books.db"
    data = bytearray(made(path))
    at = data.find(b"id-200text 200 ") // 4096 * 4096
    data[at : at + 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    assert reading.health(path, FORM).health is Health.DAMAGED
    found, books = kept(path)
    assert ROWS - 80 < len(books) < ROWS
    assert {"id-0", f"id-{ROWS - 1}"} <= books.keys()
    assert found.lost.keys() == {"books"}
    assert all(text == f"{name.replace('id-', 'text ')} " * 20 for name, text in books.items())


def test_a_file_without_its_first_page_gives_nothing(tmp_path: Path) -> None:
    """Each table is said to be lost."""
    path = tmp_path / "books.db"
    made(path)
    path.write_bytes(b"\xff" * 4096 + path.read_bytes()[4096:])
    assert reading.health(path, FORM).health is Health.DAMAGED
    found, books = kept(path)
    assert books == {}
    assert found.lost.keys() == {"books", "facts"}


@pytest.mark.parametrize("content", [None, b""])
def test_no_file_and_an_empty_one_are_empty(tmp_path: Path, content: bytes | None) -> None:
    """Nothing was ever written there."""
    path = tmp_path / "books.db"
    if content is not None:
        path.write_bytes(content)
    assert reading.health(path, FORM).health is Health.EMPTY


@pytest.mark.parametrize("log", [b"", b"commits"])
def test_an_empty_file_with_a_log_is_not_opened(tmp_path: Path, log: bytes) -> None:
    """SQLite would remove the log; one with something in it is damage, and nothing can be read of it."""
    path = tmp_path / "books.db"
    path.touch()
    path.with_name("books.db-wal").write_bytes(log)

    assert reading.health(path, FORM).health is (Health.DAMAGED if log else Health.EMPTY)
    if log:
        with pytest.raises(sqlite3.DatabaseError, match="the log beside it"), reading.opened(path):
            pass
    assert path.with_name("books.db-wal").read_bytes() == log
    with contextlib.closing(reading.fresh(FORM)) as target:
        found = reading.nothing(path, target)
    assert (found is None) == (not log)
    assert found is None or found.lost.keys() == {"books", "facts"}


def test_what_is_read_of_a_file_whose_log_lies_elsewhere_is_in_both(tmp_path: Path) -> None:
    """Setting it aside was interrupted: by its other name it is whole, and it counts as damaged."""
    path, aside = tmp_path / "books.db", tmp_path / "books.db.damaged-1"
    made(path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("INSERT INTO books VALUES ('logged', 'text')")
        logged = path.with_name("books.db-wal").read_bytes()
        content = path.read_bytes()
    path.write_bytes(content)
    os.link(path, aside)
    aside.with_name(f"{aside.name}-wal").write_bytes(logged)

    assert reading.health(path, FORM).health is Health.DAMAGED
    _, books = kept(path)
    assert len(books) == ROWS + 1
    assert path.read_bytes() == content


def test_a_file_that_was_only_begun_is_empty(tmp_path: Path) -> None:
    """Who died between making a file and its first table left nothing; a table is something."""
    path = tmp_path / "books.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    assert path.stat().st_size
    assert reading.health(path, FORM).health is Health.EMPTY

    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE foreign_one (id TEXT)")
    assert reading.health(path, FORM).health is not Health.EMPTY


def test_a_newer_file_is_newer_and_a_table_less_is_damage(tmp_path: Path) -> None:
    """The version says what must be in it."""
    path = tmp_path / "books.db"
    made(path)
    assert reading.health(path, ()).health is Health.NEWER
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE facts")
    assert reading.health(path, FORM).health is Health.DAMAGED


def test_what_cannot_be_opened_now_is_unknown(tmp_path: Path) -> None:
    """A folder in its place says nothing of the database."""
    path = tmp_path / "books.db"
    path.mkdir()
    assert reading.health(path, FORM).health is Health.UNKNOWN


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a6_flipped_bits_never_break_the_reader(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever is flipped or cut off: it says how the file is, keeps what reads, and leaves it as it was."""
    path = tmp_path_factory.mktemp("flip") / "books.db"
    content = bytearray(made(path, rows=60))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(1, len(content))) :]
    path.write_bytes(content)
    if reading.health(path, FORM).health is Health.DAMAGED:
        with contextlib.suppress(sqlite3.DatabaseError):
            kept(path)
    assert path.read_bytes() == content
