"""Sessions found again by the next daemon, missed when they are gone, and never taken for dead too soon."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import ConflictError, ConstellagentError
from constellagent.plan.observed import There, Unknown
from constellagent.runtime import processes
from constellagent.runtime.own_sessions import ConstellationSessions, facts
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.tasks import spawn
from tests.runtime.sessions_rig import Rig, members, row_of_this_boot, until


async def test_a_session_is_adopted(rig: Rig) -> None:
    """The next daemon reaches the same processes, loses no output, and sees the end."""
    row = await rig.start("/bin/sh", "-c", "echo one; read line; echo two; exit 5")
    await until(lambda: b"one" in rig.output(row.id), "output")
    before = members(row.id)

    await rig.next_daemon()

    assert members(row.id) == before
    assert await rig.row(row.id) == row
    await rig.registry.send(row.id, b"\r")
    final = await rig.until_ended(row.id)
    assert final.exit_status == 5
    assert b"two" in rig.output(row.id)


async def test_an_end_without_a_daemon_is_recorded(rig: Rig) -> None:
    """What ended while nobody watched has its exit status and its true time, and is told of once."""
    row = await rig.start("/bin/sh", "-c", "read line; exit 6")
    client = rig.registry._watches[row.id].client
    assert client is not None
    await client.send(b"\r")
    await rig.registry.close()
    await until(lambda: not processes.holders_of(row.id), "the holder's end")

    before = time.time()
    await rig.next_daemon()

    final = await rig.row(row.id)
    assert (final.ended_by, final.exit_status) == ("itself", 6)
    assert final.ended_at is not None
    assert final.ended_at < before
    assert [end.id for end in rig.ends] == [row.id]


async def test_a_lost_holder_is_swept(rig: Rig) -> None:
    """Of a holder that is killed nothing stays: its tree is ended, and the session is lost."""
    row = await rig.start("/bin/sh", "-c", "nohup sleep 1000 & setsid sleep 1000 & sleep 1000")
    await until(lambda: len(processes.with_marker(row.id)) >= 4, "the tree")
    assert row.holder_pid is not None

    os.kill(row.holder_pid, signal.SIGKILL)

    final = await rig.until_ended(row.id)
    assert (final.ended_by, final.exit_status) == ("lost", None)
    assert final.outcome == "lost when its holder was killed"
    assert members(row.id) == {}


async def test_a_holder_lost_without_a_daemon_is_swept(rig: Rig) -> None:
    """The same, found by the next daemon."""
    row = await rig.start("/bin/sh", "-c", "nohup sleep 1000 & sleep 1000")
    await until(lambda: len(processes.with_marker(row.id)) >= 3, "the tree")
    await rig.registry.close()
    assert row.holder_pid is not None
    os.kill(row.holder_pid, signal.SIGKILL)

    await rig.next_daemon()

    assert (await rig.row(row.id)).ended_by == "lost"
    assert members(row.id) == {}


async def test_a_holder_that_hangs_is_not_dead(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A holder that does not answer costs no session: it is unknown until the holder answers again."""
    row = await rig.start()
    monkeypatch.setattr("constellagent.runtime.watch.PATIENCE", 0.2)
    monkeypatch.setattr("constellagent.runtime.holder.client._ANSWER", 0.3)
    before = processes.with_marker(row.id)
    assert row.holder_pid is not None
    os.kill(row.holder_pid, signal.SIGSTOP)

    await rig.next_daemon()

    look = (await ConstellationSessions(rig.registry, "c").look())["agent", "docs"]
    assert isinstance(look, Unknown)
    with pytest.raises(ConflictError):
        await rig.start()
    assert processes.with_marker(row.id) == before

    os.kill(row.holder_pid, signal.SIGCONT)
    await until(lambda: not rig.registry.trouble(row.id), "the answer")
    look = (await ConstellationSessions(rig.registry, "c").look())["agent", "docs"]
    assert look == There(facts(row))


async def test_processes_that_cannot_be_looked_at_end_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed look at processes is no sign of an end: the session is unknown until a look succeeds."""
    row = await rig.start()
    await rig.registry.close()
    monkeypatch.setattr("constellagent.runtime.watch.PATIENCE", 0.2)
    rig.registry = rig.new_registry()

    def blind(pid: int, start: str) -> bool:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(processes, "alive", blind)
        await rig.registry.adopt()
        assert "cannot be looked at" in rig.registry.trouble(row.id)
        assert (await rig.row(row.id)).live
    await until(lambda: not rig.registry.trouble(row.id), "the look")

    assert rig.ends == []


async def test_one_damaged_status_does_not_stop_the_others(rig: Rig) -> None:
    """A status that cannot be read is no reason not to come up: its live holder is reached all the same."""
    one, two = await rig.start(subject="one"), await rig.start(subject="two")
    (rig.folder(one.id) / "status.json").write_text("{")

    await rig.next_daemon()

    assert rig.registry.trouble(one.id) == rig.registry.trouble(two.id) == ""


async def test_another_boot_ends_everything(rig: Rig) -> None:
    """After a reboot a session is lost, whoever has its holder's pid now."""
    row = replace(row_of_this_boot(), boot_id="another boot", holder_pid=os.getpid(), holder_start="0")
    await rig.rows.add(row)

    await rig.next_daemon()

    final = await rig.row(row.id)
    assert (final.ended_by, final.outcome) == ("lost", "lost when the machine restarted")


