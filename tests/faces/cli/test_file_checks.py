"""What `doctor` says of the state's files and holders, each fine once and once not."""

import json
import os
import sqlite3
from pathlib import Path

import pytest

from constellagent.faces.cli import file_checks
from constellagent.runtime import processes
from constellagent.runtime.holder import protocol
from constellagent.runtime.paths import Paths


def versioned(path: Path, version: int) -> None:
    """Make a database of this version."""
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


def test_a_new_state_is_fine(tmp_path: Path) -> None:
    """Before the first start there is nothing to say, and nothing is made."""
    paths = Paths(tmp_path / "home")

    assert [check.level for check in file_checks.every(paths)] == ["ok"] * 3
    assert not paths.home.exists()


@pytest.mark.parametrize(
    ("version", "level", "said"),
    [(5, "ok", "has version 5"), (4, "ok", "makes it version 5"), (6, "fail", "newer release")],
)
def test_versions_are_told(tmp_path: Path, version: int, level: str, said: str) -> None:
    """Today's version is fine, an older one will be changed, and a newer one fails and says the way back."""
    file = tmp_path / "state.db"
    versioned(file, version)
    versioned(tmp_path / "state.db.v3.bak", 3)
    before = file.read_bytes()

    check = file_checks.database(file, 5)

    assert (check.name, check.level) == ("state.db", level)
    assert said in check.found
    assert str(tmp_path / "state.db.v3.bak") in check.advice
    assert check.details["version"] == version
    assert [copy["version"] for copy in check.details["copies"]] == [3]
    json.dumps(dict(check.details))
    assert file.read_bytes() == before


def test_what_is_no_database_is_a_failure(tmp_path: Path) -> None:
    """A file whose version cannot be read is told of, without an error."""
    (tmp_path / "state.db").write_text("no database\n" * 500)

    assert file_checks.database(tmp_path / "state.db", 5).level == "fail"


def test_holders_of_an_older_release_are_told(tmp_path: Path) -> None:
    """A live session of an older protocol is named with what it cannot do; an ended one is not."""
    paths = Paths(tmp_path)
    mine = {"holder_pid": os.getpid(), "holder_start": processes.start_of(os.getpid()), "protocol": 1}
    said = {
        "old": mine,
        "ended": mine | {"ended_at": 1.0},
        "dead": mine | {"holder_start": "never"},
        "today": mine | {"protocol": protocol.VERSION},
    }
    for name, status in said.items():
        (paths.sessions / name).mkdir(parents=True)
        (paths.sessions / name / "status.json").write_text(json.dumps(status))

    check = file_checks.holders(paths)

    assert dict(check.details) == {"older": {"old": 1}}
    assert "1 sessions go on" in check.found
    assert "reports of coding agents" in check.advice


def test_a_session_that_cannot_be_looked_at_is_not_called_fine(tmp_path: Path) -> None:
    """A status that makes no sense is a warning with how many there are."""
    paths = Paths(tmp_path)
    (paths.sessions / "odd").mkdir(parents=True)
    (paths.sessions / "odd" / "status.json").write_text("[")

    check = file_checks.holders(paths)

    assert (check.level, check.found) == ("warn", "1 sessions cannot be looked at")
