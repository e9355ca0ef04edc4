"""The screens of real sessions: shown as written, answered once, made again, kept when they end."""

import asyncio
import os
import re
import signal
import time
from pathlib import Path

import pytest

from constellagent.errors import UnavailableError, WorldError
from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.client import HolderClient
from constellagent.runtime.holder.stream import HolderStream
from constellagent.runtime.screens import screens as module
from constellagent.runtime.store.sessions import SessionRow
from constellagent.term.activity import Sign, Signs
from constellagent.term.screen import ENGINE
from tests.runtime.holder.screen import Screen
from tests.runtime.holder.wire import Wire
from tests.runtime.screens.conftest import Gallery, text_of
from tests.runtime.screens.pictures import DRAW, picture
from tests.runtime.sessions_rig import FOREVER, until

WAIT = "time.sleep(1000)"
ASK = (
    "import os, select, sys, tty; tty.setraw(0); {before}\n"
    "os.write(1, b'\\x1b[3;5H\\x1b[6n'); answer = b''\n"
    "while not answer.endswith(b'R'): answer += os.read(0, 1)\n"
    "more = os.read(0, 99) if select.select([0], [], [], 0.5)[0] else b''\n"
    "os.write(1, b'\\x1b[Hgot ' + repr(answer + more).encode() + b'\\r\\n'); os.read(0, 1)"
)


def socket(gallery: Gallery, session: str) -> Path:
    """Return where a session's holder listens."""
    return gallery.settings.paths.session_socket(session)


async def test_a_screen_shows_what_the_program_wrote(gallery: Gallery) -> None:
    """Text, title and size are those of the session's terminal, in every form that may be asked for."""
    row = await gallery.python(DRAW + WAIT, rows=10, columns=80)
    await gallery.shows(row, "here")

    text = await gallery.view(row, history=-1)
    ansi = await gallery.view(row, "ansi", history=-1)
    engine = await gallery.view(row, "engine")

    assert (text["rows"], text["columns"], text["title"], text["engine"]) == (10, 80, "drawn", ENGINE)
    assert (text["session"], ansi["form"], engine["form"]) == (row.id, "ansi", "engine")
    assert text["offset"] == ansi["offset"] == engine["offset"] == len(gallery.rig.output(row.id))
    assert picture(ansi) == picture(engine)
    assert "line 0 " in text_of(text)
    assert "line 0 " not in await gallery.text(row, history=5)
    assert "line 0 " not in await gallery.text(row)


async def test_a_question_is_answered_once(gallery: Gallery) -> None:
    """A program that asks as its first deed where its cursor is reads one answer, and nothing after it."""
    row = await gallery.python(ASK.format(before=""))

    assert (await gallery.shows(row, "got")).startswith("got b'\\x1b[3;5R'")


async def test_a_question_is_answered_once_while_others_look(gallery: Gallery) -> None:
    """A viewer does not make it two answers, and a terminal that the holder writes to is not asked."""
    row = await gallery.python(ASK.format(before="os.write(1, b'ready'); os.read(0, 1)"))
    await gallery.shows(row, "ready")
    viewer = await HolderStream.open(socket(gallery, row.id), offset=0, flags=protocol.VIEW)
    with Wire(socket(gallery, row.id)) as wire, Screen() as screen:
        keys = wire.join(screen.terminal)
        assert keys is not None
        os.write(keys, b"!")
        shown = await gallery.shows(row, "got")
        seen = screen.sees(b"got")
        os.close(keys)
    await viewer.close()

    assert shown.startswith("got b'\\x1b[3;5R'")
    assert b"\x1b[3;5H" in seen
    assert b"\x1b[6n" not in seen


async def test_a_killed_daemon_costs_nothing(gallery: Gallery) -> None:
    """The next daemon's screen equals the one that was lost, scrollback, modes and cursor too."""
    row = await gallery.python(DRAW + WAIT)
    await gallery.shows(row, "here")
    before = picture(await gallery.view(row, "engine"))

    await gallery.next_daemon()

    assert not (gallery.rig.folder(row.id) / "screen").exists()
    assert picture(await gallery.view(row, "engine")) == before