async def test_twenty_sessions_are_adopted_together(rig: Rig) -> None:
    """A daemon that comes back to twenty sessions has all of them once it has looked."""
    rows = await asyncio.gather(*(rig.start(subject=f"a{number}") for number in range(20)))
    await rig.registry.close()
    rig.registry = rig.new_registry()

    async with asyncio.timeout(30):
        await rig.registry.adopt()

    assert [row.id for row in rows if rig.registry.trouble(row.id)] == []
    await asyncio.gather(*(rig.registry.stop(row.id) for row in rows))


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from constellagent.runtime import sessions
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.holder import launch as launching
from constellagent.runtime.ports import Launch
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.sessions import SessionRows
from tests.fake_keys import FakeSessionKeys

die_at, delay = sys.argv[1], float(sys.argv[2])

def die(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)

if die_at == "before the holder":
    sessions.launch_holder = die
elif die_at in ("before the handshake", "with a stopped holder"):
    spawn = asyncio.create_subprocess_exec
    async def spawn_and_die(*args, **options):
        process = await spawn(*args, **options)
        if die_at == "with a stopped holder":
            process.send_signal(signal.SIGSTOP)
        asyncio.get_running_loop().call_later(delay, die)
        return process
    asyncio.create_subprocess_exec = spawn_and_die

async def ignore(row):
    pass

async def main():
    settings = Settings()
    database = Database(settings.paths.database)
    await database.open()
    rows = SessionRows(database)
    if die_at == "before the holder is written down":
        rows.set_holder = die
    registry = sessions.SessionRegistry(rows, settings, SystemClock(), FakeSessionKeys(), ignore)
    sleep = ("/bin/sleep", "1000")
    await registry.start("c", Launch("docs", "agent", sleep, settings.paths.home, {}))
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def start_and_die(home: Settings, die_at: str, delay: float) -> None:
    """Start a session in a daemon that is killed while it does so."""
    env = {"PATH": os.environ["PATH"], "CONSTELLAGENT_HOME": str(home.home)}
    command = [sys.executable, "-c", KILLED, die_at, str(delay)]
    done = await asyncio.to_thread(subprocess.run, command, env=env, check=False, timeout=30)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("empty_looks", [0, 1])
async def test_a_holder_that_starts_late_is_waited_for(
    rig: Rig, home: Settings, monkeypatch: pytest.MonkeyPatch, empty_looks: int
) -> None:
    """A holder without a status is found by its command line, and one look that misses it decides nothing."""
    monkeypatch.setattr("constellagent.runtime.watch.PATIENCE", 0.3)
    await start_and_die(home, "with a stopped holder", 0.2)
    (row,) = await rig.rows.live()
    holders = processes.holders_of(row.id)
    looks: list[dict[int, str]] = [{}] * empty_looks
    monkeypatch.setattr(processes, "holders_of", lambda session: looks.pop() if looks else holders)

    await rig.next_daemon()

    assert rig.registry.trouble(row.id) == "it is starting"
    for pid in holders:
        os.kill(pid, signal.SIGCONT)
    await until(lambda: not rig.registry.trouble(row.id), "the holder")
    monkeypatch.undo()
    assert (await rig.row(row.id)).holder_pid in processes.holders_of(row.id)
    await rig.registry.stop(row.id)
    assert members(row.id) == {}


@pytest.mark.parametrize(
    ("die_at", "delay"),
    [
        ("before the holder", 0.0),
        ("before the handshake", 0.0),
        pytest.param("before the handshake", 0.02, marks=pytest.mark.long),
        ("before the handshake", 0.04),
        pytest.param("before the handshake", 0.06, marks=pytest.mark.long),
        ("before the handshake", 0.1),
        ("before the holder is written down", 0.0),
    ],
)
async def test_a_daemon_killed_while_it_starts_a_session_leaves_no_orphan(
    rig: Rig, home: Settings, die_at: str, delay: float
) -> None:
    """Wherever it dies: the next daemon has the session and can stop it, or nothing of it runs."""
    await start_and_die(home, die_at, delay)

    await rig.next_daemon()

    (row,) = await rig.rows.newest("c")
    if row.live:
        assert rig.registry.trouble(row.id) == ""
        assert row.holder_pid in processes.holders_of(row.id)
        await rig.registry.stop(row.id)
    else:
        assert row.ended_by == "lost"
    assert members(row.id) == {}


async def test_a_daemon_that_ends_in_order_cuts_no_start_short(rig: Rig, tmp_path: Path) -> None:
    """What it has begun to start goes on, and the next daemon has it."""
    begun = tmp_path / "begun"
    script = f"trap 'echo ended >{begun}' TERM; echo begun >{begun}; while :; do sleep 0.05; done"
    starting = spawn(_quietly(rig.start("/bin/sh", "-c", script)), name="start")
    row = await rig.until_written_down()

    await rig.next_daemon()

    await starting
    found = await rig.row(row.id)
    assert found.live
    assert rig.registry.trouble(row.id) == ""
    await until(begun.exists, "the program to begin")
    assert begun.read_text() == "begun\n"
    await rig.registry.stop(row.id)


async def _quietly(start: Coroutine[Any, Any, SessionRow]) -> None:
    """Start, whoever is told of it."""
    with contextlib.suppress(ConstellagentError):
        await start


async def test_a_program_that_ends_at_once_is_never_unknown_to_who_looks_next(rig: Rig) -> None:
    """Between its last word and the record of its end there is a moment, which whoever looks waits for."""
    sessions = ConstellationSessions(rig.registry, "c")
    for _ in range(10):
        row, live = await rig.start("/bin/true"), True
        while live:
            (seen,) = (await sessions.look()).values()
            assert isinstance(seen, There), seen
            assert seen.value.id == row.id
            live = seen.value.live
