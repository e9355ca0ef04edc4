"""Limits, usage and `needs:` of agents as the composed daemon keeps them."""

import asyncio
import json
from pathlib import Path

import pytest

from constellagent.agents.kind import Usage
from constellagent.errors import ConflictError
from constellagent.runtime.control import RunRequest
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.usage import UsageRows, Whose
from tests.runtime.test_daemon_hooks import SAYS, declared, shows, told, type_line
from tests.runtime.working import Working, working


async def use(lab: Working, agent: str, usage: Usage) -> None:
    """Let an agent's session have used so much in all."""
    report = await lab.daemon.usage({"file": lab.file})
    session = (await lab.agent(agent))["session"]
    assert session is not None
    whose = Whose(lab.daemon._contexts.id_of(lab.file), agent, session["id"], report["today"])
    await UsageRows(lab.daemon._database).add(whose, session["id"], usage)


async def test_a_text_for_an_agent_over_its_budget_is_refused(home: Settings, tmp_path: Path) -> None:
    """Its session goes on, and shows once its turn has ended that it waits for the limit."""
    async with working(home, tmp_path / "repo") as lab:
        limits = "{cost_per_day: 5}"
        lab.declare(f"  one: {{shell: {json.dumps(SAYS)}, limits: {limits}}}\n" + declared(two=SAYS))
        await lab.apply()
        await type_line(lab, "one", "idle")
        before = await shows(lab, "one", told("idle prompt"))
        await use(lab, "one", Usage(10, 20, 5.0))
        after = await shows(lab, "one", lambda agent: agent["reason"].startswith("limit"))
        with pytest.raises(ConflictError, match=r"cost_per_day 5\.00 of 5\.00") as caught:
            await lab.daemon.send(lab.file, "one", "working", enter=True, wait=0)
        report = await lab.daemon.usage({"file": lab.file})
        await lab.daemon.send(lab.file, "one", "working", enter=True, force=True, over_limit=True)
        working_ = await shows(lab, "one", lambda agent: agent["state"] == "working")
        await lab.daemon.send(lab.file, "two", "working", enter=True, force=True)

    assert (before["state"], after["state"]) == ("waiting", "waiting")
    assert after["reason"] == "limit: cost_per_day 5.00 of 5.00"
    assert "--over-limit" in caught.value.hint
    assert working_["session"] is not None
    assert report["held"] == {"one": "limit: cost_per_day 5.00 of 5.00"}
    assert report["agents"] == {"one": {"cost_per_day": 5.0}}
    assert [(day["agent"], day["input"], day["output"], day["cost"]) for day in report["days"]] == [
        ("one", 10, 20, 5.0)
    ]


async def test_only_so_many_runs_start_on_a_day(home: Settings, tmp_path: Path) -> None:
    """The next one is refused, and counted where a person insists."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {command: [sleep, '100'], limits: {runs_per_day: 1}}\n")
        await lab.apply()
        request = RunRequest(file=lab.file, agent="one", argv=["true"])
        await lab.daemon.run(request)
        with pytest.raises(ConflictError, match="runs_per_day 1 of 1"):
            await lab.daemon.run(request)
        await lab.daemon.run({**request, "over_limit": True})
        report = await lab.daemon.usage({"file": lab.file})
        lab.declare("  one: {command: [sleep, '100'], limits: {runs_per_day: 3}}\n")
        await lab.apply()
        await lab.daemon.run(request)

    assert [day["runs"] for day in report["days"]] == [2]


async def test_an_agent_starts_when_the_one_it_needs_is_done(home: Settings, tmp_path: Path) -> None:
    """The daemon starts it as the turn ends, after apply has returned; until then the plan is empty."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(declared(one=SAYS) + "  two: {command: [sleep, '100'], needs: [one]}\n")
        await lab.apply()
        waiting = await lab.agent("two")
        plan = await lab.plan()
        await type_line(lab, "one", "working")
        await type_line(lab, "one", "done")
        started = await shows(lab, "two", lambda agent: agent["session"] and agent["session"]["live"])
        again = await lab.plan()

    assert (waiting["state"], waiting["reason"], waiting["session"]) == ("waiting", "waits for one", None)
    assert plan["empty"]
    assert any("waits for one" in line for line in plan["lines"])
    assert started["reason"] != "waits for one"
    assert again["empty"]


async def test_it_does_not_start_after_one_that_failed(home: Settings, tmp_path: Path) -> None:
    """The status says so."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {shell: 'exit 3'}\n  two: {command: [sleep, '100'], needs: [one]}\n")
        await lab.apply()
        waiting = await shows(lab, "two", lambda agent: "failed" in agent["reason"])

    assert waiting["state"] == "waiting"
    assert waiting["reason"] == "waits for one, which failed: exit status 3"
    assert waiting["session"] is None


async def test_a_turn_that_ends_wakes_others_once(home: Settings, tmp_path: Path) -> None:
    """Each turn that ends with `done` does, and the end of its session does not do it again."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(
            declared(one=SAYS)
            + "  two:\n    command: [sleep, '100']\n    autostart: false\n    schedules:\n"
            + "      after: {on: {agent: one}, command: ['true'], workspace: agent, overlap: queue_all}\n"
            + "      last: {on: {agent: one, state: exited}, command: ['true'], workspace: agent}\n"
        )
        await lab.apply()

        async def fires(count: int) -> int:
            async with asyncio.timeout(20):
                while True:
                    rows = await lab.daemon.schedule({"file": lab.file, "action": "history"})
                    if len(rows) >= count and all(row["state"] == "succeeded" for row in rows):
                        return len(rows)
                    await asyncio.sleep(0.02)

        for words in ("working", "done", "done"):
            await type_line(lab, "one", words)
        first = await fires(1)
        for words in ("working", "done"):
            await type_line(lab, "one", words)
        second = await fires(2)
        session = (await lab.agent("one"))["session"]
        assert session is not None
        await lab.daemon._registry.send(session["id"], b"\x04")
        third = await fires(3)
        rows = await lab.daemon.schedule({"file": lab.file, "action": "history"})

    assert (first, second, third) == (1, 2, 3)
    assert sorted(row["schedule"] for row in rows) == ["two/after", "two/after", "two/last"]
