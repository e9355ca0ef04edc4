"""What lies beside a database is told before anybody opens it."""

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest

from constellagent import soundness


@pytest.mark.parametrize(
    ("file", "log", "alone"),
    [
        (None, None, False),
        (b"", None, False),
        (None, b"", False),
        (b"", b"", False),
        (b"x", b"y", False),
        (b"", b"y", True),
        (None, b"y", True),
    ],
)
def test_a_log_is_alone_where_its_file_has_nothing(
    tmp_path: Path, file: bytes | None, log: bytes | None, alone: bool
) -> None:
    """An empty log has nothing to lose, and one beside a file with content belongs to it."""
    path = tmp_path / "words.db"
    for place, content in ((path, file), (soundness.log_of(path), log)):
        if content is not None:
            place.write_bytes(content)

    assert soundness.alone(path) is alone


def test_what_cannot_be_looked_at_is_neither(tmp_path: Path) -> None:
    """Unknown is not absent: it is an error."""
    (tmp_path / "folder").write_text("no folder")

    with pytest.raises(OSError, match="Not a directory"):
        soundness.alone(tmp_path / "folder" / "words.db")
    with pytest.raises(OSError, match="Not a directory"):
        soundness.parted(tmp_path / "folder" / "words.db")


def test_a_file_and_its_log_are_parted_only_where_the_log_lies_beside_another_name_of_it(
    tmp_path: Path,
) -> None:
    """Not where the file has a log of its own, where the name is another file's, or nothing is there."""
    path, aside, other = (tmp_path / f"words.db{end}" for end in ("", ".damaged-1", ".damaged-0"))
    assert soundness.parted(path) is None
    for file in (path, other, soundness.log_of(other)):
        file.write_text("x")
    assert soundness.parted(path) is None
    os.link(path, aside)
    assert soundness.parted(path) is None
    soundness.log_of(aside).write_text("x")

    assert soundness.parted(path) == aside
    soundness.log_of(path).write_text("x")
    assert soundness.parted(path) is None


def test_of_several_names_the_one_with_the_newest_log_has_it(tmp_path: Path) -> None:
    """Who moved the log last took what was beside the file."""
    path = tmp_path / "words.db"
    path.write_text("x")
    for number, moment in ((1, 5), (2, 9), (3, 7)):
        aside = tmp_path / f"words.db.damaged-{number}"
        os.link(path, aside)
        soundness.log_of(aside).write_text("x")
        os.utime(soundness.log_of(aside), (moment, moment))

    assert soundness.parted(path) == tmp_path / "words.db.damaged-2"


@pytest.mark.parametrize(("version", "said"), [(2, ""), (1, "by_word"), (0, ""), (-1, "no version")])
def test_indexes_are_compared_before_a_change_of_version(tmp_path: Path, version: int, said: str) -> None:
    """A row that an index does not have shows only in the longer check, and a version is none below zero."""
    path = tmp_path / "words.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE words (word TEXT NOT NULL) STRICT")
        connection.execute("CREATE INDEX by_word ON words (word)")
        connection.execute("INSERT INTO words VALUES ('from the beginning')")
        connection.execute(f"PRAGMA user_version = {version}")
    path.write_bytes(path.read_bytes().replace(b"from the beginning", b"from The beginning", 1))

    with contextlib.closing(sqlite3.connect(path)) as connection:
        found = soundness.fault(connection, 2)

    assert said in found
    assert bool(said) == bool(found)
