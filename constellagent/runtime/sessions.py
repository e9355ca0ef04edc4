"""All sessions of this user: started, adopted after a daemon's death, watched until they end.

The row in `state.db` is written before the holder is spawned, and the holder is found again by its status
file or by its own command line, so there is no moment at which a process is out of sight. The life of a
session here is one task, which no caller's cancellation cuts short.
"""

import asyncio
import contextlib
import logging
import os
import shutil
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from pathlib import Path

from constellagent.errors import ConflictError, ConstellagentError, UnavailableError, WorldError
from constellagent.runtime import processes
from constellagent.runtime.clock import Clock
from constellagent.runtime.control import SessionView
from constellagent.runtime.endings import Ending, read_ending
from constellagent.runtime.headless.result import Result
from constellagent.runtime.headless.verdicts import verdict_of
from constellagent.runtime.holder import marker
from constellagent.runtime.holder.client import HolderClient
from constellagent.runtime.holder.launch import launch as launch_holder
from constellagent.runtime.holder.launch import read_status, sweep
from constellagent.runtime.paths import Paths, private_folder
from constellagent.runtime.ports import Launch, SessionKeys
from constellagent.runtime.preparing import Preparing
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.sessions import SessionRow, SessionRows, may_owe
from constellagent.runtime.tasks import spawn
from constellagent.runtime.watch import Status, Watch

_log = logging.getLogger(__name__)
_RECORD_AGAIN = 2.0
"""Seconds between tries to record an end, as where the disk is full."""

OnEnd = Callable[[SessionRow], Awaitable[None]]
OnStart = Callable[[SessionRow], Awaitable[None]]


