"""The one connection to `provider.db`, owned by one thread, so that no request blocks the event loop on it.

A call is a function that gets the connection inside one transaction, and is durable when it returns: an
identity that a client was told of must exist after a power cut.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from constellagent.errors import ConstellagentError, WorldError
from constellagent.ravi.local.schema import MIGRATIONS, VERSION

T = TypeVar("T")


class Store:
    """The provider's durable memory."""

    def __init__(self, path: Path) -> None:
        """Name the file; `open` opens it."""
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="provider.db")
        self._connection: sqlite3.Connection | None = None
        self._closed = False

    async def open(self) -> None:
        """Open the file, creating or migrating it.

        Raises:
            ConstellagentError: it is damaged, or was written by a newer release.
        """
        await self._submit(self._open)

    async def close(self) -> None:
        """Close the file; the store cannot be opened again. Repeating it is harmless."""
        if not self._closed:
            await self._submit(self._close)
            self._closed = True
            self._thread.shutdown(wait=True)

    async def run(self, call: Callable[[sqlite3.Connection], T]) -> T:
        """Run `call` in one transaction and return its result; nothing of it remains where it raises.

        Raises:
            WorldError: SQLite failed, for one because the disk is full.
        """
        return await self._submit(lambda: self._transact(call))

    async def _submit(self, call: Callable[[], T]) -> T:
        if self._closed:
            raise WorldError(f"{self._path} is closed")
        # A client that hangs up must not leave half a call behind: the thread finishes it either way.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, call))

    def _open(self) -> None:
        connection: sqlite3.Connection | None = None
        try:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
            self._path.chmod(0o600)
            connection = sqlite3.connect(self._path, isolation_level=None, timeout=10)
            connection.row_factory = sqlite3.Row
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
                connection.execute(f"PRAGMA {pragma}")
            self._migrate(connection)
        except (OSError, sqlite3.Error, ConstellagentError) as error:
            if connection is not None:
                connection.close()
            if isinstance(error, ConstellagentError):
                raise
            raise ConstellagentError(
                f"{self._path} cannot be opened: {error}",
                hint="restore it from a backup; without it the local identities are gone",
            ) from error
        self._connection = connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found > VERSION:
            raise ConstellagentError(
                f"{self._path} was written by a newer release (version {found}, this one knows {VERSION})",
                hint="upgrade constellagent",
            )
        for version in range(found, VERSION):
            connection.execute("BEGIN IMMEDIATE")
            for statement in MIGRATIONS[version]:
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
            try:
                result = call(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise WorldError(
                f"{self._path}: {error}", hint="is there space left on the disk?", delay=1.0
            ) from error
        return result


def get_fact(connection: sqlite3.Connection, name: str) -> bytes | None:
    """Return one of the provider's own few values, None where it was never set."""
    row = connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return None if row is None else bytes(row["value"])


def set_fact(connection: sqlite3.Connection, name: str, value: bytes) -> None:
    """Set one of the provider's own few values."""
    connection.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", (name, value))
