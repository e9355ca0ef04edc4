"""A SQLite file with one connection, owned by one thread, so that no caller blocks the event loop on it.

Every call is whole or not at all, and durable when it returns (`synchronous=FULL` with WAL): that is what
write-ahead intents stand on, and why what a client was told of exists. Calls that wait for the thread at the
same time share one commit, since waiting for the disk is what a commit costs. The daemon's state and the
local provider keep theirs in such files.
"""

import asyncio
import logging
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from constellagent import backups, soundness, space
from constellagent.errors import ConstellagentError, UnavailableError, WorldError
from constellagent.failpoints import FilePoint, reach

_CACHE = "cache_size=-1024"
"""KiB of pages that a connection keeps: the system has the file in its own memory anyway."""

_log = logging.getLogger(__name__)

T = TypeVar("T")
Value = str | bytes | int | float | None
"""What a column holds."""

_FAILED = (sqlite3.Error, UnicodeError, OSError)
"""What the driver raises, the second where a damaged file makes a text, or its own message, no UTF-8; and
what a disk says without it."""


_HINTS = {
    **dict.fromkeys((sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR), "is there space left on the disk?"),
    **dict.fromkeys(
        (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY), "may you write there?"
    ),
    **dict.fromkeys((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED), "end what else uses the file"),
}
"""What to do about what may pass, by SQLite's code."""


Migrations = Sequence[Sequence[str]]
"""The statements that take a file from version n to n + 1, for each n from 0."""

_MOST_TOGETHER = 64
"""Calls that share one commit at most, so that the first of them does not wait for long."""


class Companion(Protocol):
    """Something that is written beside the file, before each commit. Called on the file's thread only."""

    def mark(self) -> int:
        """Return where what waits ends now."""
        ...

    def rewind(self, mark: int) -> None:
        """Drop what came after `mark`: the call that it belongs to was rolled back."""
        ...

    def settle(self, connection: sqlite3.Connection) -> None:
        """Write what waits; an error fails every call of the transaction."""
        ...

    def committed(self) -> None:
        """Take note that the transaction which was settled last is durable; must not fail."""
        ...


class _Failed(NamedTuple):
    """What a call raised, while the others of its transaction went on."""

    error: Exception


class _Waiting(NamedTuple):
    """A call that waits for the thread, and who is told of its outcome."""

    call: Callable[[sqlite3.Connection], Any]
    outcome: "Future[Any]"


