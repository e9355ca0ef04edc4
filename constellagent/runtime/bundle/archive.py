"""The archive itself: one private file, the same for the same content, that replaces nothing."""

import gzip
import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

from constellagent.errors import ConflictError, WorldError


def refuse_taken(place: Path) -> None:
    """Refuse a place where something is already, before anything is looked at.

    Raises:
        ConflictError: there is something.
    """
    if place.exists() or place.is_symlink():
        raise _taken(place)


def write(place: Path, folder: str, files: Mapping[str, bytes], moment: int) -> int:
    """Write a compressed tar file of `files`, below one folder and in order of name; returns its size.

    Its mode is 0600 whatever the umask. Nobody's name and number is in it, and each time in it is `moment`.

    Raises:
        ConflictError: there is something at `place` already.
        WorldError: it cannot be written; nothing is left behind.
    """
    data = _packed(folder, files, moment)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(place, flags, 0o600)
    except FileExistsError as error:
        raise _taken(place) from error
    except OSError as error:
        raise WorldError(f"cannot write {place}: {error.strerror}", hint="name another with --out") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(data)
    except OSError as error:
        place.unlink(missing_ok=True)
        raise WorldError(f"cannot write {place}: {error.strerror}", hint="free some space") from error
    return len(data)


def _taken(place: Path) -> ConflictError:
    return ConflictError(f"{place} exists already", hint="name another with --out; nothing is overwritten")


def _packed(folder: str, files: Mapping[str, bytes], moment: int) -> bytes:
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=moment) as squeezed,
        tarfile.open(fileobj=squeezed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(files):
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mtime, entry.mode = len(files[name]), moment, 0o600
            archive.addfile(entry, io.BytesIO(files[name]))
    return packed.getvalue()
