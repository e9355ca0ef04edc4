"""Deliveries through a real daemon to a program whose input line can be read."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from constellagent.agents.kind import Kind, Signs
from constellagent.agents.start import KINDS
from constellagent.errors import ConflictError
from constellagent.runtime import processes
from constellagent.runtime.control import SendView
from constellagent.runtime.daemon import Daemon
from constellagent.runtime.delivery import courier, guided, pasting
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.settings import Settings
from constellagent.spec.models import Kind as Name
from tests.runtime.working import Working, working

PROMPTER = str(Path(__file__).with_name("prompter.py"))
SIGNS = Signs(draft="> ?", dialogs=(r"^Allow this\?",))
SENT = SendView(confirmed=True, why="")


def kinds(*, queues: bool = True) -> Mapping[Name, Kind]:
    """Return the kinds, of which commands have an input line that can be read."""
    return {**KINDS, "command": replace(KINDS["command"], signs=SIGNS, queues=queues)}


@pytest.fixture(autouse=True)
def _readable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the daemon know the prompter's signs."""
    monkeypatch.setattr(courier, "KINDS", kinds())
    for name in ("SEEN_WITHIN", "SHOWN_WITHIN", "TOLD_WITHIN"):
        monkeypatch.setattr(guided, name, 20.0)  # a busy machine takes its time
    monkeypatch.setattr(pasting, "READ_WITHIN", 20.0)


async def start(lab: Working, *words: str) -> None:
    """Start the prompter."""
    lab.declare(f"  one: {{command: {json.dumps([sys.executable, PROMPTER, *words])}}}\n")
    await lab.apply()


async def session(lab: Working) -> str:
    """Return the id of its session."""
    view = (await lab.agent("one"))["session"]
    assert view is not None
    return view["id"]


async def output(lab: Working) -> str:
    """Return all that the prompter wrote."""
    view = (await lab.agent("one"))["session"]
    assert view is not None
    return LogReader(Path(view["log"])).tail(1 << 22)[1].decode(errors="replace")


async def go_on(lab: Working) -> None:
    """Let a prompter that is late, or busy, be so no longer."""
    view = (await lab.agent("one"))["session"]
    assert view is not None
    assert view["pid"] is not None
    await until(lab, "\x1b[?2004h")
    os.kill(view["pid"], signal.SIGUSR1)


async def until(lab: Working, wanted: str) -> None:
    """Wait until the prompter wrote something."""
    async with asyncio.timeout(30):
        while wanted not in await output(lab):
            await asyncio.sleep(0.02)


async def send(lab: Working, text: str, *, enter: bool = True, wait: float = 30.0) -> SendView:
    """Send."""
    return await lab.daemon.send(lab.file, "one", text, enter=enter, wait=wait)


async def test_a_text_is_whole_and_a_turn_begins(home: Settings, tmp_path: Path) -> None:
    """It is confirmed once the program shows it as said; many at once arrive one after the other."""
    async with working(home, tmp_path / "repo") as lab:
        await start(lab)

        went = await asyncio.gather(*(send(lab, f"text {n}\nof two lines", wait=30) for n in range(3)))

        assert went == [SENT] * 3
        written = await output(lab)
        assert all(f"said 19 <text {n}" in written for n in range(3))


async def test_a_program_that_is_not_ready_is_waited_for(home: Settings, tmp_path: Path) -> None:
    """Nothing is typed before its input line shows; with too little patience nothing is sent."""
    async with working(home, tmp_path / "repo") as lab:
        await start(lab, "late", "600")

        with pytest.raises(ConflictError, match="nothing was sent to one: its screen does not show"):
            await send(lab, "too early", wait=0.3)
        sending = asyncio.ensure_future(send(lab, "in time", wait=30))
        await go_on(lab)
        assert await sending == SENT

        await until(lab, "said 7 <in time>")
        assert "too early" not in await output(lab)


async def test_a_dialog_gets_no_key(home: Settings, tmp_path: Path) -> None:
    """What a program asks is answered by a person only; `force` types all the same."""
    async with working(home, tmp_path / "repo") as lab:
        await start(lab, "dialog")

        await until(lab, "Allow this?")
        with pytest.raises(ConflictError, match=r"it shows a dialog: Allow this\?") as caught:
            await send(lab, "hello")
        assert caught.value.hint == "`constellagent attach one` answers it"
        assert "answered" not in await output(lab)

        await lab.daemon.send(lab.file, "one", "y", enter=False, force=True)
        await until(lab, "answered")


