"""Sessions over real holders: started once, stopped whole, kept as long as declared."""

import asyncio
import os
import signal
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, UnavailableError, WorldError
from constellagent.plan.observed import There, Unknown
from constellagent.runtime import processes
from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.stream import HolderStream
from constellagent.runtime.own_sessions import ConstellationSessions, facts
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.sessions import SessionRow
from tests.runtime.sessions_rig import Rig, members, row_of_this_boot, until

DEAF = ("/bin/sh", "-c", "trap '' TERM HUP; echo deaf; while :; do sleep 0.05; done")


class TestStart:
    """Starting."""

    async def test_a_session_runs_and_is_known(self, rig: Rig) -> None:
        """Its row names the holder, its view has the program's pid, and the planner sees it there."""
        row = await rig.start("/bin/sh", "-c", "echo up; exec sleep 1000")

        assert row.live
        assert row.holder_pid in processes.holders_of(row.id)
        assert rig.registry.trouble(row.id) == ""
        view = rig.registry.view(row)
        assert view["pid"] in processes.with_marker(row.id)
        assert Path(view["socket"]).is_socket()
        await until(lambda: b"up" in rig.output(row.id), "output")
        looks = await ConstellationSessions(rig.registry, "c").look()
        assert looks == {("agent", "docs"): There(facts(row))}

    async def test_a_quick_program_has_ended_when_start_returns_or_soon_after(self, rig: Rig) -> None:
        """A program that ends at once is a session that ended by itself, with its exit status and output."""
        row = await rig.start("/bin/sh", "-c", "echo quick; exit 3")

        final = await rig.until_ended(row.id)

        assert (final.ended_by, final.exit_status, final.outcome) == ("itself", 3, "exit status 3")
        assert b"quick" in rig.output(row.id)
        assert [end.id for end in rig.ends] == [row.id]
        assert rig.registry.view(final)["pid"] is None

    async def test_each_session_has_a_key_of_its_own_until_it_ends(self, rig: Rig) -> None:
        """Two sessions of one identity get two keys, and the end of one takes its key back and no other."""
        first = await rig.start("/bin/sh", "-c", "echo $RAVI_API_KEY; exec sleep 1000", identity="u-1")
        second = await rig.start("/bin/sh", "-c", "exec sleep 1000", subject="other", identity="u-1")
        await until(lambda: f"key of u-1 for {first.id}".encode() in rig.output(first.id), "its key")

        await rig.registry.stop(first.id)

        assert rig.keys.withdrawn == [first.id]
        assert rig.keys.issued == {second.id: "u-1"}

    async def test_a_session_that_cannot_start_keeps_no_key(self, rig: Rig) -> None:
        """The key of a program that is not there is taken back at once."""
        with pytest.raises(WorldError):
            await rig.start("/no/such/program", identity="u-1")

        assert not rig.keys.issued
        assert len(rig.keys.withdrawn) == 1

    async def test_a_key_is_taken_back_when_the_end_was_not_seen(self, rig: Rig) -> None:
        """A session that ended while no daemon watched loses its key as soon as the next one looks."""
        row = await rig.start("/bin/sh", "-c", "read x; exit 0", identity="u-1")
        await rig.registry.close()
        for process in members(row.id):
            os.kill(process, signal.SIGKILL)

        await rig.next_daemon()
        await rig.until_ended(row.id)

        assert rig.keys.withdrawn == [row.id]

    async def test_ten_quick_programs_all_end(self, rig: Rig) -> None:
        """However the end and the first connection race, each session is recorded once with its status."""
        started = await asyncio.gather(
            *(rig.start("/bin/sh", "-c", f"exit {number}", subject=f"a{number}") for number in range(10))
        )

        for row in started:
            await rig.until_ended(row.id)

        ends = {(await rig.row(row.id)).subject: (await rig.row(row.id)).exit_status for row in started}
        assert ends == {f"a{number}": number for number in range(10)}
        assert Counter(row.id for row in rig.ends) == Counter(row.id for row in started)

    @pytest.mark.parametrize(
        ("argv", "reason"),
        [(("no-such-program",), "command not found"), (("/etc/passwd",), "not executable")],
    )
    async def test_a_failed_start_is_recorded(self, rig: Rig, argv: tuple[str, ...], reason: str) -> None:
        """Caller and row get the reason; nothing is live, and the next start may try again."""
        with pytest.raises(WorldError, match=reason):
            await rig.start(*argv)

        (row,) = await rig.rows.newest("c")
        assert (row.live, row.ended_by) == (False, "lost")
        assert reason in row.outcome
        assert members(row.id) == {}
        assert (await rig.start()).live

    async def test_two_starts_at_once_give_one_session(self, rig: Rig) -> None:
        """Of two that start one agent at the same time one gets the session and the other an error."""
        results = await asyncio.gather(rig.start(), rig.start(), return_exceptions=True)

        assert sorted(type(result).__name__ for result in results) == ["ConflictError", "SessionRow"]
        (live,) = await rig.rows.live()
        assert len(processes.holders_of(live.id)) == 1
        with pytest.raises(ConflictError, match="docs has a live session already"):
            await rig.start()

    async def test_runs_go_side_by_side(self, rig: Rig) -> None:
        """Runs of an agent do not exclude each other, nor the agent's own session."""
        await asyncio.gather(rig.start(), rig.start(role="run"), rig.start(role="run"))

        assert len(await rig.rows.live()) == 3

    async def test_a_cancelled_start_leaves_no_orphan(self, rig: Rig) -> None:
        """Who stops waiting for a start does not leave a process that nobody knows of."""
        starting = asyncio.ensure_future(rig.start())
        row = await rig.until_written_down()
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)

        assert await rig.registry.stop(row.id)
        assert members(row.id) == {}

    async def test_the_pty_can_be_written_to(self, rig: Rig) -> None:
        """What is sent arrives as if typed, and a session that ended says that it cannot be written to."""
        row = await rig.start("/bin/sh", "-c", "read line; echo got $line; exit 0")

        await rig.registry.send(row.id, b"hello\r")

        await rig.until_ended(row.id)
        assert b"got hello" in rig.output(row.id)
        with pytest.raises(UnavailableError, match="it does not run"):
            await rig.registry.send(row.id, b"more")