class DurableFile:
    """A durable, single-writer SQLite file."""

    def __init__(
        self,
        path: Path,
        migrations: Migrations,
        *,
        damaged: str,
        pragmas: Sequence[str] = (),
        named: bool = False,
        companion: Companion | None = None,
    ) -> None:
        """Name the file; `open` opens it.

        Args:
            path: where it lies.
            migrations: how it comes to be, and how an older one becomes this one.
            damaged: what to do about a damaged file, in words.
            pragmas: settings beyond WAL and full durability.
            named: rows are reached by column name too.
            companion: what is written beside the file before each commit.
        """
        self._path = path
        self._migrations = migrations
        self._damaged = damaged
        self._pragmas = ("journal_mode=WAL", "synchronous=FULL", _CACHE, *pragmas)
        self._named = named
        self._companion = companion
        self._waiting: deque[_Waiting] = deque()
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open the file, creating or migrating it; its mode is 0600 whatever the umask.

        What an older release wrote is copied beside it first (`backups`), and then changed as a whole.

        Raises:
            ConstellagentError: the file is damaged.
            UnavailableError: a newer release wrote it; nothing at all is written to it.
            WorldError: it cannot be opened now: no permission, no space.
        """
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=self._path.name)
        try:
            await self._submit(self._open)
        except ConstellagentError:
            await self.close()
            raise

    async def close(self) -> None:
        """Close the file after the calls that wait; harmless when it is not open."""
        thread = self._thread
        if thread is not None:
            await self._submit(self._close)
            self._thread = None
            thread.shutdown(wait=False)

    async def run(self, call: Callable[[sqlite3.Connection], T]) -> T:
        """Run `call` whole and return what it returns, committed and durable.

        It may share its transaction with other calls, in the order in which they came, and is run a second
        time where that transaction could not be committed: it must change nothing but the file.

        Raises:
            WorldError: the disk is full, or SQLite failed otherwise; nothing of the call remains.
            ConstellagentError: the file is damaged, or lacks what this release needs.
        """
        if self._thread is None:
            raise WorldError(f"{self._path} is not open")
        waiting = _Waiting(call, Future())
        self._waiting.append(waiting)
        self._thread.submit(self._transact)
        # A cancelled waiter must not leave half a call behind: the thread finishes it either way.
        result: T = await asyncio.shield(asyncio.wrap_future(waiting.outcome))
        return result

    async def execute(self, statement: str, values: Sequence[Value] = ()) -> int:
        """Run one statement in a transaction of its own and return how many rows it changed.

        Raises:
            WorldError: as for `run`.
        """
        return await self.run(lambda connection: connection.execute(statement, values).rowcount)

    async def rows(self, query: str, values: Sequence[Value] = ()) -> list[Any]:
        """Return the rows that a query gives, as tuples.

        Raises:
            WorldError: as for `run`.
        """
        return await self.run(lambda connection: connection.execute(query, values).fetchall())

    async def scrub(self) -> None:
        """Empty the log beside the file, so that what was deleted before is in neither of them.

        Raises:
            WorldError: another process reads the file now; nothing is lost, and it can be tried again.
        """
        await self._submit(self._scrub)

    async def _submit(self, call: Callable[[], T]) -> T:
        if self._thread is None:
            raise WorldError(f"{self._path} is not open")
        # A cancelled waiter must not leave half a call behind: the thread finishes it either way.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, call))

    def _open(self) -> None:
        self._refuse_newer(backups.version_of(self._path))
        try:
            self._refuse_apart()
            self._make_private()
            connection = sqlite3.connect(self._path, isolation_level=None, timeout=10)
        except (OSError, sqlite3.Error) as error:
            raise WorldError(f"cannot open {self._path}: {error}", hint="may you write there?") from error
        try:
            self._prepare(connection)
        except (*_FAILED, ConstellagentError) as error:
            connection.close()
            raise self._explained(error) from error
        self._connection = connection

    def _refuse_apart(self) -> None:
        """Refuse a file and a log that are not together: opening either would lose what is in the log."""
        log = soundness.log_of(self._path)
        if soundness.alone(self._path):
            raise ConstellagentError(
                f"{self._path} is gone or empty, and its log {log} is not; nothing was changed",
                hint=f"put back the file that {log.name} belongs to, or move {log.name} away: it would be "
                f"replayed over what comes there; {self._damaged}",
            )
        if aside := soundness.parted(self._path):
            raise ConstellagentError(
                f"{self._path} is damaged: its log was set aside already, as {soundness.log_of(aside)}",
                hint="`constellagent doctor --fix` died in between; run it again",
            )

    def _make_private(self) -> None:
        """Give the file its mode before there is anything in it; SQLite's side files take it over."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        if self._named:
            connection.row_factory = sqlite3.Row
        for pragma in self._pragmas:
            connection.execute(f"PRAGMA {pragma}")
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        self._refuse_newer(found)
        if wrong := soundness.fault(connection, len(self._migrations)):
            raise sqlite3.DatabaseError(wrong)
        if found < len(self._migrations):
            self._upgrade(connection, found)

    def _refuse_newer(self, found: int | None) -> None:
        newest = len(self._migrations)
        if found is None or found <= newest:
            return
        before = [copy.path for copy in backups.found(self._path) if copy.version <= newest]
        # A log that stays would be replayed over the copy, with the newer release's version in it.
        name = self._path.name
        away = (
            f"move {name}, {name}-wal and {name}-shm away, then copy {before[0]} to {name}" if before else ""
        )
        back = f", or go back: {away}" if away else ""
        raise UnavailableError(
            f"{self._path} was written by a newer release (version {found}, this one knows {newest}); "
            "nothing was changed",
            hint=f"upgrade constellagent{back}",
        )

    def _upgrade(self, connection: sqlite3.Connection, found: int) -> None:
        """Take the file from version `found` to the newest, whole or not at all; a copy is made first."""
        stem, newest = self._path.stem, len(self._migrations)
        if found:
            reach(f"{FilePoint.BACKUP}.{stem}:before")
            kept = backups.make(connection, self._path, found)
            reach(f"{FilePoint.BACKUP}.{stem}:after")
            _log.info("upgrading %s from version %d to %d; the copy is %s", self._path, found, newest, kept)
        connection.execute("BEGIN IMMEDIATE")
        for migration in self._migrations[found:]:
            for statement in migration:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {newest}")
        reach(f"{FilePoint.MIGRATE}.{stem}:before")
        connection.execute("COMMIT")
        reach(f"{FilePoint.MIGRATE}.{stem}:after")
        if found:
            backups.prune(self._path)

    def _scrub(self) -> None:
        if self._connection is None:
            raise WorldError(f"{self._path} is not open")
        try:
            busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except _FAILED as error:
            raise self._explained(error) from error
        if busy:
            raise WorldError(f"the log of {self._path} is in use", hint="end what else reads the file")

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _transact(self) -> None:
        """Run the calls that wait in one transaction, and tell each of its outcome.

        Where the commit fails, each is run again in a transaction of its own, so that what spoils one (as a
        companion that refuses what it tells of) fails no other.
        """
        together = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_TOGETHER))]
        if together and not self._done(together, last=len(together) == 1):
            for waiting in together:
                self._done([waiting], last=True)

    def _done(self, together: Sequence[_Waiting], *, last: bool) -> bool:
        """Run the calls and tell of their outcomes; a failed commit is told of only the `last` time."""
        outcomes: list[Any] = []
        failure: Exception | None = None
        try:
            self._commit([waiting.call for waiting in together], outcomes)
        except Exception as error:  # noqa: BLE001 - whoever waits must be told, whatever it was
            failure = self._explained(error) if isinstance(error, _FAILED) else error
        if failure is not None and not last:
            return False
        for index, waiting in enumerate(together):
            outcome = outcomes[index] if index < len(outcomes) else failure
            if isinstance(outcome, _Failed):
                waiting.outcome.set_exception(outcome.error)
            elif failure is not None:
                waiting.outcome.set_exception(failure)
            else:
                waiting.outcome.set_result(outcome)
        return True

    def _commit(self, calls: Sequence[Callable[[sqlite3.Connection], Any]], outcomes: list[Any]) -> None:
        connection = self._connection
        if connection is None:
            raise WorldError(f"{self._path} is not open")
        try:
            connection.execute("BEGIN IMMEDIATE")
            known, point = connection.total_changes, f"{FilePoint.COMMIT}.{self._path.stem}"
            outcomes.extend(self._alone(connection, call) for call in calls)
            if self._companion is not None:
                self._companion.settle(connection)
            written = connection.total_changes != known
            if written:
                reach(f"{point}:before")
            connection.execute("COMMIT")
            if written:
                reach(f"{point}:after")
            if self._companion is not None:
                self._companion.committed()
        finally:
            # A failed call leaves its transaction open, unless SQLite has given it up already.
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _alone(self, connection: sqlite3.Connection, call: Callable[[sqlite3.Connection], Any]) -> Any:
        """Return what the call returns; where it fails, undo what it did and no other call's work.

        Raises:
            sqlite3.Error: SQLite gave the whole transaction up.
        """
        mark = self._companion.mark() if self._companion else 0
        connection.execute("SAVEPOINT call")
        try:
            result = call(connection)
        except Exception as error:
            if self._companion is not None:
                self._companion.rewind(mark)
            if not connection.in_transaction:
                raise
            connection.execute("ROLLBACK TO call")
            result = _Failed(self._explained(error) if isinstance(error, _FAILED) else error)
        connection.execute("RELEASE call")
        return result

    def _explained(self, error: Exception) -> ConstellagentError:
        if isinstance(error, ConstellagentError):
            return error
        explained = self._told(error)
        explained.__cause__ = error
        return explained

    def _told(self, error: Exception) -> ConstellagentError:
        """Say what an error of the driver means, by SQLite's code for it, and what to do."""
        if isinstance(error, OSError):
            said = space.told(error, self._path)
            return WorldError(f"{self._path}: {said}", hint=_HINTS[sqlite3.SQLITE_FULL], delay=1.0)
        if not isinstance(error, sqlite3.OperationalError):
            return ConstellagentError(f"{self._path} is damaged: {error}", hint=self._damaged)
        code = getattr(error, "sqlite_errorcode", -1) & 0xFF  # what is above it says more exactly where
        if code == sqlite3.SQLITE_ERROR:
            return ConstellagentError(
                f"{self._path} is not as this release knows it: {error}",
                hint=f"another release wrote it, which can read it, or it is damaged: {self._damaged}",
            )
        room = space.left(self._path) if code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR} else ""
        return WorldError(f"{self._path}: {error}{room}", hint=_HINTS.get(code, ""), delay=1.0)