async def test_a_dialog_that_comes_up_meanwhile_gets_no_enter(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The paste may be lost, but Enter answers nothing."""
    monkeypatch.setattr(guided, "SEEN_WITHIN", 5.0)  # no text will be seen
    async with working(home, tmp_path / "repo") as lab:
        await start(lab, "pops")

        went = await send(lab, "hello")

        assert went["confirmed"] is False
        assert went["why"] == "a dialog came up while it was typed (Allow this?), and Enter was not pressed"
        assert "answered" not in await output(lab)


async def test_a_draft_is_left_alone(home: Settings, tmp_path: Path) -> None:
    """A person's draft is neither sent along nor deleted; what a text of ours left there makes way."""
    async with working(home, tmp_path / "repo") as lab:
        await start(lab)
        assert await send(lab, "my own words", enter=False) == SENT

        with pytest.raises(ConflictError, match="a text that somebody has begun is in its input line"):
            await send(lab, "hello", wait=0.2)

        assert "said" not in await output(lab)


async def test_what_a_daemon_that_died_had_pasted_makes_way(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a paste and its Enter a daemon ends; what stands there is no person's draft for the next."""
    async with working(home, tmp_path / "repo") as lab:
        await start(lab)
        with monkeypatch.context() as for_ever:
            for_ever.setattr(pasting, "PAUSE", 3600.0)
            sending = asyncio.ensure_future(send(lab, "cut short"))
            await until(lab, "> cut short")
            await asyncio.sleep(0.5)  # it has seen it too, and waits before its Enter
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        await lab.daemon.close()
        lab.daemon = Daemon(home)
        await lab.daemon.start()

        assert await send(lab, "instead") == SENT

        await until(lab, "said 7 <instead>")
        assert "<cut short" not in await output(lab)


async def test_what_an_interrupt_put_back_makes_way(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A draft that equals the prompt of the newest turn is no person's."""
    monkeypatch.setattr(guided, "TOLD_WITHIN", 1.0)  # no hook will tell
    async with working(home, tmp_path / "repo") as lab:
        await start(lab)
        await send(lab, "first line\nsecond line", enter=False)
        lab.daemon._turns.began(await session(lab), "first line\nsecond line")

        assert (await send(lab, "instead"))[
            "why"
        ] == "its terminal shows the text, but its hooks tell of no turn"

        await until(lab, "said 7 <instead>")
        assert "said 22" not in await output(lab)


async def test_hooks_tell_of_the_turn(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a hook says of the prompt decides: the whole text, or another one."""
    async with working(home, tmp_path / "repo") as lab:
        await start(lab)
        known = await session(lab)

        async def deliver(text: str, told: str) -> SendView:
            sending = asyncio.ensure_future(send(lab, text))
            await until(lab, f"said {len(text)} <{text}>")
            lab.daemon._turns.began(known, told)
            return await sending

        assert await deliver("a whole one", "<context/>\n\na whole  one") == SENT
        monkeypatch.setattr(guided, "TOLD_WITHIN", 4.0)  # all of it is waited for
        went = await deliver("a cut one", "a cu")
        assert went == SendView(confirmed=False, why="a turn has begun with another text")


async def test_a_second_enter(home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the text still stands in the input line a while after Enter, it is pressed once more."""
    monkeypatch.setattr(guided, "AGAIN_AFTER", 0.5)
    async with working(home, tmp_path / "repo") as lab:
        await start(lab, "stuck")

        assert await send(lab, "hello") == SENT


async def test_a_text_that_came_to_nothing(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An input line that is empty again is not enough."""
    monkeypatch.setattr(guided, "SHOWN_WITHIN", 0.3)
    async with working(home, tmp_path / "repo") as lab:
        await start(lab, "shuns")

        went = await send(lab, "hello")

        assert not went["confirmed"]
        assert "nothing shows that a turn began" in went["why"]


async def test_a_busy_program(home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that queues gets a text while it works; of one that does not, the end of the turn is waited for."""
    async with working(home, tmp_path / "repo") as lab:
        await start(lab, "busy", "600")
        assert await send(lab, "first") == SENT
        await lab.until("one", "working")

        assert await send(lab, "queued", wait=0) == SENT

        monkeypatch.setattr(courier, "KINDS", kinds(queues=False))
        await lab.until("one", "working")
        with pytest.raises(ConflictError, match="it works, and what is typed meanwhile would disturb that"):
            await send(lab, "too early", wait=0)
        sending = asyncio.ensure_future(send(lab, "later"))
        await go_on(lab)
        assert await sending == SENT
        assert "too early" not in await output(lab)


async def test_a_program_that_ends_while_it_is_waited_for(home: Settings, tmp_path: Path) -> None:
    """The sender is told at once."""
    async with working(home, tmp_path / "repo") as lab:
        await start(lab, "late", "60")
        sending = asyncio.ensure_future(send(lab, "hello", wait=60))
        view = (await lab.agent("one"))["session"]
        assert view is not None
        assert view["pid"] is not None
        os.kill(view["pid"], 9)

        with pytest.raises(ConflictError, match="nothing was sent to one"):
            await asyncio.wait_for(sending, 30)


async def test_controls_in_a_text(home: Settings, tmp_path: Path) -> None:
    """Ends of pastes and other controls are taken out; what is left is what has to arrive."""
    async with working(home, tmp_path / "repo") as lab:
        await start(lab)

        assert await send(lab, "a\x1b[201~ b\x1b[200~\x9b201~\x1b[A\x00\r\n\tc") == SENT
        await until(lab, "said 6 <a b\n\tc>")
        assert await send(lab, "\x1b[201~!run it") == SENT
        await until(lab, "said 8 < !run it>")

        with pytest.raises(ConflictError, match="holds nothing but control characters"):
            await send(lab, "\x1b[A\x03")
        with pytest.raises(ConflictError, match="there is no text"):
            await send(lab, " \n")


async def test_scripts_of_the_world(home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hook that tells of another text confirms none of them; one that composes accents does."""
    async with working(home, tmp_path / "repo") as lab:
        await start(lab)
        known = await session(lab)

        async def deliver(text: str, told: str, within: float = 20.0) -> bool:
            monkeypatch.setattr(guided, "TOLD_WITHIN", within)
            sending = asyncio.ensure_future(send(lab, text))
            await until(lab, f"said {len(text)} <{text}>")
            lab.daemon._turns.began(known, told)
            return (await sending)["confirmed"]

        assert await deliver("\u041f\u0440\u0438\u0432\u0435\u0442", "\u041f\u0440\u0438\u0432\u0435\u0442")
        assert not await deliver("\u4f60\u597d", "\u518d\u89c1", 4.0)  # all of it is waited for
        assert await deliver("\U0001f680", "\U0001f680")
        assert await deliver("cafe\u0301", "caf\u00e9")


async def test_a_hook_that_tells_late(home: Settings, tmp_path: Path) -> None:
    """That the turn before has begun is no sign of another text."""
    async with working(home, tmp_path / "repo") as lab:
        await start(lab)
        known = await session(lab)
        assert await send(lab, "the first") == SENT
        await lab.until("one", "waiting")

        sending = asyncio.ensure_future(send(lab, "the second"))
        await until(lab, "said 10 <the second>")
        lab.daemon._turns.began(known, "the first")
        await asyncio.sleep(0.2)
        lab.daemon._turns.began(known, "the second")

        assert await sending == SENT


async def test_a_program_that_has_asked_for_pastes_long_ago(home: Settings, tmp_path: Path) -> None:
    """Lines of a text are no Enters, however much the program has written since."""
    async with working(home, tmp_path / "repo") as lab:
        await start(lab, "floods")
        await until(lab, "> ")

        assert await send(lab, "one\ntwo") == SENT

        await until(lab, "said 7 <one\ntwo>")


async def test_what_we_left_makes_way(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that was read too late for its Enter is deleted before the next; not with a word beside it."""
    async with working(home, tmp_path / "repo") as lab:
        await start(lab)
        view = (await lab.agent("one"))["session"]
        assert view is not None
        pid = view["pid"]
        assert pid is not None

        async def leave(text: str) -> None:
            os.kill(pid, signal.SIGSTOP)
            async with asyncio.timeout(15):
                while processes.state_of(pid) != "T":
                    await asyncio.sleep(0.02)
            with monkeypatch.context() as patch:
                patch.setattr(pasting, "READ_WITHIN", 0.2)
                went = await send(lab, text)
            os.kill(pid, signal.SIGCONT)
            assert went["why"].startswith("the program is stopped; the text waits in its terminal")

        await leave("first line\nsecond\n\nfourth")
        await until(lab, "fourth")
        assert await send(lab, "instead") == SENT
        await until(lab, "said 7 <instead>")

        await lab.until("one", "waiting")
        await leave("left again")
        await until(lab, "left again")
        await lab.daemon.send(lab.file, "one", " and mine", enter=False, force=True)
        await until(lab, "left again and mine")
        with pytest.raises(ConflictError, match="a text that somebody has begun is in its input line"):
            await send(lab, "not now", wait=0.5)
        assert "left again and mine" in (await output(lab)).rpartition("\x1b[2J")[2]
