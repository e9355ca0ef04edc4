"""Sessions whose row in `state.db` is gone or has ended while their processes live, and forgotten ended ones.

Of several holders of one agent the session that the state takes for live stays, else the one that began last.
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace

from constellagent.errors import ConflictError, WorldError
from constellagent.runtime import processes, session_notes, survivors
from constellagent.runtime.endings import read_ending
from constellagent.runtime.holder.launch import read_status, sweep
from constellagent.runtime.mending import grounds, judging
from constellagent.runtime.mending.facts import SessionTrace
from constellagent.runtime.mending.finding import Errand, Finding
from constellagent.runtime.mending.known import Known
from constellagent.runtime.mending.scene import Scene
from constellagent.runtime.store.conversations import ConversationRows
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.sessions import SessionRow, SessionRows
from constellagent.runtime.survivors import Alive

ENDED = "forgotten sessions"
"""The kind of finding that is about all ended sessions together."""


class Orphans:
    """The sessions of this state folder."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._paths = scene.around.paths
        self._traces: dict[str, SessionTrace] = {}
        self._alive = Alive({}, {})

    async def look(self) -> list[Finding]:
        """Return what processes and folders there are of sessions that the state does not know."""
        known = await self._scene.known()
        if not known.fine:
            return []
        try:
            self._alive = await asyncio.to_thread(survivors.alive, self._paths)
            notes = await asyncio.to_thread(grounds.notes, self._paths)
        except OSError as error:
            return [
                Finding(
                    "sessions", "unknown processes", "all", f"processes cannot be looked at: {error.strerror}"
                )
            ]
        ids = self._alive.sessions
        self._traces = {one: self._trace(one, known, notes) for one in sorted(ids)}
        found = [judging.session(trace) for trace in self._traces.values()]
        forgotten = [
            one for one in notes if one not in known.sessions and one not in ids and not self._begins(one)
        ]
        if forgotten:
            said = f"{len(forgotten)} sessions have ended, and the state has no row of them"
            offer = "write their rows again, so that logs are found and ends are known"
            found.insert(0, Finding("sessions", ENDED, str(self._paths.sessions), said, offer))
        return [one for one in found if one is not None]

    async def mend(self, finding: Finding) -> str:
        """Take a session up again, or stop what is left of it."""
        if finding.kind == ENDED:
            return await self._write_ended()
        trace = self._traces[finding.subject]
        if trace.holders and trace.noted and not trace.rival:
            return await self._take_up(trace)
        ended = await sweep(trace.id, grace=2.0)
        self._paths.session_socket(trace.id).unlink(missing_ok=True)
        return f"ended {ended} processes of session {trace.id}"

    def errand(self, finding: Finding) -> Errand | None:  # noqa: ARG002 - nothing of this is for the daemon
        """Return nothing: all is done here."""
        return None

    def _trace(self, session: str, known: Known, notes: Mapping[str, session_notes.Note]) -> SessionTrace:
        note, row = notes.get(session), known.sessions.get(session)
        holders = tuple(self._alive.holders.get(session, ()))
        members = tuple(self._alive.members.get(session, ()))
        described = note.row if note else row
        return SessionTrace(
            id=session,
            subject=described.subject if described else "",
            noted=note is not None,
            holders=holders,
            members=members,
            known=row is not None,
            live=row is not None and row.live,
            rival=described is not None and self._has_rival(described, known, notes),
            own=os.environ.get(processes.MARKER) == session,
        )

    def _has_rival(self, row: SessionRow, known: Known, notes: Mapping[str, session_notes.Note]) -> bool:
        """Say whether its subject has a session that is known as live, or another holder that began later."""
        if row.role == "run":
            return False
        others = [one for one in known.sessions.values() if one.live]
        if any(_key(other) == _key(row) for other in others if other.id != row.id):
            return True
        held = [note.row for key, note in notes.items() if key in self._alive.holders and key != row.id]
        later = [other for other in held if (other.started_at, other.id) > (row.started_at, row.id)]
        return any(_key(other) == _key(row) for other in later)

    def _begins(self, session: str) -> bool:
        """Say whether a session may be starting this very moment: its note is there, its program not yet."""
        try:
            return not (self._paths.sessions / session / "status.json").exists()
        except OSError:
            return True

    async def _take_up(self, trace: SessionTrace) -> str:
        folder = self._paths.sessions / trace.id
        note = await asyncio.to_thread(session_notes.read, folder)
        if note is None:
            raise WorldError(f"nothing in {folder} tells how the session was started")
        pid, start = next(iter(self._alive.holders[trace.id].items()))
        database = Database(self._paths.database)
        await database.open()
        try:
            rows = SessionRows(database)
            if trace.known:
                await rows.reopen(trace.id)
                await rows.set_holder(trace.id, pid, start)
            else:
                await rows.recall(replace(note.row, holder_pid=pid, holder_start=start))
            await _talk(database, note)
        finally:
            await database.close()
        return f"session {trace.id} of {note.row.subject} is known again"

    async def _write_ended(self) -> str:
        known = await self._scene.known()
        notes = await asyncio.to_thread(grounds.notes, self._paths)
        held = await asyncio.to_thread(
            processes.all_holders
        )  # anybody's: nothing that lives is taken for lost
        gone = notes.keys() - known.sessions.keys() - self._alive.sessions - held.keys()
        wanted = [notes[one] for one in gone if not self._begins(one)]
        database = Database(self._paths.database)
        await database.open()
        try:
            rows = SessionRows(database)
            done = 0
            for note in sorted(wanted, key=lambda one: one.row.started_at):
                done += await self._write_one(rows, note)
                await _talk(database, note)
        finally:
            await database.close()
        return f"wrote the rows of {done} sessions"

    async def _write_one(self, rows: SessionRows, note: session_notes.Note) -> bool:
        status = await asyncio.to_thread(read_status, self._paths.sessions / note.row.id)
        if status is None:
            return False
        ended = status.get("ended_at")
        rebooted = note.row.boot_id != await asyncio.to_thread(processes.boot_id)
        how = read_ending(status, note.row, rebooted=rebooted)
        at = float(ended) if ended is not None else self._scene.around.clock.now()
        await rows.recall(
            replace(note.row, ended_at=at, exit_status=how.exit_status, ended_by=how.by, outcome=how.outcome)
        )
        return True


async def _talk(database: Database, note: session_notes.Note) -> None:
    """Write the row of the session's conversation, where another session has not taken it up since."""
    rows = ConversationRows(database)
    if note.talk is None or await rows.of(note.row.id) is not None:
        return
    try:
        await rows.begin(note.talk)
    except ConflictError:
        return


def _key(row: SessionRow) -> tuple[str, str, str]:
    return row.constellation, row.role, row.subject