async def test_a_daemon_goes_on_from_a_checkpoint(gallery: Gallery) -> None:
    """What was written after it, at another size too, comes from the log; half a sequence is completed."""
    row = await gallery.python(
        f"{DRAW}sys.stdin.readline()\nprint('\\x1b[7', end='', flush=True); sys.stdin.readline()\n"
        f"print('mafter', end='', flush=True); {WAIT}"
    )
    await gallery.shows(row, "here")
    await gallery.rig.registry.send(row.id, b"\n")
    await until(lambda: gallery.rig.output(row.id).endswith(b"\x1b[7"), "half a sequence")
    await until(lambda: gallery.terminal(row).offset == len(gallery.rig.output(row.id)), "the offset")
    await gallery.next_daemon(killed=False)
    offset = gallery.terminal(row).offset
    client = await HolderClient.connect(socket(gallery, row.id))
    await client.resize(30, 100)
    await client.send(b"\n")
    await gallery.shows(row, "after")
    before = picture(await gallery.view(row, "engine"))
    await client.close()

    await gallery.next_daemon()

    assert offset < len(gallery.rig.output(row.id))
    assert picture(await gallery.view(row, "engine")) == before
    assert before[:2] == (30, 100)


async def test_questions_that_nobody_answered_are_not_answered_late(gallery: Gallery) -> None:
    """What was asked while there was no daemon is not answered into whatever reads the keyboard later."""
    row = await gallery.python(
        "import os, select, tty; tty.setraw(0); os.write(1, b'ready'); os.read(0, 1)\n"
        "os.write(1, b'\\x1b[6n'); os.read(0, 1)\n"
        "late = select.select([0], [], [], 0.7)[0]\n"
        "os.write(1, b'late' if late else b'silence'); os.read(0, 1)"
    )
    await gallery.shows(row, "ready")
    await gallery.leave(killed=True)
    client = await HolderClient.connect(socket(gallery, row.id))
    await client.send(b"!")
    await until(lambda: b"[6n" in gallery.rig.output(row.id), "the question")
    gallery.open()
    await gallery.rig.registry.adopt()
    await gallery.screens.start(await gallery.rig.registry.live())
    await gallery.view(row)
    await client.send(b"!")
    await client.close()

    await gallery.shows(row, "silence")


async def test_many_sessions_are_restored(gallery: Gallery) -> None:
    """Each of twenty shows its own text after a kill; one that is asked for waits for no other."""
    rows = [
        await gallery.start("/bin/sh", "-c", f"echo this is {n}.; sleep 1000", subject=f"a{n}")
        for n in range(20)
    ]
    for n, row in enumerate(rows):
        await gallery.shows(row, f"this is {n}.")
    await gallery.next_daemon()

    begin = time.monotonic()
    assert await gallery.text(rows[0]) == "this is 0."
    took = time.monotonic() - begin
    for n, row in enumerate(rows):
        assert await gallery.text(row) == f"this is {n}."
    print(f"the first of 20 restored screens came after {took * 1000:.0f} ms")
    assert took < 15


async def test_a_flood_does_not_starve_a_quiet_session(gallery: Gallery) -> None:
    """Beside two that write as fast as they can, what a third writes is on its screen soon."""
    for name in ("one", "two"):
        await gallery.start("/bin/sh", "-c", "exec yes 'some \x1b[31mcoloured\x1b[m output'", subject=name)
    quiet = await gallery.start("/bin/cat", subject="quiet")
    client = await HolderClient.connect(socket(gallery, quiet.id))
    times = []
    for n in range(10):
        begin = time.monotonic()
        await client.send(f"number {n}\n".encode())
        await gallery.shows(quiet, f"number {n}")
        times.append(time.monotonic() - begin)
    await client.close()
    print(f"beside two floods: median {sorted(times)[5] * 1000:.0f} ms, worst {max(times) * 1000:.0f} ms")
    assert sorted(times)[5] < 5


