"""What a person asks of an agent's terminal, through the composed daemon: texts that arrive, or do not."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any, cast

import pytest

from constellagent.errors import ConflictError, UsageError
from constellagent.runtime import processes
from constellagent.runtime.comment_views import CommentRequest
from constellagent.runtime.delivery import pasting
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.settings import Settings
from tests.runtime.working import Working, working

AGENT = r"""
import os, sys, tty
tty.setraw(0)
os.write(1, b"\x1b[?2004hready\r\n")
if len(sys.argv) > 1:
    os.write(1, b"\x1b]9;permission to run rm?\x07")
while True:
    got = os.read(0, 65536)
    os.write(1, b"\r\nturn\r\n" if got == b"\r" else got.replace(b"\x1b", b"<ESC>").replace(b"\r", b"\r\n"))
"""
"""Takes bracketed pastes as a coding agent does, shows them, and begins a turn at each Enter alone."""


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a busy machine its time."""
    for name in ("READ_WITHIN", "SHOWN_WITHIN", "TAKEN_WITHIN"):
        monkeypatch.setattr(pasting, name, 20.0)


def declared(*words: str) -> str:
    """Return the declaration of that agent."""
    return f"  one: {{command: {json.dumps(['python3', '-c', AGENT, *words])}}}\n"


async def output(lab: Working, wanted: bytes) -> bytes:
    """Return what the agent printed, as soon as `wanted` is in it."""
    session = (await lab.agent("one"))["session"]
    assert session is not None
    async with asyncio.timeout(30):
        while wanted not in (printed := LogReader(Path(session["log"])).tail(1 << 20)[1]):
            await asyncio.sleep(0.02)
    return printed


async def test_a_text_that_arrives(home: Settings, tmp_path: Path) -> None:
    """It is confirmed by what the terminal shows."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(declared())
        await lab.apply()
        await output(lab, b"ready")

        went = await lab.daemon.send(lab.file, "one", "hello", enter=True)

        assert went == {"confirmed": True, "why": ""}
        assert b"<ESC>[200~hello<ESC>[201~\r\nturn" in await output(lab, b"turn")


async def test_a_text_that_nobody_reads(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped agent is named as the reason."""
    monkeypatch.setattr(pasting, "READ_WITHIN", 0.2)
    monkeypatch.setattr(pasting, "SHOWN_WITHIN", 0.2)
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(declared())
        await lab.apply()
        await output(lab, b"ready")
        session = (await lab.agent("one"))["session"]
        assert session is not None
        assert session["pid"] is not None
        os.kill(session["pid"], signal.SIGSTOP)
        async with asyncio.timeout(30):
            while processes.state_of(session["pid"]) != "T":
                await asyncio.sleep(0.02)

        went = await lab.daemon.send(lab.file, "one", "hello", enter=True)

        assert not went["confirmed"]
        assert "the program is stopped" in went["why"]
        os.kill(session["pid"], signal.SIGCONT)


async def test_an_agent_that_was_stopped(home: Settings, tmp_path: Path) -> None:
    """Nothing is typed, and the error says how it is started again."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(declared())
        await lab.apply()
        await lab.daemon.stop(lab.file, "one")

        with pytest.raises(ConflictError, match="does not run") as caught:
            await lab.daemon.send(lab.file, "one", "hello", enter=True)

    assert caught.value.hint == "`constellagent restart one` starts it"


async def comments(lab: Working, action: str, **more: object) -> Any:
    """Ask about the comments on the agent's work."""
    request = {"file": lab.file, "agent": "one", "action": action, **more}
    return await lab.daemon.comments(cast("CommentRequest", request))


async def test_comments_reach_the_agent(home: Settings, tmp_path: Path) -> None:
    """They are one prompt in its terminal, are sent then, and survive the daemon."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(declared())
        await lab.apply()
        await output(lab, b"ready")
        (Path((await lab.agent("one"))["path"]) / "app.py").write_text("a = 1\nb = 2\n")
        place = {"path": "app.py", "side": "new", "line": 2, "end_line": 2}
        await comments(lab, "add", **place, text="Name it better.")

        sent = await comments(lab, "send")

        assert (sent["sent"], sent["why"]) == (True, "")
        printed = await output(lab, b"turn")
        prompt = (
            b"<ESC>[200~Review comments on your work (branch agents/one):\r\n\r\n"
            b"1. app.py:2\r\n> b = 2\r\nName it better.<ESC>[201~\r\nturn"
        )
        assert prompt in printed
        listed = await comments(lab, "list")
        assert [row["state"] for row in listed] == ["sent"]
        with pytest.raises(UsageError, match="there is no agent"):
            await lab.daemon.comments(CommentRequest(file=lab.file, agent="two", action="list"))


async def test_a_prompt_grants_no_permission(home: Settings, tmp_path: Path) -> None:
    """While the agent asks for a permission no comment is sent, since the Enter behind it would grant it."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(declared("asking"))
        await lab.apply()
        await lab.until("one", "waiting")
        await comments(lab, "add", path="", side="new", line=0, end_line=0, text="Stop.")

        sent = await comments(lab, "send")

        assert sent["sent"] is False
        assert "asks for a permission" in sent["why"]
        assert b"Stop." not in await output(lab, b"ready")
