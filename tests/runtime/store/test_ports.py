"""Reserved ports are unique, stable and given back."""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constellagent.errors import ConflictError
from constellagent.runtime.store import ports as module
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ports import FIRST, LAST, ReservedPorts


def all_free(port: int) -> bool:
    """Say that nobody listens anywhere."""
    return True


async def test_ports_are_stable(database: Database) -> None:
    """An agent gets the same ports again, in any order, and further ones beside them."""
    ports = ReservedPorts(database, all_free)
    first = await ports.reserve("c", "docs", ["web", "db"])

    again = await ports.reserve("c", "docs", ["db", "web", "api"])

    assert {name: again[name] for name in first} == first
    assert len(set(again.values())) == 3
    assert await ports.reserve("c", "docs", []) == {}


async def test_a_lost_state_gives_the_same_ports(database: Database) -> None:
    """A port follows from the names, so what was bookmarked survives a lost `state.db`."""
    ports = ReservedPorts(database, all_free)
    first = await ports.reserve("c", "docs", ["web"])
    await database.execute("DELETE FROM ports")

    assert await ports.reserve("c", "docs", ["web"]) == first


async def test_a_port_in_use_is_passed_over(database: Database) -> None:
    """Where somebody listens now, the next port is reserved; a port that is ours stays ours all the same."""
    usual = (await ReservedPorts(database, all_free).reserve("c", "docs", ["web"]))["web"]
    await database.execute("DELETE FROM ports")
    ports = ReservedPorts(database, lambda port: port != usual)

    assert (await ports.reserve("c", "docs", ["web"]))["web"] == (usual + 1 if usual < LAST else FIRST)
    listening = ReservedPorts(database, lambda _: False)
    assert await listening.reserve("c", "docs", ["web"]) == await ports.reserve("c", "docs", ["web"])


async def test_released_ports_can_be_had_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """When all are taken the error says so, and a released one is enough to go on."""
    monkeypatch.setattr(module, "LAST", FIRST + 1)
    ports = ReservedPorts(database, all_free)
    await ports.reserve("c", "docs", ["web", "db"])
    with pytest.raises(ConflictError, match="no free port"):
        await ports.reserve("c", "site", ["web"])
    assert await database.rows("SELECT count(*) FROM ports") == [(2,)]

    await ports.release("c", "docs")

    assert len(await ports.reserve("c", "site", ["web", "db"])) == 2


NAMES = st.sampled_from(["a", "b", "c"])


@settings(max_examples=40)
@given(
    calls=st.lists(
        st.tuples(NAMES, NAMES, st.lists(st.sampled_from(["web", "db", "api"]), unique=True)), max_size=12
    ),
    busy=st.sets(st.integers(FIRST, FIRST + 30)),
)
def test_no_two_ever_have_one_port(calls: list[tuple[str, str, list[str]]], busy: set[int]) -> None:
    """Whoever asks for whatever in any order: every name has a port, and no port has two names."""

    async def run(path: Path) -> Mapping[tuple[str, str, str], int]:
        database = Database(path)
        await database.open()
        ports = ReservedPorts(database, lambda port: port not in busy)
        given: dict[tuple[str, str, str], int] = {}
        for constellation, agent, names in calls:
            found = await ports.reserve(constellation, agent, names)
            assert list(found) == names
            for name, port in found.items():
                assert given.setdefault((constellation, agent, name), port) == port
        await database.close()
        return given

    with tempfile.TemporaryDirectory() as folder:
        given_out = asyncio.run(run(Path(folder) / "state.db"))

    assert len(set(given_out.values())) == len(given_out)
    assert all(FIRST <= port <= LAST and port not in busy for port in given_out.values())
