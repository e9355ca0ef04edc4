"""A durable file that is not as it was written: named, refused or read, never a surprise."""

import asyncio
import contextlib
import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from constellagent.durable import DurableFile
from constellagent.errors import ConstellagentError
from constellagent.ravi.local import schema as provider_schema
from constellagent.ravi.local.store import Store
from constellagent.runtime.mending import reading
from constellagent.runtime.mending.facts import Health
from constellagent.runtime.settings import Settings
from constellagent.runtime.store import schema as state_schema
from constellagent.runtime.store.database import Database
from tests.releases.place import DATABASES, KEPT, as_database, names

INSERT = "INSERT INTO trusted (file, content_hash, at) VALUES (?, ?, 1.0)"
COUNT = "SELECT count(*) FROM trusted"
FILES: dict[str, type[Database | Store]] = {"state": Database, "provider": Store}
FORMS = {"state": state_schema.MIGRATIONS, "provider": provider_schema.MIGRATIONS}


async def test_a6_what_is_no_database_is_named_and_kept(home: Settings) -> None:
    """A damaged file is an error that names it and says what to do; its content stays for a rescue."""
    home.paths.database.write_bytes(b"something else entirely\n" * 100)

    with pytest.raises(ConstellagentError, match=r"state\.db is damaged: file is not a database") as caught:
        await Database(home.paths.database).open()

    assert "constellagent doctor --fix" in caught.value.hint
    assert home.paths.database.read_bytes().startswith(b"something else")


async def test_a6_a_cut_file_is_damaged(home: Settings) -> None:
    """A file that lost its end, as after a bad copy, is refused at the start and not when it is too late."""
    database = Database(home.paths.database)
    await database.open()
    await database.close()
    os.truncate(home.paths.database, home.paths.database.stat().st_size // 2)

    with pytest.raises(ConstellagentError, match="is damaged"):
        await Database(home.paths.database).open()


async def test_a6_damage_inside_is_found_at_the_start(home: Settings) -> None:
    """A page that was overwritten is found when the file is opened, and not by the call that needs it."""
    path = home.paths.database
    database = Database(path)
    await database.open()
    for number in range(20):
        await database.execute(INSERT, (f"file {number}", "h" * 64))
    await database.close()
    damaged = bytearray(path.read_bytes())
    pages = [at for at in range(4096, len(damaged), 4096) if b"file 19" in damaged[at : at + 4096]]
    damaged[pages[0] : pages[0] + 64] = b"\xff" * 64
    path.write_bytes(damaged)

    with pytest.raises(ConstellagentError, match="is damaged"):
        await Database(path).open()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with whole files: of today's release, and of the last one that today's must change."""
    folder = tmp_path_factory.mktemp("sound")
    for release in (names()[-2], names()[-1]):
        for short in DATABASES:
            as_database((KEPT / release / f"{short}.sql").read_text(), folder / f"{release}.{short}")
    return folder


def counted(path: Path) -> dict[str, int]:
    """Return how many rows each table has."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}


def flip(sound: Path, folder: Path, release: str, short: str, bit: int) -> None:
    """Flip one bit and open the file: either all rows are there, or it is refused by an error of ours.

    A file that is refused is left as it was, so that it can be rescued; a copy of it may have been made.
    Where its hint names `doctor --fix`, that finds the damage too.
    """
    damaged = bytearray((sound / f"{release}.{short}").read_bytes())
    bit %= len(damaged) * 8
    damaged[bit // 8] ^= 1 << bit % 8
    before = counted(sound / f"{release}.{short}")
    for leftover in folder.iterdir():
        leftover.unlink()
    path = folder / f"{short}.db"
    path.write_bytes(damaged)

    refused = list[str]()

    async def use() -> bool:
        opened: DurableFile = FILES[short](path)
        try:
            await opened.open()
        except ConstellagentError as error:
            refused.append(error.message)
            return str(path) not in error.message
        with contextlib.suppress(ConstellagentError):
            for name in before:
                await opened.rows(f"SELECT * FROM {name}")
        await opened.close()
        return True

    if asyncio.run(use()):  # or an error that names no file
        after = counted(path)
        assert {name: after.get(name) for name in before} == before
    else:
        assert path.read_bytes() == damaged
    if any("is damaged" in said or "not as this release knows it" in said for said in refused):
        assert reading.health(path, FORMS[short]).health is Health.DAMAGED, refused


async def test_a6_what_an_upgrade_calls_damaged_doctor_finds_too(sound: Path, tmp_path: Path) -> None:
    """An index of an older file lacks a row: the daemon refuses to change it, and `doctor` says why."""
    path = tmp_path / "state.db"
    path.write_bytes((sound / f"{names()[-2]}.state").read_bytes())
    value = "a file that is nowhere else"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(INSERT, (value, "h" * 64))
    path.write_bytes(path.read_bytes().replace(value.encode(), value.upper().encode(), 1))

    with pytest.raises(ConstellagentError, match="is damaged") as refused:
        await Database(path).open()

    assert "doctor --fix" in refused.value.hint
    assert reading.health(path, FORMS["state"]).health is Health.DAMAGED


@pytest.mark.parametrize("version", [0, 1, len(FORMS["state"]) - 1])
async def test_a6_a_file_with_an_earlier_version_than_it_has_is_damaged_for_all(
    home: Settings, version: int
) -> None:
    """It cannot be changed to today's form: the tables are there already."""
    path = home.paths.database
    database = Database(path)
    await database.open()
    await database.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")

    with pytest.raises(ConstellagentError, match="not as this release knows it"):
        await Database(path).open()

    assert reading.health(path, FORMS["state"]).health is Health.DAMAGED


flips = given(
    release=st.sampled_from([names()[-2], names()[-1]]),
    short=st.sampled_from(sorted(DATABASES)),
    bit=st.integers(0, 1 << 22),
)
own_folder = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(suppress_health_check=own_folder, max_examples=30)
@flips
@example(release=names()[-1], short="state", bit=60 * 8)  # a version far beyond ours
@example(release=names()[-1], short="state", bit=63 * 8)  # an earlier version than it has
@example(release=names()[-2], short="state", bit=18 * 8)  # a file that nobody may write to
def test_a6_flipped_bits_never_surprise(
    sound: Path, tmp_path: Path, release: str, short: str, bit: int
) -> None:
    """Whatever bit of a file is wrong: it opens with all its rows, or is refused and left as it was."""
    flip(sound, tmp_path, release, short, bit)


@pytest.mark.long
@settings(suppress_health_check=own_folder, max_examples=500)
@flips
def test_a6_five_hundred_flipped_bits_never_surprise(
    sound: Path, tmp_path: Path, release: str, short: str, bit: int
) -> None:
    """The same for many more bits."""
    flip(sound, tmp_path, release, short, bit)
