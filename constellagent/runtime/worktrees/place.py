"""The folder that a worktree is made in: what is in the way, and making it by nobody else's link."""

import contextlib
import os
import stat
from pathlib import Path

from constellagent.errors import ConflictError, WorldError

_HINT = "move it away, or declare another folder (worktrees:)"


def occupant(path: Path) -> str:  # noqa: PLR0911 - one answer each
    """Say in words what is at `path`; empty where nothing is, or an empty folder of this user.

    Raises:
        OSError: it cannot be looked at.
    """
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    if stat.S_ISLNK(found.st_mode):
        return "a symbolic link"
    if not stat.S_ISDIR(found.st_mode):
        return "a file"
    if found.st_uid != os.getuid():
        return "a folder of another user"
    names = os.listdir(path)  # noqa: PTH208 - only names are wanted
    if not names:
        return ""
    if ".git" in names:
        return "another repository or a worktree of one"
    return f"a folder that is not empty ({len(names)} entries)"


def make(path: Path) -> os.stat_result:
    """Make the empty folder `path`, and the folders above it, without going through a link of another user.

    Returns:
        What the folder is, so that a later look can tell whether it was exchanged.

    Raises:
        ConflictError: something is there, or the way there leads through another user's link.
        WorldError: the folder cannot be made.
    """
    _check_way(path.parent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        parent = os.open(os.path.realpath(path.parent), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if taken := occupant(path):
                raise ConflictError(f"{path} is taken by {taken}", hint=_HINT)
            with contextlib.suppress(FileExistsError):  # the empty folder of ours that the look above allows
                os.mkdir(path.name, 0o755, dir_fd=parent)
            found = os.stat(path.name, dir_fd=parent, follow_symlinks=False)
        finally:
            os.close(parent)
    except OSError as error:
        raise WorldError(
            f"cannot make {path}: {error.strerror}", hint="check its parent's permissions and free space"
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise ConflictError(f"{path} is taken by something that is no folder of yours", hint=_HINT)
    return found


def check_same(path: Path, made: os.stat_result) -> None:
    """Check that `path` is still the folder that was made.

    Raises:
        ConflictError: somebody exchanged it.
    """
    try:
        found = path.lstat()
    except OSError as error:
        raise ConflictError(f"{path} went away while it was filled: {error.strerror}") from error
    if (found.st_dev, found.st_ino) != (made.st_dev, made.st_ino):
        raise ConflictError(f"{path} was exchanged while it was filled", hint="find out who did that")


def _check_way(folder: Path) -> None:
    """Refuse a way that leads through a link of another user, who could turn it elsewhere at any time."""
    for part in (folder, *folder.parents):
        try:
            found = part.lstat()
        except OSError:
            continue  # not there yet, or not readable; making the folder will tell
        if stat.S_ISLNK(found.st_mode) and found.st_uid not in {0, os.getuid()}:
            raise ConflictError(
                f"{part} is a symbolic link of another user", hint="declare another folder (worktrees:)"
            )
