"""Screens asked of the composed daemon."""

import asyncio
import base64
import json
from pathlib import Path

import pytest

from constellagent.errors import UsageError
from constellagent.runtime.screen_views import ScreenRequest
from constellagent.runtime.settings import Settings
from tests.runtime.working import working


async def test_the_screen_of_an_agent_can_be_asked_for(home: Settings, tmp_path: Path) -> None:
    """By its name or its session's id, while it runs and after its end."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {shell: 'read x; echo got $x; read y'}\n")
        await lab.apply()
        await lab.daemon.send(lab.file, "one", "hello", enter=True)
        session = (await lab.agent("one"))["session"]
        assert session is not None

        async def text(subject: str) -> str:
            request = ScreenRequest(file=lab.file, subject=subject, form="text")
            return base64.b64decode((await lab.daemon.screen(request))["data"]).decode()

        async with asyncio.timeout(30):
            while "got hello" not in await text("one"):
                await asyncio.sleep(0.02)
        await lab.daemon.stop(lab.file, "one")

        assert "got hello" in await text(session["id"])
        with pytest.raises(UsageError, match="two"):
            await text("two")


async def test_what_is_sent_answers_a_question(home: Settings, tmp_path: Path) -> None:
    """An agent that asks is waiting until somebody sends it something."""
    script = r"print('\x1b]9;may I?\x07', flush=True); input(); input()"
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(f"  one: {{command: {json.dumps(['python3', '-c', script])}}}\n")
        await lab.apply()
        asking = await lab.until("one", "waiting")

        await lab.daemon.send(lab.file, "one", "yes", enter=True)

        assert (asking["reason"], asking["source"]) == ("question", "notification")
        async with asyncio.timeout(30):
            while (await lab.agent("one"))["state"] == "waiting":
                await asyncio.sleep(0.02)
