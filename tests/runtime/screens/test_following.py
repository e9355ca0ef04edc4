"""The link to a holder: made again when it breaks, with nothing lost and nothing twice."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import WorldError
from constellagent.runtime.holder.client import HolderClient
from constellagent.runtime.holder.stream import HolderStream
from constellagent.runtime.screens import following as module
from constellagent.runtime.screens.terminal import Terminal
from tests.runtime import reporting
from tests.runtime.screens.conftest import RAW, Gallery
from tests.runtime.sessions_rig import FOREVER, until


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> list[HolderStream]:
    """Give the streams that are opened, in order."""
    opened: list[HolderStream] = []
    really = HolderStream.open

    async def open_and_note(socket: Path, **options: Any) -> HolderStream:
        stream = await really(socket, **options)
        opened.append(stream)
        return stream

    monkeypatch.setattr(HolderStream, "open", open_and_note)
    return opened


async def test_a_broken_link_is_made_again(gallery: Gallery, streams: list[HolderStream]) -> None:
    """What the program writes while the link is broken is shown after it, once."""
    # In raw mode nothing but the program itself repeats what is typed, so all comes in the order of typing.
    row = await gallery.python(
        f"{RAW}os.write(1, b'ready\\r\\n')\nwhile typed := os.read(0, 99): os.write(1, typed)"
    )
    await gallery.shows(row, "ready")
    client = await HolderClient.connect(gallery.settings.paths.session_socket(row.id))
    for n in range(5):
        await client.send(f"{n}\r\n".encode())
        known = len(streams)
        await streams[-1].close()
        await until(lambda known=known: len(streams) > known, "another stream")  # type: ignore[misc] # it is bound
    await client.close()

    shown = await gallery.shows(row, "4")

    assert shown == "ready\n0\n1\n2\n3\n4"


async def test_questions_are_answered_over_the_new_link(
    gallery: Gallery, streams: list[HolderStream]
) -> None:
    """Also after a loss of the connection a program gets its answer."""
    row = await gallery.python(
        "import os, tty; tty.setraw(0); os.write(1, b'ready'); os.read(0, 1); os.write(1, b'\\x1b[6n')\n"
        "os.write(1, repr(os.read(0, 99)).encode()); os.read(0, 1)"
    )
    await gallery.shows(row, "ready")
    await streams[0].close()
    await until(lambda: len(streams) == 2, "another stream")
    await gallery.rig.registry.send(row.id, b"!")

    assert "[1;6R" in await gallery.shows(row, "R'")


async def test_a_holder_of_an_older_release_is_not_answered(
    gallery: Gallery, streams: list[HolderStream], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would give the question to the terminals that it writes to as well, so those answer."""
    monkeypatch.setattr(module, "_ANSWERING", 99)
    row = await gallery.python(
        "import os, select, tty; tty.setraw(0); os.write(1, b'\\x1b[6n')\n"
        "os.write(1, b'read' if select.select([0], [], [], 0.7)[0] else b'silence'); os.read(0, 1)"
    )

    await gallery.shows(row, "silence")


async def test_a_session_that_cannot_be_reached_is_tried_again(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start does not wait for long, and the screen comes once the holder answers."""
    answers = asyncio.Event()
    really = HolderStream.open

    async def refuse(socket: Path, **options: Any) -> HolderStream:
        return await really(socket if answers.is_set() else socket.with_name("none"), **options)

    monkeypatch.setattr(HolderStream, "open", refuse)
    monkeypatch.setattr("constellagent.runtime.screens.screens._ATTACH_PATIENCE", 0.01)

    row = await gallery.start("/bin/sh", "-c", "echo hello; sleep 1000")

    answers.set()
    await gallery.shows(row, "hello")


async def test_the_end_of_a_session_ends_its_link(gallery: Gallery) -> None:
    """No task is left that looks for a holder that is gone."""
    row = await gallery.start(*FOREVER)
    task = gallery.screens._tasks[row.id]
    await gallery.rig.registry.stop(row.id)
    await gallery.rig.until_ended(row.id)

    await asyncio.gather(task, return_exceptions=True)

    assert row.id not in gallery.screens._following


async def test_a_screen_that_fails_is_fed_again(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure of the engine, which nothing real brings about, costs a new connection and no output."""
    monkeypatch.setattr(module, "_SELDOM", 0.01)
    failures = [WorldError("no memory")]
    really = Terminal.take

    async def take(self: Terminal, offset: int, data: bytes) -> bytes:
        if failures:
            raise failures.pop()
        return await really(self, offset, data)

    monkeypatch.setattr(Terminal, "take", take)
    row = await gallery.start("/bin/sh", "-c", "echo hello; sleep 1000")

    assert await gallery.shows(row, "hello") == "hello"
    assert not failures


async def test_reports_come_over_the_link_and_from_the_disk(
    gallery: Gallery, streams: list[HolderStream]
) -> None:
    """Each counts once and in order, also those that come while the link is broken or no daemon is there."""
    numbers: list[int] = []

    def listen() -> None:
        gallery.reports.listeners.append(lambda _, heard: numbers.append(heard.number))

    listen()
    row = await gallery.python(reporting.TELLS)
    env = await reporting.door(gallery.settings.paths.sessions / row.id / "log")
    with reporting.hook_program() as program:

        async def tell(word: str) -> None:
            await asyncio.to_thread(reporting.call, program, word, env=env)

        await tell("working")
        for n in range(3):
            known = len(streams)
            await streams[-1].close()
            await tell("waiting" if n % 2 else "working")
            await until(lambda known=known: len(streams) > known, "another stream")  # type: ignore[misc] # it is bound
        await until(lambda: len(numbers) == 4, "four reports")
        await gallery.leave(killed=True)
        await tell("working")
        gallery.open()
        listen()
        await gallery.rig.registry.adopt()
        await gallery.screens.start(await gallery.rig.registry.live())
        await tell("idle")
        await until(lambda: len(numbers) == 6, "two more")
    standing = gallery.screens.standing(row.id)

    assert numbers == [1, 2, 3, 4, 5, 6]
    assert standing is not None
    assert (standing.activity.reason, standing.activity.source) == ("idle prompt", "hook")


async def test_a_state_from_a_hook_outlives_the_daemon_unless_it_was_overruled(gallery: Gallery) -> None:
    """The next daemon knows it with its age; what output contradicted after somebody typed is gone."""
    loud = "input()\nfor _ in range(80): print('at work ' * 50, flush=True); time.sleep(0.1)"
    row = await gallery.python(f"{reporting.TELLS}\n{loud}\ninput()")
    env = await reporting.door(gallery.settings.paths.sessions / row.id / "log")
    with reporting.hook_program() as program:
        await asyncio.to_thread(reporting.call, program, "waiting", "--reason=permission", env=env)

    def source() -> str:
        standing = gallery.screens.standing(row.id)
        return standing.activity.source if standing else ""

    await until(lambda: source() == "hook", "the hook's state")
    before = gallery.screens.standing(row.id)
    await gallery.next_daemon()
    await until(lambda: source() == "hook", "the hook's state again")
    after = gallery.screens.standing(row.id)
    assert before is not None
    assert after is not None
    assert after.activity.reason == "permission"
    assert after.since == pytest.approx(before.since, abs=0.05)

    await gallery.rig.registry.send(row.id, b"end\n")
    await gallery.rig.registry.send(row.id, b"\n")
    gallery.screens.typed(row.id)
    await until(lambda: source() == "output", "output that contradicts it")
    await gallery.next_daemon(killed=False)
    await until(lambda: gallery.screens.standing(row.id) is not None, "the session's state")
    assert source() != "hook"
