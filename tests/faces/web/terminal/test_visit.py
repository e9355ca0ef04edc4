"""Terminals in a browser: real sessions over the real server."""

import asyncio
import contextlib
import json
import os
import signal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from constellagent.errors import UnavailableError, UsageError
from constellagent.faces.web.live.watching import TRY_AGAIN
from constellagent.faces.web.terminal.shapes import RESTARTED
from constellagent.faces.web.terminal.visit import LARGEST_MESSAGE
from constellagent.runtime.settings import Settings
from tests.faces.fake_control import agent_view, screen_view, session_view
from tests.faces.web.asking import BASE, FILE, Api, asking
from tests.faces.web.terminal.seeing import seeing, shown
from tests.runtime.holder.conftest import PYTHON, Start, until
from tests.runtime.working import working

ECHO = "import os,tty\ntty.setraw(0)\nos.write(1,b'READY')\nwhile True: os.write(1,b'<'+os.read(0,99)+b'>')"
SIZES = (
    "import os,signal\n"
    "def tell(*_): os.write(1, b'[%dx%d]' % (os.get_terminal_size().lines, os.get_terminal_size().columns))\n"
    "signal.signal(signal.SIGWINCH, tell)\ntell()\n"
    "while True: signal.pause()"
)


async def test_the_screen_comes_first_and_then_the_output(api: Api, start: Start) -> None:
    """The snapshot draws what was there, and output goes on exactly behind it."""
    session = await start(*PYTHON, ECHO)
    await session.shows(b"READY")
    api.control.session_answer = shown(session)
    api.control.screen_answer = screen_view(b"drawn", session=session.id, offset=5)
    async with seeing(api, mode="write") as seen:
        snapshot = await seen.hears("snapshot")
        assert (snapshot["rows"], snapshot["columns"], snapshot["bytes"]) == (24, 80, 5)
        assert (snapshot["mode"], snapshot["live"], snapshot["session"]) == ("write", True, session.id)
        await seen.socket.send_bytes(b"hello")
        await seen.shows(b"<hello>")
        assert seen.output == b"drawn<hello>"
    assert api.last("screen")["form"] == "ansi"
    assert api.last("screen")["history"] == 1000


async def test_who_only_looks_types_nothing(api: Api, start: Start) -> None:
    """In read mode neither keys nor a size reach the program, and the viewer is told so."""
    session = await start(*PYTHON, ECHO)
    api.control.session_answer = shown(session)
    async with seeing(api) as seen:
        assert (await seen.hears("snapshot"))["mode"] == "read"
        await seen.shows(b"READY")
        await seen.socket.send_bytes(b"hello")
        assert "may only look" in (await seen.hears("refused"))["text"]
        await seen.socket.send_json({"type": "resize", "rows": 10, "columns": 20})
        assert "may only look" in (await seen.hears("refused"))["text"]
        os.kill(session.first["pid"], signal.SIGTERM)
        await seen.hears("exit")
        assert seen.output == b"READY"
    assert session.status()["rows"] == 24


async def test_the_window_of_who_types_decides_the_size(api: Api, start: Start) -> None:
    """First the one it came with, then each new one; who looks is told of it in its place."""
    session = await start(*PYTHON, SIZES)
    await session.shows(b"[24x80]")
    api.control.session_answer = shown(session)
    async with seeing(api) as looks, seeing(api, mode="write", rows=30, columns=90) as types:
        await types.shows(b"[30x90]")
        await types.socket.send_json({"type": "resize", "rows": 40, "columns": 100})
        await types.shows(b"[40x100]")
        await looks.shows(b"[40x100]")
        assert (await looks.hears("sized"))["rows"] == 40
    assert api.last("screen").get("rows") in {30, None}


