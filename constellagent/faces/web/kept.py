"""Rows of the web face that survive the daemon: a private JSON file, read once and written on every change.

Secrets are in it as hashes only. A file that cannot be read lets nobody in, and is never written over.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from constellagent.errors import ConstellagentError
from constellagent.ravi.private_files import read_private, write_private

_log = logging.getLogger(__name__)


def new_secret(prefix: str = "") -> str:
    """Return 256 random bits as text that stands in a header or a cookie as it is."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is kept of a secret. It is random and long, so a plain hash gives nothing away."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def matching(rows: Iterable[Mapping[str, Any]], secret: str) -> Mapping[str, Any] | None:
    """Return the row whose secret this is; how long that takes says nothing about the secrets."""
    wanted = digest(secret)
    found = None
    for row in rows:
        if hmac.compare_digest(str(row["hash"]), wanted):
            found = row
    return found


class KeptRows:
    """The rows of one file, each an object with an `id`, a `hash`, and more."""

    def __init__(self, folder: Path, name: str, keys: AbstractSet[str]) -> None:
        """`folder` is private, `keys` is what each row has; nothing is read before `load`."""
        self._folder = folder
        self._name = name
        self._keys = keys
        self._damage = ""
        self._writing = asyncio.Lock()
        self.rows: list[dict[str, Any]] = []

    async def load(self) -> None:
        """Read the file; one that cannot be read counts as damaged from then on."""
        try:
            data = await asyncio.to_thread(read_private, self._folder, self._name)
            self.rows = _parsed(data, self._keys) if data is not None else []
        except (ConstellagentError, ValueError, KeyError, TypeError, RecursionError) as error:
            self._damage = f"{self._folder / self._name} cannot be read"
            _log.error("%s: %s", self._damage, type(error).__name__)

    async def save(self) -> None:
        """Write the rows as they are now.

        Raises:
            ConstellagentError: the file was damaged, or the disk refuses.
        """
        if self._damage:
            raise ConstellagentError(self._damage, hint="move it away and start the daemon again")
        async with self._writing:
            data = json.dumps(self.rows).encode() + b"\n"
            await asyncio.to_thread(write_private, self._folder, self._name, data)

    async def note(self, what: str) -> None:
        """Write the rows for the sake of what only helps, as when something was used; it may fail."""
        try:
            await self.save()
        except ConstellagentError as error:
            _log.warning("%s was not noted: %s", what, error.message)


def _parsed(data: bytes, keys: AbstractSet[str]) -> list[dict[str, Any]]:
    """Return the rows that a file holds.

    Raises:
        ValueError: it is no JSON of ours.
    """
    rows = json.loads(data)
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.keys() == keys for row in rows):
        raise ValueError("the rows are of another form")
    return rows
