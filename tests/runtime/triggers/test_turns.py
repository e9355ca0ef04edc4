"""Turns of live sessions that end."""

from dataclasses import dataclass
from typing import Any

import pytest

from constellagent.agents.kind import Report
from constellagent.errors import WorldError
from constellagent.runtime.store.sessions import SessionRow
from tests.runtime.triggers.station import Station, eventually
from tests.runtime.triggers.test_ends import session, wait_for_site, woken


@dataclass(frozen=True)
class Said:
    """What a hook told."""

    number: int
    report: Report
    at: float


class Site:
    """The live session of `site`, and what its program reports."""

    def __init__(self, at: Station, row: SessionRow) -> None:
        """Begin with report number one."""
        self.at = at
        self.row = row
        self.number = 0

    def says(self, *states: Any, again: bool = False, **more: Any) -> None:
        """Report states, in order."""
        for state in states:
            self.number += not again
            said = Said(self.number, Report(state=state, **more), self.at.clock.now())
            self.at.triggers.turns.hear(self.row, said)


async def site(at: Station) -> Site:
    """Let all wait for `site`, whose session is live until it is told to end."""
    await wait_for_site(at)
    return Site(at, await session(at, "read x < gate || sleep 1000"))


async def settled(at: Station) -> None:
    """Wait until all that was reported is dealt with."""
    turns = at.triggers.turns
    await eventually(lambda: _empty(not turns._unkept), bool)


async def _empty(empty: bool) -> bool:
    return empty


async def test_each_turn_is_told_once(open_at: Station) -> None:
    """However often its end is reported, and by the state that it ends with."""
    agent = await site(open_at)
    agent.says("working", "done", "done", "waiting", "done")
    first = await woken(open_at, 1)
    agent.says(None, prompt="more")
    agent.says("failed")
    second = await woken(open_at, 2)
    agent.says("working", "done")

    assert (first, second) == (["done"], ["done", "failed"])
    assert await woken(open_at, 3) == ["done", "done", "failed"]


async def test_what_is_told_again_wakes_nobody(open_at: Station) -> None:
    """A daemon that was killed hears the last reports again; the next one knows how the turn stands."""
    agent = await site(open_at)
    agent.says("working", "done")
    await woken(open_at, 1)
    agent.says("done", again=True)
    await settled(open_at)
    await open_at.restart()
    agent.says("done", again=True)
    agent.says("done")
    agent.says("working", "done")

    assert await woken(open_at, 2) == ["done", "done"]


async def test_an_older_turn_that_is_told_again_is_history(open_at: Station) -> None:
    """It wakes nobody, also none that waits only since."""
    agent = await site(open_at)
    agent.says("working", "done", "working", "failed")
    await woken(open_at, 2)
    await settled(open_at)
    await open_at.declare("docs/late", on={"agent": "site"}, overlap="queue_all")
    agent.number = 1
    agent.says("done", "working", "failed")
    await settled(open_at)

    assert await woken(open_at, 2) == ["done", "failed"]


async def test_what_is_not_dealt_with_is_known(open_at: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the report to the row of its turn, and beyond the end of this daemon; then somebody is told."""
    agent = await site(open_at)
    turns, full, kept = open_at.triggers.turns, True, list[str]()
    turns.on_kept = kept.append
    turned = turns._rows.turned

    async def write(*args: Any) -> None:
        if full:
            raise WorldError("the disk is full")
        await turned(*args)

    monkeypatch.setattr(turns._rows, "turned", write)
    agent.says("waiting", "working", "done")
    first = turns.unkept(agent.row.id)
    await eventually(lambda: _rows([str(wait) for wait in open_at.waits]), lambda found: len(found) > 1)
    assert (first, turns.unkept(agent.row.id), turns.unkept("other"), kept) == (2, 2, None, [])

    full = False
    await eventually(lambda: _rows(kept), lambda found: len(found) == 2)
    assert turns.unkept(agent.row.id) is None
    await turns.close()
    agent.says("failed")
    assert turns.unkept(agent.row.id) == 4


async def test_the_end_of_the_session_is_not_another_turn(open_at: Station) -> None:
    """Its schedules for `exited` are woken; those for `done` were by the turn."""
    agent = await site(open_at)
    turns: list[str] = []

    async def turned(constellation: str) -> None:
        turns.append(constellation)

    open_at.triggers.turns.on_turn = turned
    agent.says("working", "done")
    await woken(open_at, 1)
    await eventually(lambda: _rows(turns), lambda found: found)
    known = await open_at.registry.get(agent.row.id)
    assert known is not None
    await open_at.triggers._ends.session_ended(
        SessionRow(
            **{**_fields(known), "ended_at": open_at.clock.now(), "ended_by": "itself", "exit_status": 0}
        )
    )

    assert await woken(open_at, 2) == ["done", "exited"]
    assert turns == [open_at.id]


async def _rows(found: list[str]) -> list[str]:
    return found


def _fields(row: SessionRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


async def test_runs_and_services_have_no_turns(open_at: Station) -> None:
    """The ledger tells of runs, and nobody waits for services."""
    agent = await site(open_at)
    agent.row = SessionRow(**{**_fields(agent.row), "role": "run"})
    agent.says("working", "done")
    await settled(open_at)

    assert await open_at.history() == []
