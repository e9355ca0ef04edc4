"""What conversations use, read from their transcripts, as the composed daemon charges it."""

import asyncio
import json
from pathlib import Path

from constellagent.runtime.settings import Settings
from constellagent.runtime.usage_views import DayView
from tests.agents.meters.test_claude import answer
from tests.runtime.test_daemon_hooks import declared, shows, type_line
from tests.runtime.working import Working, working

SAYS = "while read event file; do constellagent-hook claude < $file; done"
"""A shell that calls the hook with what is in a file."""


async def charged(lab: Working, read: int) -> list[DayView]:
    """Wait until so many tokens that were read are charged; returns all that is."""
    async with asyncio.timeout(20):
        while True:
            days = (await lab.daemon.usage({"file": lab.file}))["days"]
            if sum(day["input"] for day in days) == read:
                return days
            await asyncio.sleep(0.05)


async def test_a_conversation_is_charged_to_its_agent_once(home: Settings, tmp_path: Path) -> None:
    """After its turns and at the end of its session; the next session goes on from there."""
    async with working(home, tmp_path / "repo") as lab:
        profile = home.paths.profiles / lab.daemon._contexts.id_of(lab.file) / "one"
        profile.mkdir(parents=True)
        transcript, call = profile / "t.jsonl", tmp_path / "call"
        told = {"session_id": "c", "transcript_path": str(transcript), "hook_event_name": "Stop"}
        call.write_text(json.dumps(told))
        transcript.write_text(answer("a", 5, 6) + "\n")
        lab.declare(declared(one=SAYS))
        await lab.apply()
        await type_line(lab, "one", f"x {call}")
        [first] = await charged(lab, 5)

        with transcript.open("a") as file:
            file.write(answer("b", 3, 4) + "\n")
        await type_line(lab, "one", "x /dev/null\n\x04")
        await shows(lab, "one", lambda agent: not agent["session"] or not agent["session"]["live"])
        [ended] = await charged(lab, 8)

        await lab.apply(restart=["one"])
        await shows(lab, "one", lambda agent: agent["session"] and agent["session"]["live"])
        with transcript.open("a") as file:
            file.write(answer("c", 1, 1) + "\n")
        await type_line(lab, "one", f"x {call}")
        [again] = await charged(lab, 9)

    assert [(day["agent"], day["output"]) for day in (first, ended, again)] == [
        ("one", 6),
        ("one", 10),
        ("one", 11),
    ]
