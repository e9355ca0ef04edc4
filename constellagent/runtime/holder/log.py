"""The output of a session on disk: bounded, cut into segments, addressed by offsets that never restart.

Each segment is a file named by the offset of its first byte, so a listing is the whole index, and a gap
(bytes that a full disk did not take) shows as a segment that starts later than the one before ends. Readers
need no holder: they follow by offset while it writes. Appends reach the kernel at once and survive the death
of any process; they are not flushed to the disk itself, so a power cut may cost the last seconds.
"""

import contextlib
import os

from constellagent.failpoints import around
from constellagent.runtime.points import Point

SEGMENT = 1 << 20
_SUFFIX = ".out"
_DIGITS = 16
_TRIES = 10


def _segments(folder: str) -> list[tuple[int, int]]:
    """Return (first offset, size) of each segment in order."""
    found: list[tuple[int, int]] = []
    for _ in range(_TRIES):
        try:
            names = os.listdir(folder)  # noqa: PTH208 - pathlib is dear to import
        except FileNotFoundError:
            return []
        found, whole = [], True
        for name in names:
            stem = name.removesuffix(_SUFFIX)
            if stem == name or len(stem) < _DIGITS:
                continue
            try:
                found.append((int(stem, 16), os.stat(f"{folder}/{name}").st_size))  # noqa: PTH116 - the same
            except ValueError:
                continue  # not ours
            except FileNotFoundError:
                whole = False  # dropped since the listing, in which newer ones may be missing by now
        if whole:
            break
    return sorted(found)


def _file(folder: str, start: int) -> str:
    return f"{folder}/{start:0{_DIGITS}x}{_SUFFIX}"


class LogReader:
    """Reads the log of a session, live or ended, while its holder writes and drops segments."""

    __slots__ = ("_folder",)

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = os.fspath(folder)

    def begin(self) -> int:
        """Return the offset of the oldest byte that is kept."""
        segments = _segments(self._folder)
        return segments[0][0] if segments else 0

    def end(self) -> int:
        """Return the offset after the newest byte."""
        segments = _segments(self._folder)
        return sum(segments[-1]) if segments else 0

    def read(self, offset: int, limit: int) -> tuple[int, bytes]:
        """Return up to `limit` bytes from `offset` on, and where they start.

        They start later than asked where older ones were dropped or lost, never earlier. Empty at the end of
        the log. Fewer than `limit` come at the end of a segment, so go on until a read is empty.

        Raises:
            OSError: the log is there and cannot be read.
        """
        for _ in range(_TRIES):
            segments = _segments(self._folder)
            place = next(((start, size) for start, size in segments if start + size > offset), None)
            if place is None:
                return offset, b""
            begin = max(offset, place[0])
            try:
                fd = os.open(_file(self._folder, place[0]), os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue  # dropped since the listing: look again
            try:
                return begin, os.pread(fd, limit, begin - place[0])
            finally:
                os.close(fd)
        raise OSError(f"segments of {self._folder} are dropped faster than they can be opened")

    def tail(self, count: int) -> tuple[int, bytes]:
        """Return the last `count` bytes that are kept, and the offset after them, from where to go on."""
        at = max(0, self.end() - count)
        parts = []
        left = count
        while left > 0:
            start, data = self.read(at, left)
            if not data:
                break
            parts.append(data)
            at = start + len(data)
            left -= len(data)
        return at, b"".join(parts)


class LogWriter:
    """Appends to the log, and drops the oldest segments beyond the limit. A full disk raises nothing.

    Attributes:
        end: offset after the last byte that was given, kept or not.
        lost: how many bytes the disk did not take.
    """

    __slots__ = (
        "_fd",
        "_folder",
        "_limit",
        "_roll_at",
        "_room",
        "_segments",
        "_size",
        "_total",
        "end",
        "lost",
    )

    def __init__(self, folder: str, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._roll_at = max(1, min(SEGMENT, limit // 4))
        self._segments = _segments(folder)
        self._total = sum(size for _, size in self._segments)
        self._fd = -1
        self._size = 0  # of the open segment, which is not yet in the total
        self._room = 0  # what may be appended to it without any other thing to do
        self.end = sum(self._segments[-1]) if self._segments else 0
        self.lost = 0

    @property
    def begin(self) -> int:
        """Offset of the oldest byte that is kept."""
        return self._segments[0][0] if self._segments else self.end

    @around(Point.HOLDER_OUTPUT)
    def append(self, data: bytes) -> None:
        """Write `data` at the end; what the disk does not take is counted in `lost` and leaves a gap."""
        if len(data) > self._room:
            self._append_parts(memoryview(data))
            return
        try:
            written = os.write(self._fd, data)
        except OSError:
            written = 0
        self._size += written
        self._room -= written
        self.end += written
        if written < len(data):
            self._append_parts(memoryview(data)[written:])

    def _append_parts(self, view: memoryview) -> None:
        """Write what does not simply fit into the open segment."""
        try:
            while view:
                if self._fd < 0 or self._size >= self._roll_at:
                    self._roll()
                part = view[: self._roll_at]
                self._make_room(len(part))
                written = os.write(self._fd, part)
                self._size += written
                self.end += written
                view = view[written:]
            self._room = min(self._roll_at, self._limit - self._total) - self._size
        except OSError:
            self.lost += len(view)
            self.end += len(view)
            self._abandon()

    def close(self) -> None:
        """Flush what the disk has not got yet, and close."""
        if self._fd >= 0:
            with contextlib.suppress(OSError):  # a disk that fails now cannot be helped any more
                os.fsync(self._fd)
            self._shut()

    def _shut(self) -> None:
        """Finish the open segment."""
        os.close(self._fd)
        self._fd = -1
        self._segments[-1] = (self._segments[-1][0], self._size)
        self._total += self._size
        self._size = self._room = 0

    def _roll(self) -> None:
        """Begin a segment at the present end."""
        if self._fd >= 0:
            self._shut()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._fd = os.open(_file(self._folder, self.end), flags, 0o600)
        if not self._segments or self._segments[-1] != (self.end, 0):
            self._segments.append((self.end, 0))

    def _abandon(self) -> None:
        """Leave the segment that could not grow: the next append begins one where the gap ends."""
        if self._fd < 0:
            return
        self._shut()
        if self._segments[-1][1] == 0:
            self._drop(len(self._segments) - 1)

    def _make_room(self, size: int) -> None:
        while self._total + self._size + size > self._limit and len(self._segments) > 1:
            self._drop(0)

    def _drop(self, index: int) -> None:
        start, size = self._segments.pop(index)
        self._total -= size
        try:
            os.unlink(_file(self._folder, start))  # noqa: PTH108 - pathlib is dear to import
        except OSError:
            return  # it is out of our count; a reader may still see it until the folder is removed
