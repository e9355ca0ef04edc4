"""What was applied, what was approved, and the sealed environment."""

from dataclasses import replace
from pathlib import Path

import pytest

from constellagent.runtime.store.constellations import Applied, Constellations
from constellagent.runtime.store.database import Database

FILE = Path("/repos/acme/constellation.yaml")
ACME = Applied("id-1", "acme", FILE, Path("/repos/acme"), "hash-1", "version: 1\n")


@pytest.fixture
def constellations(database: Database) -> Constellations:
    """Give the tables."""
    return Constellations(database)


async def test_what_was_applied_comes_back(constellations: Constellations) -> None:
    """One by its id, all by their names, and nothing that was never applied."""
    other = replace(ACME, id="id-2", name="abc", file=Path("/z"))
    await constellations.put(ACME, 1.0)
    await constellations.put(other, 2.0)

    assert await constellations.get("id-1") == ACME
    assert await constellations.all() == [other, ACME]
    assert await constellations.get("id-3") is None


async def test_applying_the_same_writes_nothing(constellations: Constellations, database: Database) -> None:
    """A second apply of the same text does not touch the row; another text replaces it."""
    times = "SELECT applied_at FROM constellations"
    assert await constellations.since() == {}
    await constellations.put(ACME, 1.0)
    await constellations.put(ACME, 2.0)
    assert await database.rows(times) == [(1.0,)]
    assert await constellations.since() == {"id-1": 1.0}

    await constellations.put(replace(ACME, text="version: 1\nname: x\n", content_hash="hash-2"), 3.0)

    assert await database.rows(times) == [(3.0,)]


async def test_trust_is_in_one_content_of_one_file(constellations: Constellations) -> None:
    """An approval holds for exactly the approved bytes, until every approval of the file is withdrawn."""
    await constellations.trust(FILE, "hash-1", 1.0)
    await constellations.trust(FILE, "hash-2", 2.0)
    await constellations.trust(Path("/other"), "hash-1", 2.0)

    assert await constellations.trusts(FILE, "hash-1")
    assert await constellations.trusts(FILE, "hash-2")
    assert not await constellations.trusts(FILE, "hash-3")

    await constellations.distrust(FILE, 3.0)
    assert not await constellations.trusts(FILE, "hash-1")
    assert await constellations.trusts(Path("/other"), "hash-1")


async def test_a_withdrawal_counts_until_the_next_apply(constellations: Constellations) -> None:
    """What was applied before it is no longer approved; what is applied after it, even the same, is."""
    await constellations.put(ACME, 1.0)
    assert not await constellations.withdrawn(ACME.file)

    await constellations.distrust(ACME.file, 2.0)
    assert await constellations.withdrawn(ACME.file)
    assert not await constellations.withdrawn(Path("/other"))
    await constellations.trust(ACME.file, "hash-2", 3.0)
    await constellations.forget(ACME.id)
    await constellations.put(ACME, 3.0, approved=False)
    assert await constellations.withdrawn(ACME.file)

    await constellations.put(ACME, 4.0)
    assert not await constellations.withdrawn(ACME.file)
    assert await constellations.trusts(ACME.file, "hash-2")


async def test_the_environment_changes_in_one_step(constellations: Constellations) -> None:
    """New values come in and old ones go in the same call; another constellation's stay."""
    await constellations.set_environment("id-1", {"A": b"1", "B": b"2"}, frozenset())
    await constellations.set_environment("id-2", {"A": b"3"}, frozenset())

    await constellations.set_environment("id-1", {"A": b"9"}, frozenset({"B", "C"}))

    assert await constellations.environment("id-1") == {"A": b"9"}
    assert await constellations.environment("id-2") == {"A": b"3"}


async def test_forgetting_takes_the_environment_along(constellations: Constellations) -> None:
    """Of a forgotten constellation no sealed value stays; approvals belong to the file and do."""
    await constellations.put(ACME, 1.0)
    await constellations.set_environment("id-1", {"A": b"1"}, frozenset())
    await constellations.trust(FILE, "hash-1", 1.0)

    await constellations.forget("id-1")

    assert await constellations.all() == []
    assert await constellations.environment("id-1") == {}
    assert await constellations.trusts(FILE, "hash-1")