class TestFullDisk:
    """What a disk without space costs, and that it costs nothing once there is space."""

    async def test_an_end_is_recorded_when_there_is_space(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An end that cannot be written leaves the session unknown, and is written as soon as it can be."""
        monkeypatch.setattr("constellagent.runtime.sessions._RECORD_AGAIN", 0.2)
        row = await rig.start()
        with monkeypatch.context() as patch:
            patch.setattr(rig.rows, "end", full)
            for _ in range(2):
                with pytest.raises(WorldError, match="docs could not be stopped: the disk is full"):
                    await rig.registry.stop(row.id)
            (look,) = (await ConstellationSessions(rig.registry, "c").look()).values()
            assert look == Unknown("the disk is full")
            assert members(row.id) == {}

        assert (await rig.registry.stop(row.id)).startswith("stopped")

        assert (await rig.row(row.id)).ended_by == "stop"
        assert (await rig.start()).live

    async def test_a_failed_start_is_recorded_when_there_is_space(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A start that failed while its failure could not be written keeps no later start away."""
        monkeypatch.setattr("constellagent.runtime.sessions._RECORD_AGAIN", 0.02)
        with monkeypatch.context() as patch:
            patch.setattr(rig.rows, "end", full)
            with pytest.raises(WorldError, match="command not found"):
                await rig.start("no-such-program")
            (row,) = await rig.rows.live()

        await rig.until_ended(row.id)

        assert (await rig.start()).live

    async def test_a_holder_that_is_not_written_down_is_found(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the holder cannot be written down, the session runs on and is found by its own status."""
        with monkeypatch.context() as patch:
            patch.setattr(rig.rows, "set_holder", full)
            row = await rig.start()
        assert row.live
        assert row.holder_pid is None

        await rig.next_daemon()

        assert (await rig.row(row.id)).holder_pid in processes.holders_of(row.id)


async def full(*_: object, **__: object) -> None:
    """Do as a database without space does."""
    raise WorldError("the disk is full")


class TestDefect:
    """Somebody who is told of an end, and breaks over it."""

    async def test_who_stops_a_session_is_told_that_it_ended(
        self, rig: Rig, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The end is written down all the same, and the log has what went wrong, once."""

        async def breaks(row: SessionRow) -> None:
            rig.ends.append(row)
            raise RuntimeError("a circle")

        rig.registry._on_end = breaks
        row = await rig.start()
        assert (await rig.registry.stop(row.id)).startswith("stopped")
        await rig.until_ended(row.id)
        await until(lambda: not rig.registry._watches, "the end of its task")

        errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
        assert errors == [f"not all is done after the end of session {row.id}"]


class TestStop:
    """Stopping."""

    async def test_a_stop_ends_the_whole_tree(self, rig: Rig) -> None:
        """When `stop` returns nothing of the session runs, what left its process group included."""
        tree = "setsid sleep 1000 & nohup sleep 1000 >/dev/null & (sleep 1000 &) ; echo up; sleep 1000"
        row = await rig.start("/bin/sh", "-c", tree)
        await until(lambda: len(processes.with_marker(row.id)) >= 5, "the tree")

        outcome = await rig.registry.stop(row.id)

        assert members(row.id) == {}
        final = await rig.row(row.id)
        assert (final.live, final.ended_by, final.outcome) == (False, "stop", outcome)
        assert outcome.startswith("stopped (")
        assert not Path(rig.registry.view(final)["socket"]).exists()

    async def test_a_deaf_program_gets_its_grace_and_no_more(self, rig: Rig) -> None:
        """What ignores SIGTERM is killed once its grace is over, and the stop returns then."""
        row = await rig.start(*DEAF, grace=timedelta(seconds=0.3))
        await until(lambda: b"deaf" in rig.output(row.id), "output")
        before = time.monotonic()

        outcome = await rig.registry.stop(row.id)

        assert outcome == "stopped (killed by SIGKILL)"
        assert 0.3 <= time.monotonic() - before < 20

    async def test_stopping_again_changes_nothing(self, rig: Rig) -> None:
        """A stop is idempotent: an ended session keeps how it ended, an unknown one is no error."""
        row = await rig.start("/bin/sh", "-c", "exit 4")
        await rig.until_ended(row.id)

        assert await rig.registry.stop(row.id) == "exit status 4"
        await ConstellationSessions(rig.registry, "c").stop(row.id)
        assert await rig.registry.stop("unknown") == "unknown session"
        assert (await rig.row(row.id)).ended_by == "itself"

    async def test_many_may_stop_at_once(self, rig: Rig) -> None:
        """Several that stop one session all return when it is over, and its end is told once."""
        row = await rig.start()

        outcomes = await asyncio.gather(*(rig.registry.stop(row.id) for _ in range(3)))

        assert len(set(outcomes)) == 1
        assert [end.id for end in rig.ends] == [row.id]

    async def test_a_stop_waits_for_a_start(self, rig: Rig) -> None:
        """A session that is stopped while it starts is stopped, and does not come up behind the stop."""
        starting = asyncio.ensure_future(rig.start())
        row = await rig.until_written_down()

        await rig.registry.stop(row.id)
        await asyncio.gather(starting, return_exceptions=True)

        assert members(row.id) == {}
        assert not (await rig.row(row.id)).live

    async def test_a_holder_that_does_not_answer_can_be_stopped(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A holder that hangs is killed, and its session's processes with it."""
        row = await rig.start()
        await rig.registry.close()
        monkeypatch.setattr("constellagent.runtime.watch.PATIENCE", 0.3)
        assert row.holder_pid is not None
        os.kill(row.holder_pid, signal.SIGSTOP)
        rig.registry = rig.new_registry()

        outcome = await rig.registry.stop(row.id)

        assert outcome == "stopped"
        assert members(row.id) == {}


class TestRetirement:
    """What is kept of ended sessions."""

    async def test_surplus_sessions_go(self, rig: Rig) -> None:
        """Of one subject so many stay as the setting says, the newest ones, and their output with them."""
        rig.settings = Settings(home=rig.settings.home, keep_sessions=2)
        rig.registry = rig.new_registry()
        rows = []
        for _ in range(4):
            row = await rig.start("/bin/sh", "-c", "exit 0")
            await rig.until_ended(row.id)
            rows.append(row.id)
        other = await rig.start("/bin/sh", "-c", "exit 0", subject="site")
        await rig.until_ended(other.id)
        await rig.registry.retire()

        assert [row.id for row in await rig.rows.ended()] == [other.id, rows[3], rows[2]]
        assert {folder.name for folder in rig.settings.paths.sessions.iterdir()} == {
            other.id,
            rows[3],
            rows[2],
        }

    async def test_old_sessions_go_and_the_newest_stays(self, rig: Rig) -> None:
        """Age counts from the end; the newest session of a subject tells how it ended, however old it is."""
        now = time.time()
        for number, age in enumerate((100, 50, 40)):
            row = replace(row_of_this_boot(), id=f"s-{number}", ended_at=now - age * 86400)
            await rig.rows.add(row)
            rig.folder(row.id).mkdir()

        await rig.registry.retire()

        assert [row.id for row in await rig.rows.ended()] == ["s-2"]
        assert [folder.name for folder in rig.settings.paths.sessions.iterdir()] == ["s-2"]

    async def test_output_that_cannot_be_removed_is_not_forgotten(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A session whose folder stays keeps its row, so that a later try finds it."""
        for number in range(2):
            await rig.rows.add(replace(row_of_this_boot(), id=f"s-{number}", ended_at=1.0))
            rig.folder(f"s-{number}").mkdir()

        def refuse(folder: Path) -> None:
            raise PermissionError(13, "Permission denied", str(folder))

        with monkeypatch.context() as patch:
            patch.setattr("shutil.rmtree", refuse)
            await rig.registry.retire()
        assert len(await rig.rows.ended()) == 2

        await rig.registry.retire()
        assert [row.id for row in await rig.rows.ended()] == ["s-1"]


class TestAttached:
    """Whether somebody has the terminal."""

    async def test_who_may_type_is_attached_and_who_only_looks_is_not(self, rig: Rig) -> None:
        """From the moment on at which the terminal is shown, until they leave."""
        row = await rig.start("/bin/sleep", "1000")
        socket = Path(rig.registry.view(row)["socket"])
        looks = await HolderStream.open(socket, offset=0, flags=protocol.VIEW)
        assert not await rig.registry.attached(row.id)

        types = await HolderStream.open(socket, offset=0, flags=0)
        await until(lambda: types._items, "the size that comes with the terminal")
        assert await rig.registry.attached(row.id)

        await types.close()
        while await rig.registry.attached(row.id):
            await asyncio.sleep(0.005)
        await looks.close()

    async def test_of_an_ended_session_it_is_known_who_saw_the_end(self, rig: Rig) -> None:
        """Whoever was attached then; of a session that never was nobody is."""
        for watched in (True, False):
            row = await rig.start("/bin/sh", "-c", "read x", subject=f"agent-{watched}".lower())
            socket = Path(rig.registry.view(row)["socket"])
            stream = await HolderStream.open(socket, offset=0, flags=0) if watched else None
            await rig.registry.send(row.id, b"\n")
            await rig.until_ended(row.id)
            assert await rig.registry.attached(row.id) is watched
            if stream is not None:
                await stream.close()
        assert not await rig.registry.attached("no such session")
