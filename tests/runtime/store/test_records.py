"""What we made is remembered, by constellation."""

from pathlib import Path

from constellagent.runtime.ports import Record
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.records import StoredRecords

DOCS = Record("docs", Path("/w/docs"), "agents/docs")


async def test_a_record_comes_back_as_it_was(database: Database) -> None:
    """Every field survives, those that are not known included; agents come in the order of their names."""
    records = StoredRecords(database, "c")
    site = Record("site", Path("/w/a b"), "feature/ünï", "uuid-1", "Site Person")
    await records.put(site)
    await records.put(DOCS)

    assert list((await records.all()).items()) == [("docs", DOCS), ("site", site)]


async def test_a_record_is_replaced(database: Database) -> None:
    """There is one record of an agent, the latest."""
    records = StoredRecords(database, "c")
    await records.put(DOCS)
    moved = Record("docs", Path("/elsewhere"), "other", "uuid-2", "Docs")
    await records.put(moved)

    assert await records.all() == {"docs": moved}


async def test_dropping_is_harmless_and_stays_at_home(database: Database) -> None:
    """Forgetting twice is no error, and another constellation keeps its agent of the same name."""
    records, other = StoredRecords(database, "c"), StoredRecords(database, "d")
    await records.put(DOCS)
    await other.put(DOCS)

    await records.drop("docs")
    await records.drop("docs")

    assert await records.all() == {}
    assert await other.all() == {"docs": DOCS}