class SessionRegistry:
    """The live sessions and the rows of all of them."""

    def __init__(
        self,
        rows: SessionRows,
        settings: Settings,
        clock: Clock,
        keys: SessionKeys,
        on_end: OnEnd,
        on_start: OnStart | None = None,
    ) -> None:
        """`on_end` is told of each session that ended while this daemon watched it, or before it came.

        `on_start` is told of each one that this daemon started, before anybody else can reach it.
        """
        self._rows = rows
        self._preparing = Preparing(rows.database, settings.paths)
        self._settings = settings
        self._paths: Paths = settings.paths
        self._clock = clock
        self._keys = keys
        self._on_end = on_end
        self._on_start = on_start
        self._watches: dict[str, Watch] = {}

    async def adopt(self) -> None:
        """Take over every session that an earlier daemon left: reach it, or record how it ended.

        One that can neither be reached nor be known to have ended stays live; `trouble` says why, and it is
        tried again in the background.
        """
        watches = [self._watch(row) for row in await self._rows.live()]
        for watch in watches:
            watch.task = spawn(self._until_end(watch), name=f"watch {watch.row.id}")
        await asyncio.gather(*(watch.reached() for watch in watches))
        await self.retire()

    async def start(self, constellation: str, launch: Launch) -> SessionRow:
        """Start a session and watch it; returns its row, which has ended where the program was quick.

        Raises:
            ConflictError: the agent or service has a live session already, or the session that the launch
                names was begun before.
            WorldError: the command could not be started; the row says so too.
        """
        if launch.session:
            await self._refuse_begun(launch.session)
        row = SessionRow(
            id=launch.session or uuid.uuid4().hex,
            constellation=constellation,
            role=launch.role,
            subject=launch.subject,
            fingerprint=launch.fingerprint,
            started_at=self._clock.now(),
            grace=launch.grace.total_seconds(),
            boot_id=await asyncio.to_thread(processes.boot_id),
        )
        if row.id in self._watches:
            raise ConflictError(f"session {row.id} is being started")
        watch = self._watch(row)
        started = watch.starts()
        watch.task = spawn(self._begin(watch, launch, started), name=f"session {row.id}")
        await asyncio.shield(started)
        await watch.reached()
        return await self._rows.get(row.id) or row

    async def stop(self, session: str) -> str:
        """Stop a session and its whole tree; returns how it ended. Idempotent.

        Raises:
            WorldError: something of it does not end, or cannot be looked at.
        """
        if await self._rows.want_stop(session):
            watch = self._watches.get(session)
            if watch is None and (row := await self._rows.get(session)) is not None:
                watch = self._watch(row)
                watch.task = spawn(self._until_end(watch), name=f"watch {session}")
            if watch is not None:
                watch.tried.clear()
                await watch.stop(watch.row.grace)
                await watch.tried.wait()
        if (row := await self._rows.get(session)) is None:
            return "unknown session"
        if row.live:
            raise WorldError(f"{row.subject} could not be stopped: {self.trouble(session)}")
        return row.outcome

    async def begun(self, session: str) -> bool:
        """Say whether the program of a session was ever about to run; before that it may be started again.

        Raises:
            WorldError: that cannot be looked at.
        """
        try:
            return await asyncio.to_thread(marker.begun, os.fspath(self.folder(session)))
        except OSError as error:
            raise WorldError(f"cannot look at session {session}: {error.strerror}") from error

    async def settled(self, rows: Iterable[SessionRow]) -> bool:
        """Wait a moment for live sessions that are just starting or ending; says whether there were any."""
        live = [self._watches.get(row.id) for row in rows if row.live]
        passing = [watch for watch in live if watch is None or watch.passing]
        await asyncio.gather(*(watch.settled() for watch in passing if watch))
        return bool(passing)

    def trouble(self, session: str) -> str:
        """Return why nothing certain can be said of a live session, empty where all is well."""
        watch = self._watches.get(session)
        return watch.trouble if watch else "nobody watches it"

    async def get(self, session: str) -> SessionRow | None:
        """Return one row."""
        return await self._rows.get(session)

    async def newest(self, constellation: str, *, held: bool = False) -> list[SessionRow]:
        """Return the newest session of each role and subject; with `held`, of those that were started."""
        return await self._rows.newest(constellation, held=held)

    async def outdate(self, constellation: str, agent: str) -> None:
        """Note that a live session runs in a folder that is not its agent's worktree any more."""
        await self._rows.outdate(constellation, agent)

    async def bury(self, constellation: str, subject: str) -> None:
        """Let what an agent that is gone did before not count when it is declared again; its output stays."""
        await self._rows.bury(constellation, subject)

    async def live(self) -> list[SessionRow]:
        """Return all live rows."""
        return await self._rows.live()

    async def send(self, session: str, data: bytes) -> None:
        """Write to the session's pty.

        Raises:
            BusyError: the program does not read, and too much input waits already.
            UnavailableError: it does not run, or cannot be reached.
        """
        await self._client(session, "written to", "`constellagent apply` starts what is declared").send(data)

    async def attached(self, session: str) -> bool:
        """Say whether somebody who may type has the session's terminal, or had it as the session ended.

        Where that cannot be known, nobody has.
        """
        watch = self._watches.get(session)
        try:
            if watch is not None and watch.client is not None:
                status: Status | None = await watch.client.status()
            else:
                status = await asyncio.to_thread(read_status, self.folder(session))
        except ConstellagentError:
            return False
        return bool(status and status.get("attached"))

    async def signal(self, session: str, number: int) -> None:
        """Send a signal to the process group of the session's program.

        Raises:
            UnavailableError: it does not run, or cannot be reached.
        """
        await self._client(session, "reached", "`constellagent status` shows what runs").signal(number)

    def folder(self, session: str) -> Path:
        """Return the session's folder."""
        return self._paths.sessions / session

    def log(self, session: str) -> Path:
        """Return the folder of the session's output."""
        return self.folder(session) / "log"

    def view(self, row: SessionRow) -> SessionView:
        """Return a session as faces see it."""
        watch = self._watches.get(row.id)
        return SessionView(
            id=row.id,
            role=row.role,
            live=row.live,
            pid=watch.pid if watch and row.live else None,
            started_at=row.started_at,
            ended_at=row.ended_at,
            exit_status=row.exit_status,
            outcome=row.outcome,
            socket=str(self._paths.session_socket(row.id)),
            log=str(self.log(row.id)),
        )

    async def discard(self, session: str) -> None:
        """Remove what is kept of a session that has ended: its output, and its row.

        Raises:
            ConflictError: it has not ended.
        """
        if (row := await self._rows.get(session)) is not None and row.live:
            raise ConflictError(f"session {session} has not ended", hint="stop it first")
        await self._remove(session)

    async def retire(self, subject: SessionRow | None = None) -> None:
        """Remove ended sessions beyond what is kept by count and by age; the newest always stays.

        Of all subjects, or of the one that `subject` is a session of.
        """
        kept: dict[tuple[str, str, str], int] = {}
        oldest = self._clock.now() - self._settings.keep_days * 86400
        for row in await self._rows.ended(subject):
            key = (row.constellation, row.role, row.subject)
            kept[key] = kept.get(key, 0) + 1
            surplus = kept[key] > max(self._settings.keep_sessions, 1)
            if kept[key] > 1 and (surplus or (row.ended_at or 0) < oldest):
                await self._remove(row.id)

    async def close(self) -> None:
        """Let go of all sessions without ending them."""
        await asyncio.gather(*(watch.close() for watch in list(self._watches.values())))
        self._watches.clear()

    def _client(self, session: str, what: str, hint: str) -> HolderClient:
        watch = self._watches.get(session)
        if watch is None or watch.client is None:
            why = watch.trouble if watch else "it does not run"
            raise UnavailableError(f"it cannot be {what}: {why}", hint=hint)
        return watch.client

    def _watch(self, row: SessionRow) -> Watch:
        watch = Watch(row, self._rows, self.folder(row.id), self._paths.session_socket(row.id))
        self._watches[row.id] = watch
        return watch

    async def _refuse_begun(self, session: str) -> None:
        """Let a session be started under an id that a dead daemon gave it, if it never came to run."""
        known = await self._rows.get(session)
        if await self.begun(session) or (known is not None and known.live):
            raise ConflictError(f"session {session} was started before")
        if known is not None:
            await self._rows.drop(session)

    async def _begin(self, watch: Watch, launch: Launch, started: asyncio.Future[None]) -> None:
        """Live through a session from before its start to its end."""
        row = watch.row
        try:
            await self._preparing.begin(row, launch)
            await self._rows.add(row)
            private_folder(self.folder(row.id))
            await self._preparing.write(self.folder(row.id), row, launch)
            launch = await self._with_key(row, launch)
            socket = self._paths.session_socket(row.id)
            status = await launch_holder(
                launch,
                row.id,
                self.folder(row.id),
                socket,
                self._settings.log_bytes,
                pty_size=self._settings.pty_size,
                clipboard=self._settings.clipboard,
            )
        except ConstellagentError as error:
            written = isinstance(error, ConflictError) or await self._failed(row, error)
            started.set_exception(error)
            if not written:
                await self._until_end(watch)
        else:
            await watch.found(status)
            if self._on_start is not None:
                await self._on_start(row)
            started.set_result(None)
            await self._until_end(watch)
        finally:
            if not started.done():
                started.set_exception(UnavailableError("the daemon ended before the session had started"))
            self._watches.pop(row.id, None)
            watch.finish()

    async def _with_key(self, row: SessionRow, launch: Launch) -> Launch:
        """Let the session act with a key of its own, which ends when the session does."""
        if not launch.identity:
            return launch
        key = await self._keys.issue(row.id, launch.identity, may_create=launch.may_create)
        return replace(launch, env={**launch.env, "RAVI_API_KEY": key})

    async def _failed(self, row: SessionRow, error: ConstellagentError) -> bool:
        """Write down that a session was not started; says whether that could be written."""
        try:
            await self._keys.withdraw(row.id)
            # Nothing ran, so the next apply may try again: it did not end by itself.
            await self._end(row.id, Ending(None, "lost", error.message), None)
        except WorldError:
            return False
        return True

    async def _until_end(self, watch: Watch) -> None:
        """Watch a session to its end, and record that as soon as it can be."""
        try:
            status = await watch.until_over()
            while True:
                if await self._settled(watch, status):
                    return
                await asyncio.sleep(_RECORD_AGAIN)
        finally:
            self._watches.pop(watch.row.id, None)
            watch.finish()

    async def _settled(self, watch: Watch, status: Status | None) -> bool:
        try:
            await self._settle(watch.row, status)
        except ConstellagentError as error:
            _log.warning("the end of session %s is not recorded: %s", watch.row.id, error.message)
            watch.fail(error.message)
            return False
        return True

    async def _settle(self, watched: SessionRow, status: Status | None) -> None:
        """Record how a session ended, after making sure that nothing of its tree is left."""
        row = await self._rows.get(watched.id) or watched
        await self._keys.withdraw(row.id)  # before anything that takes time: what is left of it has no key
        swept = await sweep(row.id, grace=row.grace) if row.stop_wanted else await sweep(row.id)
        if swept:
            _log.warning("ended %d processes that session %s left behind", swept, row.id)
        rebooted = row.boot_id != await asyncio.to_thread(processes.boot_id)
        ending = read_ending(status, row, rebooted=rebooted, result=await self._verdict(row))
        if (final := await self._end(row.id, ending, status, owes=may_owe(row.role, ending.by))) is None:
            return
        try:
            await self._on_end(final)
            await self.retire(final)
        except Exception:  # noqa: BLE001 - the end is written, and whoever waits for it goes on
            _log.exception("not all is done after the end of session %s", row.id)

    async def _verdict(self, row: SessionRow) -> Result | None:
        """Return how a headless run went; None for any other session, and where nobody can read it."""
        if row.role != "run":
            return None
        try:
            return await asyncio.to_thread(verdict_of, self.folder(row.id))
        except WorldError as error:
            _log.warning("only its exit status says how %s went: %s", row.subject, error.message)
            return None

    async def _end(
        self, session: str, ending: Ending, status: Status | None, *, owes: bool = False
    ) -> SessionRow | None:
        """Write the end down; returns the row, or None where somebody else has ended it."""
        at = float(status["ended_at"]) if status and status.get("ended_at") is not None else self._clock.now()
        with contextlib.suppress(OSError):
            self._paths.session_socket(session).unlink()
        how = (ending.exit_status, ending.by, ending.outcome)
        return await self._rows.end(session, at, *how, owes=owes)

    async def _remove(self, session: str) -> None:
        try:
            await asyncio.to_thread(shutil.rmtree, self.folder(session))
        except FileNotFoundError:
            pass
        except OSError as error:
            _log.warning("cannot remove the output of session %s: %s", session, error.strerror)
            return
        await self._rows.drop(session)
