"""A SQLite file with one connection, owned by one thread, so that no caller blocks the event loop on it.

Every call runs inside one transaction. `synchronous=FULL` with WAL makes a finished call durable: that is
what write-ahead intents stand on, and why what a client was told of exists. The daemon's state and the local
provider keep theirs in such files.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from constellagent.errors import ConstellagentError, WorldError

T = TypeVar("T")
Value = str | bytes | int | float | None
"""What a column holds."""

_FAILED = (sqlite3.Error, UnicodeError)
"""What the driver raises; the second where a damaged file makes a text, or its own message, no UTF-8."""


Migrations = Sequence[Sequence[str]]
"""The statements that take a file from version n to n + 1, for each n from 0."""


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
    ) -> None:
        """Name the file; `open` opens it.

        Args:
            path: where it lies.
            migrations: how it comes to be, and how an older one becomes this one.
            damaged: what to do about a damaged file, in words.
            pragmas: settings beyond WAL and full durability.
            named: rows are reached by column name too.
        """
        self._path = path
        self._migrations = migrations
        self._damaged = damaged
        self._pragmas = ("journal_mode=WAL", "synchronous=FULL", *pragmas)
        self._named = named
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open the file, creating or migrating it; its mode is 0600 whatever the umask.

        Raises:
            ConstellagentError: the file is damaged, or was written by a newer release.
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
        """Run `call` in one transaction and return what it returns, committed and durable.

        Raises:
            WorldError: the disk is full, or SQLite failed otherwise; nothing of the call remains.
        """
        return await self._submit(lambda: self._transact(call))

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

    async def _submit(self, call: Callable[[], T]) -> T:
        if self._thread is None:
            raise WorldError(f"{self._path} is not open")
        # A cancelled waiter must not leave half a call behind: the thread finishes it either way.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, call))

    def _open(self) -> None:
        try:
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
        found, newest = connection.execute("PRAGMA user_version").fetchone()[0], len(self._migrations)
        if found > newest:
            raise ConstellagentError(
                f"{self._path} was written by a newer release (version {found}, this one knows {newest})",
                hint="upgrade constellagent",
            )
        said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if said != "ok" or found < 0:
            raise sqlite3.DatabaseError(said.splitlines()[-1] if found >= 0 else "it has no version")
        for version in range(found, newest):
            connection.execute("BEGIN IMMEDIATE")
            for statement in self._migrations[version]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _transact(self, call: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection
        if connection is None:
            raise WorldError(f"{self._path} is not open")
        try:
            connection.execute("BEGIN IMMEDIATE")
            result = call(connection)
            connection.execute("COMMIT")
        except _FAILED as error:
            raise self._explained(error) from error
        finally:
            # A failed call leaves its transaction open, unless SQLite has given it up already.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        return result

    def _explained(self, error: Exception) -> ConstellagentError:
        if isinstance(error, ConstellagentError):
            return error
        if isinstance(error, sqlite3.OperationalError):
            return WorldError(f"{self._path}: {error}", hint="is there space left on the disk?", delay=1.0)
        return ConstellagentError(f"{self._path} is damaged: {error}", hint=self._damaged)
