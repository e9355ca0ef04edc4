"""Agents that are started once others are done, whatever becomes of the daemon."""

import asyncio
import json
from pathlib import Path

from constellagent.runtime.daemon import Daemon
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.waiting import WaitingRows
from tests.runtime.test_daemon_hooks import SAYS, declared, shows, type_line
from tests.runtime.working import Working, working

TWO = "  two: {command: [sleep, '100'], needs: [one]}\n"


async def waiting(lab: Working) -> list[str]:
    """Return who waits."""
    return [agent for _, agent in await WaitingRows(lab.daemon._database).all()]


async def test_what_was_done_while_there_was_no_daemon_counts(home: Settings, tmp_path: Path) -> None:
    """The next one hears of the turn that ended meanwhile, and starts who waited for it."""
    go, gone = tmp_path / "go", tmp_path / "gone"
    script = (
        f"while [ ! -e {go} ]; do sleep 0.05; done; "
        f"constellagent-hook working; constellagent-hook done; touch {gone}; read x"
    )
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(f"  one: {{shell: {json.dumps(script)}}}\n" + TWO)
        await lab.apply()
        before = await waiting(lab)
        await lab.daemon.close()
        go.touch()
        async with asyncio.timeout(20):
            while not gone.exists():
                await asyncio.sleep(0.02)
        lab.daemon = Daemon(home)
        await lab.daemon.start()
        started = await shows(lab, "two", lambda agent: agent["session"] and agent["session"]["live"])
        after = await waiting(lab)

    assert before == ["two"]
    assert started["state"] != "waiting"
    assert after == []


async def test_who_is_not_to_wait_any_more_does_not(home: Settings, tmp_path: Path) -> None:
    """Because the file says so now, because a person started it, or because it is gone."""
    async with working(home, tmp_path / "repo") as lab:
        block = "{command: [sleep, '100'], needs: [one]}"
        more = f"  three: {block}\n  four: {block}\n"
        lab.declare(declared(one=SAYS) + TWO + more)
        await lab.apply()
        first = await waiting(lab)
        await lab.apply(restart=["three"])
        lab.declare(declared(one=SAYS) + TWO.replace(", needs: [one]", ""))
        await lab.apply(prune=True)
        two = await shows(lab, "two", lambda agent: agent["session"] and agent["session"]["live"])
        await type_line(lab, "one", "working")
        await type_line(lab, "one", "done")
        await shows(lab, "one", lambda agent: agent["state"] == "done")

        assert sorted(first) == ["four", "three", "two"]
        assert await waiting(lab) == []
        assert two["reason"] != "waits for one"


async def test_one_that_cannot_be_started_waits_no_more(home: Settings, tmp_path: Path) -> None:
    """It is shown as failed, with the reason, and a later turn does not try it again."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(declared(one=SAYS) + "  two: {command: [no-such-program-anywhere], needs: [one]}\n")
        await lab.apply()
        await type_line(lab, "one", "working")
        await type_line(lab, "one", "done")
        two = await shows(lab, "two", lambda agent: agent["state"] == "failed")

        assert "no-such-program-anywhere" in two["reason"]
        assert await waiting(lab) == []
