"""The table of who has which identity."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from constellagent.errors import ConflictError
from constellagent.runtime.store.bindings import Binding, Bindings
from constellagent.runtime.store.database import Database

FULL = Binding("c1", "docs", "local", "u1", "docs", "d@a.test", "+1", "k1", b"\x00\xff", in_doubt=True)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An open database."""
    opened = Database(tmp_path / "state.db")
    await opened.open()
    yield opened
    await opened.close()


async def test_a_binding_comes_back_as_it_was(database: Database) -> None:
    """Every field survives, also the empty ones, and a second write replaces the first."""
    bindings = Bindings(database, "c1")
    bare = Binding("c1", "docs", "local", "u1", "docs", "")
    for binding in (FULL, bare, replace(FULL, archived=True)):
        await bindings.put(binding)
        assert await bindings.get("docs", "local") == binding
        assert await bindings.of_provider("local") == [binding]


async def test_an_identity_in_use_has_one_agent(database: Database) -> None:
    """The database refuses a second one, also when both ask at once; the first stays."""
    bindings = Bindings(database, "c1")
    racers = [bindings.put(replace(FULL, agent=f"a{n}")) for n in range(5)]
    results = await asyncio.gather(*racers, return_exceptions=True)
    assert sum(result is None for result in results) == 1
    assert sum(isinstance(result, ConflictError) for result in results) == 4
    assert len(await bindings.of_provider("local")) == 1


async def test_a_refused_binding_keeps_the_old_one(database: Database) -> None:
    """An agent that asks for another's identity keeps its own."""
    bindings = Bindings(database, "c1")
    own = replace(FULL, agent="other", uuid="u2")
    await bindings.put(FULL)
    await bindings.put(own)
    with pytest.raises(ConflictError):
        await bindings.put(replace(own, uuid="u1"))
    assert await bindings.get("other", "local") == own


async def test_an_archived_identity_may_be_used_again(database: Database) -> None:
    """A binding that waits does not block; the one in use comes last, so that it wins in a mapping."""
    bindings = Bindings(database, "c1")
    await bindings.put(replace(FULL, archived=True))
    await bindings.put(replace(FULL, agent="other"))
    assert [binding.agent for binding in await bindings.of_provider("local")] == ["docs", "other"]


async def test_constellations_and_providers_are_apart(database: Database) -> None:
    """Each agent has one binding per provider; those of others are seen only through `of_provider`."""
    mine, theirs = Bindings(database, "c1"), Bindings(database, "c2")
    await mine.put(FULL)
    await mine.put(replace(FULL, provider="ravi"))
    await theirs.put(replace(FULL, constellation="c2", uuid="u9"))
    assert await theirs.get("docs", "ravi") is None
    assert {binding.uuid for binding in await mine.of_provider("local")} == {"u1", "u9"}
    await mine.drop("docs", "local")
    await mine.drop("docs", "local")
    assert await mine.get("docs", "local") is None
    assert await mine.get("docs", "ravi") is not None
    assert await theirs.get("docs", "local") is not None


async def test_a_known_binding_is_not_written_again(database: Database) -> None:
    """Putting what is there changes no row, so a second apply writes nothing."""
    bindings = Bindings(database, "c1")
    await bindings.put(FULL)
    before = await database.run(lambda db: db.total_changes)
    await bindings.put(FULL)
    assert await database.run(lambda db: db.total_changes) == before
