"""Hooks as the composed daemon shows them."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from constellagent.agents.kind import Report
from constellagent.runtime.control import AgentView
from constellagent.runtime.reports import Heard, heard
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.conversations import ConversationRow, ConversationRows
from constellagent.runtime.store.sessions import SessionRow
from constellagent.term.activity import tracker
from tests.runtime.working import Working, working

SAYS = "while read words; do constellagent-hook $words; done"
"""A shell that reports whatever is sent to it."""


def declared(**shells: str) -> str:
    """Return the agents with these shell lines."""
    return "".join(f"  {name}: {{shell: {json.dumps(line)}}}\n" for name, line in shells.items())


async def type_line(lab: Working, agent: str, words: str) -> None:
    """Type a line into the agent's terminal."""
    session = (await lab.agent(agent))["session"]
    assert session is not None
    await lab.daemon._registry.send(session["id"], f"{words}\n".encode())


async def shows(lab: Working, agent: str, wanted: Callable[[AgentView], object]) -> AgentView:
    """Wait until an agent's row of the status is as wanted."""
    async with asyncio.timeout(30):
        while not wanted(found := await lab.agent(agent)):
            await asyncio.sleep(0.02)
    return found


def told(reason: str) -> Callable[[AgentView], object]:
    """Return what to wait for: this reason, known from a hook."""
    return lambda agent: (agent["reason"], agent.get("source")) == (reason, "hook")


async def test_any_program_may_report_its_state(home: Settings, tmp_path: Path) -> None:
    """It shows in the status with source, reason and age at once, for as long as it is the last word."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(declared(one=SAYS, two=SAYS))
        await lab.apply()
        begin = lab.daemon._clock.now()
        await type_line(lab, "one", "waiting --reason permission --message may-I")
        asking = await shows(lab, "one", told("permission"))
        await type_line(lab, "one", "working")
        working_ = await shows(lab, "one", lambda agent: agent["state"] == "working")
        await type_line(lab, "one", "idle")
        idle = await shows(lab, "one", told("idle prompt"))
        other = await lab.agent("two")

    assert asking["state"] == "waiting"
    assert asking.get("message") == "may-I"
    assert "message" not in working_
    assert asking["since"] is not None
    assert begin - 1 <= asking["since"] <= lab.daemon._clock.now()
    assert working_.get("source") == "hook"
    assert idle["state"] == "waiting"
    assert other.get("source") != "hook"


async def test_the_end_of_the_session_clears_it(home: Settings, tmp_path: Path) -> None:
    """What a hook said last does not outlive its session, nor show in the next one."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(declared(one="constellagent-hook waiting --reason permission; read x"))
        await lab.apply()
        await shows(lab, "one", told("permission"))
        await type_line(lab, "one", "go")
        ended = await shows(lab, "one", lambda agent: agent["state"] == "done")
        lab.declare(declared(one="read x"))
        await lab.apply(restart=["one"])
        again = await shows(lab, "one", lambda agent: agent["session"] and agent["session"]["live"])

    assert "source" not in ended
    assert again.get("source") != "hook"


async def test_a_state_that_is_left_stale_ages(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work of which nothing more is seen or heard is unknown after a while, by itself."""
    monkeypatch.setattr(tracker, "SILENCE", 1.0)
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(declared(one="constellagent-hook working; read x"))
        await lab.apply()
        # Who looks late may never see it work: only a hook can have said what is unknown again now.
        stale = await shows(
            lab, "one", lambda agent: (agent["state"], agent.get("source")) == ("unknown", "hook")
        )
    assert stale["reason"] == "quiet"


async def test_a_service_may_report_too(home: Settings, tmp_path: Path) -> None:
    """Its state is what it says itself, not just that it runs."""
    async with working(home, tmp_path / "repo") as lab:
        shell = json.dumps("constellagent-hook waiting --reason migration; sleep 60")
        lab.declare("  {}\n", f"services:\n  shop: {{shell: {shell}}}\n")
        await lab.apply()
        async with asyncio.timeout(20):
            while True:
                (view,) = await lab.daemon.status(lab.file)
                (service,) = view["services"]
                if service["state"] != "running":
                    break
                await asyncio.sleep(0.02)
    assert (service["state"], service["reason"]) == ("waiting", "migration")


async def test_what_is_heard_is_told_in_order(home: Settings, tmp_path: Path) -> None:
    """Listeners get each report once, with its number, after the status shows it."""
    numbers: list[tuple[int, str]] = []
    shown: list[Any] = []
    async with working(home, tmp_path / "repo") as lab:

        def listen(row: SessionRow, each: Heard) -> None:
            numbers.append((each.number, each.report.reason))
            standing = lab.daemon._screens.standing(row.id)
            shown.append(standing and standing.activity.reason)

        lab.daemon._reports.listeners.append(listen)
        loop = "for n in 1 2 3 4 5 6 7 8 9; do constellagent-hook waiting --reason r$n; done; read x"
        lab.declare(declared(one=loop))
        await lab.apply()
        await shows(lab, "one", told("r9"))
    assert numbers == [(n, f"r{n}") for n in range(1, 10)]
    assert shown[-1] == "r9"


async def test_a_conversation_is_learned_of_its_own_kind_only(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program tells its conversation; another kind inside of it does not, nor is a pattern an id."""

    def read(event: Any) -> Report:
        return Report(conversation=str(event.get("session_id", "")))

    kinds = {
        name: type(kind)(kind.name, kind.program, kind.start, read) for name, kind in heard.KIND_OF.items()
    }
    monkeypatch.setattr(heard, "KIND_OF", kinds)
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(declared(one=SAYS))
        await lab.apply()
        session = (await lab.agent("one"))["session"]
        assert session is not None
        rows = ConversationRows(lab.daemon._database)
        await rows.begin(
            ConversationRow(
                session["id"], "c", "one", "agent", "codex", "", "/w", "", "", session["started_at"]
            )
        )
        await type_line(lab, "one", """claude {"session_id":"other"}""")
        await type_line(lab, "one", """codex {"session_id":"mine"}""")
        await type_line(lab, "one", """gemini {"session_id":"other"}""")
        await type_line(lab, "one", """codex {"session_id":"*"}""")
        await type_line(lab, "one", """codex {"session_id":"--last"}""")
        await type_line(lab, "one", "idle")
        await shows(lab, "one", told("idle prompt"))
        await lab.daemon.stop(lab.file, "one")
        learned = await rows.of(session["id"])
    assert learned is not None
    assert learned.id == "mine"
