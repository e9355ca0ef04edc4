"""The audit of all identities, written beside each commit of the provider's database.

Each identity has a file of its own, to which lines are only ever added. Lines are written before the
transaction that they tell of is committed: no line, no secret. A line whose transaction failed after it was
written stays, and the chain goes on behind it with one that says so (`undone`).
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from constellagent.errors import UsageError
from constellagent.ravi.audit.files import Addition, Files
from constellagent.ravi.audit.heads import Heads
from constellagent.ravi.audit.lines import START, AuditError, Chain, Entry, Position, hash_of, seq_of
from constellagent.ravi.audit.undone import Stretch, Unsettled
from constellagent.ravi.vault import RootKey

_WINDOW = 64 << 10
"""Bytes from the end that are looked at first when only the newest lines are wanted."""

_log = logging.getLogger(__name__)


class Snapshot(NamedTuple):
    """The audit of one identity at a moment, to be read without holding up the store.

    Attributes:
        identity: uuid.
        head: where its chain ended at the last commit, None where there was none.
        size: bytes of its file.
        problem: what was wrong already, None for nothing.
    """

    identity: str
    head: Position | None
    size: int
    problem: AuditError | None


class _Closed(NamedTuple):
    """Why the audit of an identity cannot be used, and how its file looked then."""

    error: AuditError
    look: tuple[int, ...]


class Audit:
    """The audit. Except for `entries` and `verify` all is called on the store's thread, in a transaction."""

    def __init__(self, folder: Path, key: RootKey) -> None:
        """Name the private folder of the files."""
        self._folder = folder
        self._files = Files(folder)
        self._chain = Chain(key)
        self._heads = Heads(key)
        self._waiting: list[tuple[str, Entry]] = []
        self._at: dict[str, Position] = {}
        self._closed: dict[str, _Closed] = {}
        self._unsettled = Unsettled(folder, key)
        self._batch: set[str] = set()
        self._undone: dict[str, Stretch] = {}

    def begin(self, db: sqlite3.Connection) -> None:
        """Find each chain's end after a start, and remove half lines that a crash left.

        A chain that does not hold is remembered: its identity is closed, and the others are not.

        Raises:
            AuditError: there are files, and the database knows of no audit.
            WorldError: the disk refuses.
        """
        known = self._files.identities()
        if not self._heads.begin(db) and known:
            raise AuditError(
                f"the database knows nothing of the audit in {self._folder}",
                hint="restore the database that belongs to it; or, to begin anew, move that folder away",
            )
        for identity in sorted(known | self._heads.identities(db)):
            self._position(db, identity)
        self._recall(db, self._unsettled.read())

    def note(
        self,
        now: float,
        identity: str,
        actor: str,
        action: str,
        *,
        result: str = "ok",
        row: str = "",
        about: str = "",
        value: str = "",
    ) -> None:
        """Tell of an access to the identity with this uuid; the line is written before the commit.

        `about` may be private, and is sealed; of `value` only a fingerprint is kept.

        Raises:
            AuditError: the identity's audit does not hold, or that is no identity.
        """
        closed = self._closed.get(identity)
        if closed is not None and closed.look == self._files.look(identity):
            raise closed.error  # alone, before it can fail the calls of others with it
        self._files.place(identity)
        at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        shown = self._chain.fingerprint(value)
        self._waiting.append((identity, Entry(0, at, actor, action, result, row, about, shown)))

    def mark(self) -> int:
        """Return where the waiting lines end now."""
        return len(self._waiting)

    def rewind(self, mark: int) -> None:
        """Drop the lines that came after `mark`: what they tell of was rolled back."""
        del self._waiting[mark:]

    def settle(self, db: sqlite3.Connection) -> None:
        """Write the waiting lines and their chains' heads; the transaction may be committed after this.

        Raises:
            WorldError: the disk refuses.
            AuditError: a file is not what was left in it.
        """
        self._recall(db, self._batch)
        self._batch = set()
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        at = waiting[0][1].at
        waiting = [(identity, lost.entry(at)) for identity, lost in self._undone.items()] + waiting
        lines: dict[str, list[bytes]] = {}
        heads: dict[str, Position] = {}
        try:
            for identity, entry in waiting:
                before = heads.get(identity) or self._whole(db, identity)
                heads[identity], line = self._chain.line(identity, before, entry)
                lines.setdefault(identity, []).append(line)
            self._unsettled.write({name: self._heads.of(db, name) or START for name in heads}, heads)
            self._batch = set(heads)
            self._files.append(
                [
                    Addition(identity, heads[identity].bytes - sum(map(len, parts)), b"".join(parts))
                    for identity, parts in lines.items()
                ]
            )
            self._heads.put(db, heads)
        except BaseException as error:
            self._at.clear()  # what is in the files is not known any more
            if isinstance(error, AuditError) and error.identity:
                self._close(error)
            raise
        self._at |= heads

    def committed(self) -> None:
        """What was settled last is in the database now."""
        if self._batch:
            self._batch = set()
            self._undone.clear()
            self._unsettled.clear()

    def undone(self, identity: str) -> Stretch | None:
        """Return the lines at the end of an identity's audit that tell of what was not committed."""
        return self._undone.get(identity)

    def snapshot(self, db: sqlite3.Connection, identity: str) -> Snapshot:
        """Return what `entries` and `verify` read, as it is now.

        Raises:
            WorldError: the disk refuses.
            AuditError: that is no identity.
        """
        self._files.place(identity)
        at = self._position(db, identity)
        try:
            size, head = self._files.size(identity), self._heads.of(db, identity)
        except AuditError as error:
            return Snapshot(identity, None, 0, error)
        if at is not None and size != at.bytes:
            self._at.pop(identity, None)
            problem = self._does_not_hold(identity, at.seq + (size > at.bytes), "bytes were added or cut off")
            return Snapshot(identity, head, size, problem)
        return Snapshot(identity, head, size, None)

    def identities(self, db: sqlite3.Connection) -> list[str]:
        """Return the uuids of which there is an audit, by file or by head.

        Raises:
            WorldError: the folder cannot be read.
        """
        return sorted(self._files.identities() | self._heads.identities(db))

    def check_heads(self, db: sqlite3.Connection) -> None:
        """Compare all chains' heads with their register.

        Raises:
            AuditError: heads were removed, or put back to older ones.
        """
        self._heads.check(db)

    def read(self, db: sqlite3.Connection, identity: str) -> list[Entry]:
        """Return all lines of an identity, oldest first; for a chain that is known to be short.

        Raises:
            AuditError: a line does not hold; names the first.
            WorldError: the file cannot be read.
        """
        return self.entries(self.snapshot(db, identity))

    def entries(self, snapshot: Snapshot, after: int = 0) -> list[Entry]:
        """Return the lines that follow line `after`, oldest first. Blocks; for any thread.

        Lines before it are not looked at; those that are returned hold, up to the head.

        Raises:
            AuditError: a line does not hold; names the first.
            WorldError: the file cannot be read.
        """
        if snapshot.problem is not None:
            raise snapshot.problem
        start = self._before(snapshot, min(after, snapshot.head.seq if snapshot.head else 0))
        return [entry for entry, _ in self._read(snapshot, start) if entry.seq > after]

    def verify(self, snapshot: Snapshot) -> int:
        """Read every line, and return how many hold. Blocks; for any thread.

        Raises:
            AuditError: a line does not hold; names the first.
            WorldError: the file cannot be read.
        """
        lines = sum(1 for _ in self._read(snapshot, START))
        if snapshot.problem is not None:
            raise snapshot.problem
        return lines

    def restart(self, db: sqlite3.Connection, now: float, identity: str, actor: str) -> Path | None:
        """Begin a chain that does not hold again; its file stays under another name, which is returned.

        Raises:
            UsageError: nothing is wrong with it.
            AuditError: that is no identity.
            WorldError: the disk refuses.
        """
        try:
            self.verify(self.snapshot(db, identity))
        except AuditError as error:
            problem = error
        else:
            raise UsageError(f"the audit of identity {identity} holds", hint="leave it as it is")
        aside = self._files.set_aside(identity)
        self._heads.forget(db, identity)
        self._closed.pop(identity, None)
        self._at.pop(identity, None)
        self.note(now, identity, actor, "audit.restarted", about=problem.message)
        return aside

    def _recall(self, db: sqlite3.Connection, identities: Iterable[str]) -> None:
        """Find the lines that were written for a transaction which was not committed."""
        for identity in identities:
            at = self._position(db, identity)
            try:
                head = self._heads.of(db, identity) or START
            except AuditError:
                continue  # closed already
            lost = self._unsettled.stretch(identity, head, at) if at is not None else None
            if lost is not None:
                self._undone[identity] = lost

    def _whole(self, db: sqlite3.Connection, identity: str) -> Position:
        at = self._position(db, identity)
        if at is None:
            raise self._closed[identity].error
        return at

    def _position(self, db: sqlite3.Connection, identity: str) -> Position | None:
        """Return where the chain stands, None where it does not hold, which is remembered."""
        if identity not in self._at:
            try:
                self._at[identity] = self._found(db, identity)
            except AuditError as error:
                self._close(error)
                return None
            self._closed.pop(identity, None)
        return self._at[identity]

    def _found(self, db: sqlite3.Connection, identity: str) -> Position:
        """Find where the chain stands: at its head, or behind lines whose commit failed."""
        head, size = self._heads.of(db, identity) or START, self._files.size(identity)
        if size < head.bytes:
            whole = sum(line.endswith(b"\n") for line in self._files.read(identity, 0, size))
            raise self._does_not_hold(
                identity, whole + 1, f"it is cut off there; {head.seq} lines were written"
            )
        if head.seq:
            *_, last = self._files.read(identity, max(0, head.bytes - _WINDOW), head.bytes)
            if hash_of(last) != head.hash or not last.endswith(b"\n"):
                raise self._does_not_hold(identity, head.seq, "it is not the one that was written")
        beyond = [at for _, at in self._read(Snapshot(identity, head, size, None), head)]
        at = beyond[-1] if beyond else head
        if at.bytes < size:
            _log.warning("removed half a line after line %d of %s", at.seq, self._files.place(identity))
            self._files.cut(identity, at.bytes)
        return at

    def _before(self, snapshot: Snapshot, after: int) -> Position:
        """Return the position of a line that is not beyond `after`, found from the end of the file."""
        window = _WINDOW
        while after > 0 and window < snapshot.size:
            place = snapshot.size - window
            lines = self._files.read(snapshot.identity, place, snapshot.size)
            place += len(next(lines, b""))  # most likely half a line
            first = next(lines, b"")
            if 0 < seq_of(first) <= after:
                return Position(seq_of(first), hash_of(first), place + len(first))
            window *= 4
        return START

    def _read(self, snapshot: Snapshot, start: Position) -> Iterator[tuple[Entry, Position]]:
        """Yield the lines that follow `start` and hold. Half a line beyond the head is passed over.

        Raises:
            AuditError: at the first line that does not hold, and where the file ends before its head.
        """
        identity, head = snapshot.identity, snapshot.head or START
        at = start
        for line in self._files.read(identity, start.bytes, snapshot.size):
            if at.seq >= head.seq and not line.endswith(b"\n") and at.bytes + len(line) == snapshot.size:
                break
            read = self._chain.read(identity, at, line)
            if read is None:
                raise self._does_not_hold(identity, at.seq + 1, "it was changed, moved or cut")
            at, entry = read
            if at.seq == head.seq and at != head:
                raise self._does_not_hold(identity, at.seq, "it is not the one that was written")
            yield entry, at
        if at.seq < head.seq:
            raise self._does_not_hold(
                identity, at.seq + 1, f"it is cut off there; {head.seq} lines were written"
            )

    def _does_not_hold(self, identity: str, line: int, why: str) -> AuditError:
        return AuditError(
            f"the audit {self._files.place(identity)} does not hold at line {line}: {why}",
            identity=identity,
            line=line,
            hint="somebody changed it, or it was restored in part; keep it and compare it with a backup",
        )

    def _close(self, error: AuditError) -> None:
        """Refuse every access to the identity until its file is another one."""
        if error.identity not in self._closed:
            _log.error("%s", error)
        self._closed[error.identity] = _Closed(error, self._files.look(error.identity))
        self._at.pop(error.identity, None)
