"""Ignored files that a new worktree gets from the main checkout: `.worktreeinclude`, and `include`.

Both hold patterns as in `.gitignore`; git itself matches them. Only files that git ignores in the main
checkout are copied: tracked ones come with the branch. Nothing is written over, and no link is followed on
the way.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePath

from constellagent.errors import WorldError
from constellagent.runtime.tasks import to_its_end
from constellagent.runtime.worktrees.site import Site

_FILE = ".worktreeinclude"
_NEVER = frozenset({".git", ".ravi"})
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


async def copy(site: Site, patterns: Sequence[str], target: Path) -> dict[str, str]:
    """Copy what is included and not there yet.

    Returns:
        The digest of each file that is now as in the main checkout, by path.

    Raises:
        GitError: git could not match the patterns.
        WorldError: a file could not be copied.
    """
    names = await _matching(site, patterns)
    return await to_its_end(partial(_copy_all, site.repository.root, target, names))


async def _matching(site: Site, patterns: Sequence[str]) -> list[str]:
    root = site.repository.root
    sources = [f"--exclude={pattern}" for pattern in patterns]
    if (root / _FILE).is_file():
        sources.append(f"--exclude-from={root / _FILE}")
    if not sources:
        return []
    others = await site.git.run("ls-files", "-z", "--others", "--ignored", *sources, cwd=root)
    wanted = [name for name in others.fields if _allowed(name)]
    if not wanted:
        return []
    query = b"".join(os.fsencode(name) + b"\0" for name in wanted)
    ignored = await site.git.run("check-ignore", "-z", "--stdin", cwd=root, stdin=query, check=False)
    return ignored.fields


def _allowed(name: str) -> bool:
    """A name with a slash at its end is another repository, such as a worktree inside the main checkout."""
    return not name.endswith("/") and not any(part.casefold() in _NEVER for part in PurePath(name).parts)


def _copy_all(root: Path, target: Path, names: Sequence[str]) -> dict[str, str]:
    digests = {}
    for name in names:
        source = root / name
        try:
            digest = fingerprint(source)
            if digest is None:
                continue
            with contextlib.suppress(FileExistsError, NotADirectoryError):
                _copy_one(source, target, PurePath(name))
            if fingerprint(target / name) == digest:
                digests[name] = digest
        except FileNotFoundError:
            continue  # it went away between the look and the copy
        except OSError as error:
            raise WorldError(f"cannot copy {source} to {target / name}: {error.strerror}") from error
    return digests


def fingerprint(file: Path) -> str | None:
    """Return what tells one content and mode of a file or link from another; None for any other thing.

    Raises:
        OSError: it is not there, or cannot be read.
    """
    found = file.lstat()
    if stat.S_ISLNK(found.st_mode):
        return f"link {os.readlink(file)}"  # noqa: PTH115 - a Path would change the text
    if not stat.S_ISREG(found.st_mode):
        return None
    with file.open("rb") as stream:
        return f"{stat.S_IMODE(found.st_mode):o} {hashlib.file_digest(stream, 'sha256').hexdigest()}"


def _copy_one(source: Path, target: Path, name: PurePath) -> None:
    """Copy one file into place, whole or not at all.

    Raises:
        FileExistsError: something is there.
        NotADirectoryError: a file or a link is where a folder would have to be.
        OSError: the disk does not take it.
    """
    folder = os.open(target, _FOLDER)
    try:
        for part in name.parts[:-1]:
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, 0o755, dir_fd=folder)
            inner = _enter(part, folder)
            os.close(folder)
            folder = inner
        found = source.lstat()
        if stat.S_ISLNK(found.st_mode):
            points_to = os.readlink(os.fsencode(source))  # noqa: PTH115 - a Path would change the text
            os.symlink(points_to, os.fsencode(name.name), dir_fd=folder)
            return
        part = _part(name.name)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part, dir_fd=folder)  # left by a copy that was cut short
        try:
            _write(source, part, folder, stat.S_IMODE(found.st_mode) & 0o777)
            _publish(part, name.name, folder)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part, dir_fd=folder)
    finally:
        os.close(folder)


def _part(name: str) -> str:
    return f".constellagent-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}.part"


def _enter(name: str, folder: int) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:  # macOS says so where Linux says: not a directory
            raise NotADirectoryError(errno.ENOTDIR, "a link is in the way", name) from error
        raise


def _write(source: Path, name: str, folder: int, mode: int) -> None:
    descriptor = os.open(
        name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder
    )
    with os.fdopen(descriptor, "wb") as out:
        origin = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(origin, "rb") as content:
            shutil.copyfileobj(content, out, 1 << 20)
        out.flush()
        os.fchmod(descriptor, mode)


def _publish(part: str, name: str, folder: int) -> None:
    """Give the copy its name unless something has it; not every file system has links."""
    try:
        os.link(part, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:
        try:
            os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
        else:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name) from None