async def test_a_storm_of_sizes_ends_right(gallery: Gallery) -> None:
    """After a thousand changes of size the screen has the last one, and shows what was drawn for it."""
    row = await gallery.python(
        "import os, signal, time\n"
        "def draw():\n"
        "    s = os.get_terminal_size(0); os.write(1, b'\\x1b[2J\\x1b[H%dx%d.' % (s.lines, s.columns))\n"
        # It waits for the signal: a handler could come in the middle of a drawing.
        "signal.signal(signal.SIGWINCH, lambda *_: None)\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH]); draw()\n"
        "while signal.sigwait([signal.SIGWINCH]): draw()"
    )
    await gallery.shows(row, "x160.")
    stream = await HolderStream.open(socket(gallery, row.id), offset=0, flags=0)
    for n in range(1000):
        stream.resize(10 + n % 50, 20 + n % 180)
        if n % 20 == 0:
            await asyncio.sleep(0)
    stream.resize(33, 77)

    shown = await gallery.shows(row, "33x77.")
    view = await gallery.view(row)
    await stream.close()

    assert shown == "33x77."
    assert (view["rows"], view["columns"]) == (33, 77)


async def test_the_screen_of_an_ended_session_stays(gallery: Gallery) -> None:
    """Its last screen and scrollback are there after the end, also for the next daemon."""
    row = await gallery.python(DRAW)
    await gallery.rig.until_ended(row.id)

    first = picture(await gallery.view(row, "engine"))
    await gallery.next_daemon()
    second = picture(await gallery.view(row, "engine"))

    assert first == second
    assert "here" in await gallery.text(row)
    assert gallery.screens.standing(row.id) is None


async def test_a_session_that_ends_without_a_daemon_keeps_its_screen(gallery: Gallery) -> None:
    """It is made from the log at the size that the session had last."""
    row = await gallery.python("import time; input(); print('x' * 100 + 'end')", columns=160)
    await gallery.leave(killed=True)
    client = await HolderClient.connect(socket(gallery, row.id))
    await client.resize(20, 50)
    await client.send(b"\n")
    await client.wait()
    await client.close()
    gallery.open()
    await gallery.rig.registry.adopt()
    await gallery.screens.start(await gallery.rig.registry.live())

    view = await gallery.view(row)

    assert (view["rows"], view["columns"]) == (20, 50)
    assert "x" * 50 + "\nend" in text_of(view)


