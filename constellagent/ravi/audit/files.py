"""The files of the audit: one per identity, private, only ever added to.

They are reached through a descriptor of their folder and never through a link. An append of several files is
all or nothing as far as the disk allows: one that fails takes the others back.
"""

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple

from constellagent.errors import WorldError
from constellagent.failpoints import around
from constellagent.ravi.audit.lines import LONGEST_LINE, AuditError
from constellagent.ravi.points import ProviderPoint

_NAME = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_SUFFIX = ".jsonl"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MOST_AT_ONCE = 8
"""Files that are waited for at once."""


class Addition(NamedTuple):
    """What is added to the file of an identity, which is `size` bytes long before."""

    identity: str
    size: int
    data: bytes


class Files:
    """The folder of the files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Its threads begin when several files are written at once, and end with this object.
        self._threads = ThreadPoolExecutor(_MOST_AT_ONCE - 1, thread_name_prefix="audit")

    def place(self, identity: str) -> Path:
        """Return where the file of an identity is.

        Raises:
            AuditError: that is no identity.
        """
        if not _NAME.fullmatch(identity):
            raise AuditError(f"{identity!r} is no uuid of an identity", identity=identity)
        return self._folder / f"{identity}{_SUFFIX}"

    def identities(self) -> set[str]:
        """Return the uuids that have a file.

        Raises:
            WorldError: the folder cannot be read.
        """
        with self._explained("it"):
            names = (
                {path.name.removesuffix(_SUFFIX) for path in self._folder.iterdir()}
                if self._there()
                else set()
            )
        return {name for name in names if _NAME.fullmatch(name)}

    def look(self, identity: str) -> tuple[int, ...]:
        """Return what tells that the file was changed or exchanged since another look; empty for no file."""
        try:
            found = self.place(identity).lstat()
        except OSError:
            return ()
        return (
            found.st_ino,
            found.st_mode,
            found.st_nlink,
            found.st_size,
            found.st_mtime_ns,
            found.st_ctime_ns,
        )

    def size(self, identity: str) -> int:
        """Return how many bytes there are; 0 where there is no file.

        Raises:
            AuditError: what is there is no file of ours.
            WorldError: it cannot be looked at.
        """
        with self._explained(identity), self._opened(identity, os.O_RDONLY) as descriptor:
            return 0 if descriptor is None else os.fstat(descriptor).st_size

    def read(self, identity: str, start: int, end: int) -> Iterator[bytes]:
        """Yield the lines between two places; the last may be half a line, none is longer than a line can be.

        Raises:
            AuditError: what is there is no file of ours.
            WorldError: it cannot be read.
        """
        with self._explained(identity), self._opened(identity, os.O_RDONLY) as descriptor:
            if descriptor is None:
                return
            with os.fdopen(os.dup(descriptor), "rb") as file:
                file.seek(start)
                while start < end and (line := file.readline(min(LONGEST_LINE, end - start))):
                    start += len(line)
                    yield line

    @around(ProviderPoint.AUDIT_APPEND)
    def append(self, additions: Sequence[Addition]) -> None:
        """Add to several files and wait for the disk once they are all written.

        Raises:
            AuditError: a file is not as long as it was left, or is no file of ours.
            WorldError: the disk refuses; the files are as they were.
        """
        done: list[tuple[int, int]] = []
        with contextlib.ExitStack() as stack:
            try:
                for addition in additions:
                    with self._explained(addition.identity):
                        descriptor = self._to_write(stack, addition)
                        done.append((descriptor, addition.size))
                        _write(descriptor, addition.data)
                self._flush([descriptor for descriptor, _ in done], additions)
                with self._explained("it"):
                    self._sync_folder(new=any(addition.size == 0 for addition in additions))
            except BaseException:
                for descriptor, size in done:
                    with contextlib.suppress(OSError):
                        os.ftruncate(descriptor, size)
                raise

    def cut(self, identity: str, size: int) -> None:
        """Remove what is beyond `size`: half a line, whose access never was.

        Raises:
            WorldError: the disk refuses.
        """
        with self._explained(identity), self._opened(identity, os.O_WRONLY) as descriptor:
            if descriptor is not None:
                os.ftruncate(descriptor, size)
                os.fsync(descriptor)

    def set_aside(self, identity: str) -> Path | None:
        """Give the file another name, under which it stays for good; return that, None for no file.

        Raises:
            WorldError: the disk refuses.
        """
        place = self.place(identity)
        with self._explained(identity):
            for number in range(1, 1 << 20):
                aside = place.with_suffix(f".broken-{number}")
                if not os.path.lexists(aside):
                    break
            try:
                place.rename(aside)
            except FileNotFoundError:
                return None
            self._sync_folder(new=True)
            return aside

    def _flush(self, descriptors: Sequence[int], additions: Sequence[Addition]) -> None:
        """Wait for the disk, for several files at once: they share what a wait for one of them costs."""
        waits = [self._threads.submit(os.fsync, descriptor) for descriptor in descriptors[1:]]
        try:
            with self._explained(additions[0].identity):
                os.fsync(descriptors[0])
        finally:
            wait(waits)  # also where one failed: none may be closed while it is waited for
        for waited, addition in zip(waits, additions[1:], strict=True):
            with self._explained(addition.identity):
                waited.result()

    def _to_write(self, stack: contextlib.ExitStack, addition: Addition) -> int:
        """Open a file that must be as long as it was left."""
        self._make_private()
        flags = os.O_RDWR | os.O_APPEND | (os.O_CREAT if addition.size == 0 else 0)
        descriptor = stack.enter_context(self._opened(addition.identity, flags))
        found = 0 if descriptor is None else os.fstat(descriptor).st_size
        if descriptor is None or found != addition.size:
            raise AuditError(
                f"the audit {self.place(addition.identity)} does not hold: it has {found} bytes where"
                f" {addition.size} were left",
                identity=addition.identity,
                hint="somebody changed it while it was in use; `constellagent audit verify` tells more",
            )
        return descriptor

    @contextlib.contextmanager
    def _opened(self, identity: str, flags: int) -> Iterator[int | None]:
        """Open the file of an identity, None where there is none. A link, or what is no file, is refused."""
        place = self.place(identity)
        if not self._there():
            yield None
            return
        folder = os.open(self._folder, _FOLDER)
        try:
            descriptor = os.open(place.name, flags | _FILE, 0o600, dir_fd=folder)
        except FileNotFoundError:
            yield None
            return
        except OSError as error:
            if error.errno not in {errno.ELOOP, errno.ENXIO, errno.EISDIR}:
                raise
            raise _odd(identity, place) from error
        finally:
            os.close(folder)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_uid != os.getuid():
                raise _odd(identity, place)
            if stat.S_IMODE(found.st_mode) != 0o600 and flags & os.O_RDWR:
                os.fchmod(descriptor, 0o600)
            yield descriptor
        finally:
            os.close(descriptor)

    def _there(self) -> bool:
        return os.path.lexists(self._folder)

    def _make_private(self) -> None:
        """Make the folder, or see that it is ours and close it to others."""
        with contextlib.suppress(FileExistsError):
            self._folder.mkdir(mode=0o700)
        folder = os.open(self._folder, _FOLDER)
        try:
            found = os.fstat(folder)
            if found.st_uid != os.getuid():
                raise AuditError(
                    f"the audit's folder {self._folder} belongs to another user", hint="move it away"
                )
            if stat.S_IMODE(found.st_mode) != 0o700:
                os.fchmod(folder, 0o700)
        finally:
            os.close(folder)

    def _sync_folder(self, *, new: bool) -> None:
        """Let new names outlast a loss of power."""
        if new:
            folder = os.open(self._folder, _FOLDER)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    @contextlib.contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise WorldError(
                f"the audit in {self._folder} cannot be used ({what}): {error.strerror}",
                hint="nothing secret is given out without it; is there space, and may you write there?",
                delay=1.0,
            ) from error


def _write(descriptor: int, data: bytes) -> None:
    if os.write(descriptor, data) != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _odd(identity: str, place: Path) -> AuditError:
    return AuditError(
        f"{place} is not a plain file of yours with this one name",
        identity=identity,
        hint=f"look at it and move it away: ls -l {place}",
    )
