"""Lines that were written, and whose transaction then was not committed: what they tell of never was.

A note beside the audit says which lines are being written, from which committed head on, and is emptied after
the commit. Where it still says so, a crash or a full disk came between: its lines are told of as undone by
the next line, and count for nothing. It is keyed with the root key and fits one head only, so an older
database put back later does not pass for a crash. It is on disk before its lines are, and is only added to
until a commit, so that neither a loss of power nor half a write takes a note away that is still needed.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from constellagent.errors import WorldError
from constellagent.ravi.audit.lines import Entry, Position
from constellagent.ravi.vault import RootKey

ACTION = "audit.undone"
"""The action of a line that says which lines before it tell of what never was."""

_NAME = "unsettled"
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Stretch(NamedTuple):
    """Lines from the first to the last of these numbers."""

    first: int
    last: int

    def entry(self, at: str) -> Entry:
        """Return the line that says so."""
        about = f"lines {self.first} to {self.last} tell of what was not done: it could not be kept"
        return Entry(0, at, "provider", ACTION, "ok", f"{self.first}-{self.last}", about, "")


class Unsettled:
    """The note, in the folder of the audit."""

    def __init__(self, folder: Path, key: RootKey) -> None:
        self._file = folder / _NAME
        self._key = key

    def write(self, heads: Mapping[str, Position], ends: Mapping[str, Position]) -> None:
        """Note that lines behind these committed heads, up to these ends, are about to be written.

        It outlasts a loss of power once this returns.

        Raises:
            WorldError: the disk refuses.
        """
        text = json.dumps({name: [heads[name].seq, heads[name].hash, ends[name].seq] for name in ends})
        try:
            self._file.parent.mkdir(mode=0o700, exist_ok=True)
            new = not self._file.exists()
            with os.fdopen(os.open(self._file, _FLAGS | os.O_CREAT, 0o600), "w") as file:
                file.write(f"\n{self._mac(text)} {text}\n")  # what was cut off before it ends there
                file.flush()
                os.fsync(file.fileno())
            if new:
                _sync(self._file.parent)
        except OSError as error:
            raise WorldError(
                f"{self._file} cannot be written: {error.strerror}",
                hint="nothing secret is given out without it; is there space, and may you write there?",
                delay=1.0,
            ) from error

    def clear(self) -> None:
        """All is committed. A note that stays fits no head any more."""
        with contextlib.suppress(OSError):
            descriptor = os.open(self._file, _FLAGS)
            try:
                os.ftruncate(descriptor, 0)
            finally:
                os.close(descriptor)

    def read(self) -> dict[str, tuple[int, str, int]]:
        """Return the head's number and hash, and the last line's number, by identity, if a note is ours."""
        try:
            *whole, _ = self._file.read_text(errors="replace").split("\n")
        except OSError:
            return {}
        for line in reversed(whole):
            mac, _, text = line.partition(" ")
            if text and mac == self._mac(text):
                return {name: (seq, hashed, last) for name, (seq, hashed, last) in json.loads(text).items()}
        return {}

    def stretch(self, identity: str, head: Position, end: Position) -> Stretch | None:
        """Return the lines between a committed head and the end of the file, where the note knows of them."""
        seq, hashed, last = self.read().get(identity, (-1, "", -1))
        if (seq, hashed) != (head.seq, head.hash) or not head.seq < end.seq <= last:
            return None
        return Stretch(head.seq + 1, end.seq)

    def _mac(self, text: str) -> str:
        return self._key.mac("audit unsettled", text)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, _FOLDER)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def done(entries: Iterable[Entry], pending: Stretch | None) -> list[Entry]:
    """Return the lines but those that tell of what never was; `pending` are some that no line names yet."""
    whole = list(entries)
    undone: set[int] = set(range(pending.first, pending.last + 1)) if pending else set()
    for entry in whole:
        if entry.action == ACTION:
            first, _, last = entry.row.partition("-")
            undone |= set(range(int(first), int(last) + 1))
    return [entry for entry in whole if entry.seq not in undone]
