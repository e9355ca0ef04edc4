"""Reads the transcript of a conversation on from where it was, and counts what the conversation has used.

Programs only ever add to their transcripts. Where one is, some program has said: so it must lie where it may,
be a plain file of this user, and no line of it and no look at it takes more than so much memory and time.
"""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from constellagent.agents.kind import Kind, Meter, Usage
from constellagent.errors import WorldError

LARGEST = 1 << 30
"""Bytes of a transcript that are read; what follows is not counted."""
PART = 1 << 24
"""Bytes that one look reads."""
_LONGEST = 1 << 23
"""Bytes of a line; one that is longer holds a picture or the like and is left out."""
_CHUNK = 1 << 18


class Transcript:
    """One transcript."""

    def __init__(self, path: str, kind: Kind, folders: Sequence[Path]) -> None:
        """The transcript of a program of this kind; it must lie below one of these folders."""
        self._path = Path(path)
        self._kind = kind
        self._folders = folders
        self._begin()

    def _begin(self) -> None:
        self._meter: Meter | None = None if self._kind.meter is None else self._kind.meter()
        self._file: tuple[int, int] | None = None
        self._at = 0
        self._line = bytearray()
        self._left_out = False

    def look(self) -> bool:
        """Read on; returns whether there is more to read at once. Takes its time: not for the event loop.

        Raises:
            WorldError: it is not there, cannot be read, or is none that may be read.
        """
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            with os.fdopen(os.open(self._place(), flags), "rb", buffering=0) as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid():
                    raise WorldError(f"{self._path} is no file of this user's")
                known = found.st_dev, found.st_ino
                if known != self._file or found.st_size < self._at:
                    self._begin()
                    self._file = known
                file.seek(self._at)
                end = min(self._at + PART, LARGEST)
                while self._at < end and (data := file.read(min(_CHUNK, end - self._at))):
                    self._at += len(data)
                    self._take(data)
                return self._at < min(found.st_size, LARGEST)
        except (OSError, ValueError, RuntimeError) as error:  # the last of links that lead in a circle
            why = error.strerror if isinstance(error, OSError) else error
            raise WorldError(f"{self._path} cannot be read: {why}") from error

    def used(self) -> Usage | None:
        """Return what the conversation has used as far as it was read; None where nothing says so."""
        used = None if self._meter is None else self._meter.used()
        return None if used in {None, Usage()} else used

    def _place(self) -> Path:
        """Return where it really is, but for its last part, which must be no link.

        Raises:
            WorldError: it may not be read there.
        """
        place = self._path.parent.resolve() / self._path.name
        if not self._path.is_absolute() or not any(_is_below(place, folder) for folder in self._folders):
            raise WorldError(f"{self._path} is not where transcripts are kept")
        return place

    def _take(self, data: bytes) -> None:
        """Take what follows, and count each line that it completes."""
        *ends, rest = data.split(b"\n")
        for end in ends:
            self._add(end)
            if not self._left_out and self._meter is not None:
                self._meter.feed(self._line.decode(errors="replace"))
            self._line.clear()
            self._left_out = False
        self._add(rest)

    def _add(self, piece: bytes) -> None:
        if self._left_out or len(self._line) + len(piece) > _LONGEST:
            self._left_out = True
            self._line.clear()
        else:
            self._line += piece


def _is_below(place: Path, folder: Path) -> bool:
    """Say whether a place lies below a folder; below one that cannot be found nothing does."""
    try:
        return place.is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return False