async def test_a_session_whose_holder_hangs_has_no_screen_yet(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking for it ends with words about what to do, and nothing is made up."""
    row = await gallery.start(*FOREVER)
    await gallery.leave(killed=True)
    holder = (await gallery.rig.row(row.id)).holder_pid
    assert holder is not None
    gallery.open()
    monkeypatch.setattr(module, "_READY_PATIENCE", 0.2)
    os.kill(holder, signal.SIGSTOP)
    try:
        await gallery.screens.start([row])
        with pytest.raises(UnavailableError, match="docs cannot be reached"):
            await gallery.view(row)
        assert gallery.screens.standing(row.id) is None
    finally:
        os.kill(holder, signal.SIGCONT)
    await gallery.until(lambda: gallery.screens.standing(row.id), "the screen")
    await gallery.rig.registry.adopt()


async def test_quiet_sessions_are_kept_and_compressed(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Soon after much output a session's screen is on disk, for this user alone, and takes little memory."""
    for name, value in (("_LOOK", 0.02), ("_QUIET", 0.1), ("_IDLE", 0.2), ("_KEEP_BYTES", 1)):
        monkeypatch.setattr(module, name, value)  # so little is much: it may fall quiet in the middle, too
    await gallery.next_daemon()
    row = await gallery.python("import time\nfor n in range(20000): print('line', n)\n" + WAIT)
    await gallery.shows(row, "line 19999")

    kept = gallery.rig.folder(row.id) / "screen"
    await gallery.until(lambda: kept.exists() and not gallery.terminal(row).fresh, "the checkpoint")
    await gallery.until(lambda: not gallery.terminal(row).loose, "the compression")

    assert kept.stat().st_mode & 0o777 == 0o600
    assert gallery.terminal(row).fresh == 0
    assert "line 15000\n" in await gallery.text(row, history=-1)


async def test_a_session_that_is_never_quiet_is_kept_too(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood has a checkpoint now and then, so that not all of its modes hang on a bounded log."""
    monkeypatch.setattr(module, "_LOOK", 0.02)
    monkeypatch.setattr(module, "_KEEP_ANYWAY", 0.1)
    await gallery.next_daemon()
    row = await gallery.start("/bin/sh", "-c", "exec yes")

    await gallery.until((gallery.rig.folder(row.id) / "screen").exists, "the checkpoint")


async def test_a_session_whose_holder_was_killed_keeps_its_screen(gallery: Gallery) -> None:
    """It ends without a last word, and what it showed stays; to be told twice of the end does no harm."""
    row = await gallery.python(DRAW + WAIT)
    await gallery.shows(row, "here")
    before = picture(await gallery.view(row, "engine"))
    holder = (await gallery.rig.row(row.id)).holder_pid
    assert holder is not None
    os.kill(holder, signal.SIGKILL)
    ended = await gallery.rig.until_ended(row.id)

    await asyncio.gather(gallery.screens.ended(ended), gallery.screens.ended(ended))

    assert picture(await gallery.view(row, "engine")) == before


async def test_one_screen_that_fails_does_not_keep_others_from_being_kept(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The failure, which nothing real brings about, is written to the log, and the next one has its turn."""
    monkeypatch.setattr(module, "_LOOK", 0.02)
    monkeypatch.setattr(module, "_IDLE", 0.1)
    await gallery.next_daemon()
    bad, good = [await gallery.start("/bin/cat", subject=name) for name in ("bad", "good")]

    async def fail() -> None:
        gallery.terminal(bad).loose = False
        raise RuntimeError("a defect")

    monkeypatch.setattr(gallery.terminal(bad), "compress", fail)
    for row in (bad, good):
        await gallery.rig.registry.send(row.id, b"hello\n")
    await gallery.shows(good, "hello")
    await gallery.until(lambda: not gallery.terminal(good).loose, "the compression")
    await gallery.until(lambda: "a defect" in caplog.text, "the failure")


async def asking(row: SessionRow) -> Signs:
    """Return signs of a program that asks on its screen."""
    del row
    return Signs(screens=(Sign(re.compile(r"Sure\?"), "waiting", "question", at_cursor=True),))


async def test_what_the_screen_shows_tells_the_state(gallery: Gallery) -> None:
    """A question that only the screen shows is known soon, and to the next daemon at once."""
    gallery.signs_of = asking
    await gallery.next_daemon()
    row = await gallery.python("import time\nprint('Sure? ', end='', flush=True)\n" + WAIT)

    def asks() -> bool:
        standing = gallery.screens.standing(row.id)
        return standing is not None and standing.activity.source == "screen"

    await gallery.until(asks, "the question")
    await gallery.next_daemon(killed=False)
    await gallery.until(asks, "the question, by the next daemon")
    standing = gallery.screens.standing(row.id)

    assert standing is not None
    assert (standing.activity.state, standing.activity.reason) == ("waiting", "question")


async def test_a_session_of_an_unknown_kind_is_followed(
    gallery: Gallery, caplog: pytest.LogCaptureFixture
) -> None:
    """Where nobody can say by which signs it is known, the common ones count."""

    async def fails(row: SessionRow) -> Signs:
        raise WorldError("the disk is gone")

    gallery.signs_of = fails
    await gallery.next_daemon()
    row = await gallery.start("/bin/echo", "hello")

    await gallery.shows(row, "hello")
    assert "the disk is gone" in caplog.text


async def test_a_session_that_ends_before_it_is_taken_over_is_let_go(gallery: Gallery) -> None:
    """It ends while its signs are looked up: nobody follows it then."""
    row = await gallery.start("/bin/cat")
    await gallery.leave(killed=False)

    async def ends(row: SessionRow) -> Signs:
        await gallery.screens.ended(row)
        return Signs()

    gallery.signs_of = ends
    gallery.open()
    await gallery.rig.registry.adopt()
    await gallery.screens.start([row])

    assert gallery.screens._following == {}
