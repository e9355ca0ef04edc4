"""The rows of races."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from constellagent.errors import UsageError
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.races import RaceRow, RaceRows, RaceRun


@pytest.fixture
async def rows(tmp_path: Path) -> AsyncIterator[RaceRows]:
    """Give the rows of an empty database."""
    database = Database(tmp_path / "state.db")
    await database.open()
    yield RaceRows(database)
    await database.close()


def race(key: str = "0a", at: float = 1.0, **more: object) -> RaceRow:
    """Return a race."""
    row = RaceRow(key, "c", "Do it.", "main", "f" * 40, None, at)
    return RaceRow(**{**{name: getattr(row, name) for name in RaceRow.__slots__}, **more})


def run(key: str, of: str = "0a", agent: str = "ada") -> RaceRun:
    """Return a claimed run."""
    return RaceRun(key, of, agent, f"races/{of}/{agent}", f"/w/{agent}")


async def test_what_is_added_is_found_as_it_was(rows: RaceRows) -> None:
    """Races by a beginning of their id, runs in the order of the race."""
    first = race(limit=60.0, over_limit=True)
    await rows.add(first, [run("02", agent="bob"), run("01")])

    assert await rows.get("c", "0") == first
    assert await rows.get("d", "0a") is None
    assert await rows.get("c", "x'") is None
    assert [one.agent for one in await rows.runs("0a")] == ["bob", "ada"]
    assert await rows.run("01") == run("01")
    assert await rows.race_of(run("01")) == first
    with pytest.raises(UsageError, match="several runs begin with 0"):
        await rows.run("0")
    await rows.add(race("0b", 2.0), [run("03", "0b")])
    with pytest.raises(UsageError, match="several races begin with 0"):
        await rows.get("c", "0")
    assert [one.id for one in await rows.of("c", 10)] == ["0b", "0a"]


async def test_a_run_ends_once(rows: RaceRows) -> None:
    """The first end stays, whatever is told later, and what has ended does not start."""
    await rows.add(race(), [run("01")])
    await rows.started("01", 5.0)
    assert [(one.state, one.started_at) for one in await rows.open()] == [("running", 5.0)]

    await rows.end("01", "failed", 9.0, why="no", exit_status=3, report={"commits": 1})
    await rows.end("01", "succeeded", 10.0)
    await rows.started("01", 11.0)

    (found,) = await rows.runs("0a")
    assert (found.state, found.why, found.exit_status, found.ended_at) == ("failed", "no", 3, 9.0)
    assert (found.report, found.open, await rows.open()) == ({"commits": 1}, False, [])


async def test_a_decision_can_be_taken_back_and_is_open_until_all_is_cleared(rows: RaceRows) -> None:
    """What is decided is listed as long as one of its worktrees is there."""
    await rows.add(race(), [run("01"), run("02", agent="bob")])
    await rows.decide("0a", "kept", kept="ada", force=True)
    await rows.decide("0a", "")
    assert await rows.decided() == []

    await rows.decide("0a", "kept", kept="ada", force=True)
    await rows.merged("0a", "e" * 40)
    await rows.stays("02", "untracked: x")
    await rows.cleared("01")
    (found,) = await rows.decided()
    assert (found.kept, found.merged, found.force) == ("ada", "e" * 40, True)
    assert [(one.cleared, one.stays) for one in await rows.runs("0a")] == [
        (True, ""),
        (False, "untracked: x"),
    ]
    await rows.cleared("02")
    assert await rows.decided() == []


async def test_only_decided_and_cleared_races_are_forgotten(rows: RaceRows) -> None:
    """The newest of them are kept; what is open or has a worktree stays."""
    for number in range(4):
        await rows.add(race(f"0{number}", float(number)), [run(f"1{number}", f"0{number}")])
    for number in (0, 1, 2):
        await rows.decide(f"0{number}", "dropped")
    for number in (0, 2):
        await rows.cleared(f"1{number}")

    await rows.trim("c", 1)

    assert [one.id for one in await rows.of("c", 10)] == ["03", "02", "01"]
    assert await rows.run("10") is None