@pytest.mark.parametrize("query", [{"rows": 0, "columns": 5}, {"rows": 5}, {"rows": 5, "columns": 70_000}])
async def test_a_size_that_is_none_opens_nothing(api: Api, query: dict[str, Any]) -> None:
    """The answer is an ordinary error, before anything is opened."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        async with seeing(api, mode="write", **query):
            pass
    assert caught.value.status == 422


async def test_an_unknown_subject_opens_nothing(api: Api) -> None:
    """What the daemon does not know is an ordinary error."""
    api.control.fail("session", UsageError("there is no agent or service 'docs'"))
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        async with seeing(api):
            pass
    assert caught.value.status in {404, 422}


async def test_nothing_is_answered_twice(api: Api, start: Start) -> None:
    """Questions to the terminal and what would be copied are taken out, however they are cut."""
    script = (
        "import os,time\n"
        "for part in (b'a\\x1b[', b'6nb\\x1b]52;c;aGk=', b'\\x07c\\x1b]11;?\\x1b', b'\\\\d\\x05END'):\n"
        " os.write(1,part); time.sleep(0.02)\n"
        "time.sleep(60)"
    )
    session = await start(*PYTHON, script)
    api.control.session_answer = shown(session)
    async with seeing(api) as seen:
        await seen.shows(b"END")
        assert b"\x1b[6n" not in seen.output
        assert b"]11;?" not in seen.output
        assert b"]52;" not in seen.output
        assert b"\x05" not in seen.output
        assert seen.output.replace(b"\x18", b"") == b"ab\x1b]7999;c;aGk=\x07cdEND"


async def test_who_draws_slowly_makes_the_output_wait(api: Api, start: Start) -> None:
    """Only so much is on its way at once; the session does not wait, and nothing is lost in the end."""
    script = "import os\nfor _ in range(20): os.write(1, b'x' * 65536)\nos.write(1, b'END')\nos.read(0, 1)"
    session = await start(*PYTHON, script, log_bytes=1 << 23)
    api.control.session_answer = shown(session)
    async with seeing(api, acknowledges=False) as seen:
        await session.shows(b"END")
        async with asyncio.timeout(30):
            while len(seen.output) < 1 << 20:
                await seen.next()
        assert len(seen.output) < (1 << 20) + (1 << 18)
        with pytest.raises(TimeoutError):
            await seen.socket.receive(timeout=0.2)
        total = 20 * 65536 + 3
        while len(seen.output) < total:
            await seen.socket.send_json({"type": "ack", "bytes": 1 << 19})
            await seen.next()
        assert seen.output == b"x" * (20 * 65536) + b"END"


async def test_who_falls_too_far_behind_is_shown_the_screen_anew(api: Api, start: Start) -> None:
    """Where output was lost to the viewer it is told so, and begins again with a new snapshot."""
    script = "import os\nos.read(0, 1)\nfor _ in range(200): os.write(1, b'x' * 65536)\nos.read(0, 1)"
    session = await start(*PYTHON, script, log_bytes=1 << 16)
    api.control.session_answer = shown(session)
    async with seeing(api, acknowledges=False, mode="write") as seen:
        await seen.hears("snapshot")
        api.control.screen_answer = screen_view(b"ANEW", offset=1 << 40)  # goes on at the end of the log
        await seen.socket.send_bytes(b"\n")
        await until(lambda: session.log.end() > 10 << 20)
        seen._acknowledges = True
        await seen.socket.send_json({"type": "ack", "bytes": 1 << 21})
        await seen.hears("resync")
        assert (await seen.hears("snapshot"))["bytes"] == 4
        await seen.shows(b"ANEW")


async def test_an_end_is_told_and_a_new_beginning(api: Api, start: Start) -> None:
    """The viewer hears how the session ended, stays, and is sent to the next one when there is one."""
    session = await start(*PYTHON, "import os; os.write(1, b'bye'); os.read(0, 1); os._exit(3)")
    api.control.session_answer = shown(session)
    async with seeing(api, mode="write") as seen:
        await seen.shows(b"bye")
        await seen.socket.send_bytes(b"\n")
        ended = await seen.hears("exit")
        assert (ended["exit_status"], ended["text"]) == (3, "exited 3")
        await seen.socket.send_bytes(b"x")
        assert "ended" in (await seen.hears("refused"))["text"]
        row = agent_view("docs", session=session_view(id="s2"))
        api.control.news.put_nowait({"agents": {FILE: [{**row}]}})
        assert await seen.end() == RESTARTED


async def test_a_session_named_by_its_id_is_over_with_its_end(api: Api, start: Start) -> None:
    """Nothing follows it, so the connection is closed in order."""
    session = await start(*PYTHON, "import os; os.write(1, b'bye')")
    api.control.session_answer = shown(session)
    async with seeing(api, session.id) as seen:
        assert await seen.end() == aiohttp.WSCloseCode.OK
        assert [one["type"] for one in seen.said] == ["snapshot", "exit"]


async def test_an_ended_session_shows_what_it_showed_last(api: Api) -> None:
    """Its screen comes as it was kept, and how it ended."""
    api.control.session_answer = session_view(live=False, outcome="exited 1", exit_status=1)
    api.control.screen_answer = screen_view(b"last words")
    async with seeing(api, "s1") as seen:
        assert await seen.end() == aiohttp.WSCloseCode.OK
    snapshot, ended = seen.said
    assert (snapshot["live"], ended["text"], ended["exit_status"]) == (False, "exited 1", 1)
    assert seen.output == b"last words"


async def test_an_ended_session_without_a_screen_still_ends(api: Api) -> None:
    """Where its screen is not known any more the viewer hears that, and how it ended."""
    api.control.session_answer = session_view(live=False, outcome="exited 1", exit_status=1)
    api.control.fail("screen", UnavailableError("nothing is kept of it"))
    async with seeing(api, "s1") as seen:
        await seen.end()
    assert [(one["type"], one["text"]) for one in seen.said] == [
        ("refused", "nothing is kept of it"),
        ("exit", "exited 1"),
    ]


async def test_a_holder_that_is_gone_is_told(api: Api, start: Start, tmp_path: Path) -> None:
    """The viewer hears what is wrong, and that it may come again."""
    api.control.session_answer = session_view(socket=str(tmp_path / "nobody.sock"))
    async with seeing(api) as seen:
        assert "cannot be reached" in (await seen.hears("gone"))["text"]
        assert await seen.end() == TRY_AGAIN
    session = await start(*PYTHON, ECHO)
    api.control.session_answer = shown(session)
    async with seeing(api) as seen:
        await seen.shows(b"READY")
        os.kill(session.first["holder_pid"], signal.SIGKILL)
        await seen.hears("gone")
        assert await seen.end() == TRY_AGAIN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "{}",
        '{"type": "dance"}',
        '{"type": []}',
        '{"type": "ack"}',
        '{"type": "ack", "bytes": -1}',
        '{"type": "ack", "bytes": true}',
        '{"type": "resize", "rows": 5}',
        '{"type": "resize", "rows": 5, "columns": "5"}',
        '{"type": "resize", "rows": 5, "columns": 100000}',
        "[" * 100_000,
    ],
)
async def test_what_makes_no_sense_is_refused(api: Api, start: Start, text: str) -> None:
    """Odd messages are answered in words, and what is shown goes on."""
    session = await start(*PYTHON, ECHO)
    api.control.session_answer = shown(session)
    async with seeing(api, mode="write") as seen:
        await seen.shows(b"READY")
        await seen.socket.send_str(text)
        assert (await seen.hears("refused"))["text"]
        await seen.socket.send_bytes(b"ok")
        await seen.shows(b"<ok>")


async def test_a_message_that_is_too_long_ends_the_visit(api: Api, start: Start) -> None:
    """Only the connection ends; the session goes on."""
    session = await start(*PYTHON, ECHO)
    api.control.session_answer = shown(session)
    async with seeing(api, mode="write") as seen:
        await seen.shows(b"READY")
        with contextlib.suppress(ConnectionError):  # the server may hang up before it has read all of it
            await seen.socket.send_bytes(b"x" * (LARGEST_MESSAGE + 1))
        assert await seen.end() in {aiohttp.WSCloseCode.MESSAGE_TOO_BIG, 1006}
    async with seeing(api) as seen:
        await seen.shows(b"READY")


def open_files() -> int:
    """Return how many files this process has open, 0 where the system does not show them."""
    shown_at = Path("/proc/self/fd")
    return len(list(shown_at.iterdir())) if shown_at.exists() else 0


async def test_who_comes_and_goes_leaves_nothing_behind(api: Api, start: Start) -> None:
    """Viewers that die in the middle cost the session nothing, and leave no connection to it."""
    session = await start(*PYTHON, ECHO)
    api.control.session_answer = shown(session)
    before = open_files()
    for _ in range(20):
        async with seeing(api, mode="write") as seen:
            await seen.shows(b"READY")
            seen.socket._response.close()  # as a browser that was killed
    await until(lambda: open_files() <= before + 2)
    async with seeing(api, mode="write") as seen:
        await seen.socket.send_bytes(b"still here")
        await seen.shows(b"<still here>")


async def test_a_real_agent_is_typed_to(home: Settings, tmp_path: Path) -> None:
    """Over the real daemon: its screen, its output, keys, its end, and the next session."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {shell: 'echo begun; read x; echo got $x; read y'}\n")
        await lab.apply()
        async with asking(lab.daemon, home) as client:
            real = Api(client, None)  # type: ignore[arg-type] # the daemon is no fake
            async with seeing(
                real, "one", one="/constellations/test", mode="write", rows=30, columns=90
            ) as seen:
                await seen.shows(b"begun")
                await seen.socket.send_bytes(b"hello\r")
                await seen.shows(b"got hello")
                first = (await seen.hears("snapshot"))["session"]
                await real.ask("POST", "/constellations/test/agents/one/stop")
                await seen.hears("exit")
                body = {
                    "approved": (await lab.plan())["content_hash"],
                    "restart": ["one"],
                    "env": {"PATH": os.environ["PATH"]},
                }
                lines = (await real.ask("POST", "/constellations/test/apply", body=body)).lines
                assert lines[-1]["result"]["failed"] == {}
                assert await seen.end() == RESTARTED
            async with seeing(real, "one", one="/constellations/test") as seen:
                await seen.shows(b"begun")
                assert (await seen.hears("snapshot"))["session"] != first
            agent = await real.get("/constellations/test/agents/one")
            assert json.dumps(agent)
            assert agent["session"]["live"]
            async with client.get(f"{BASE}/constellations/test/agents/one/screen") as response:
                assert response.status == 200
