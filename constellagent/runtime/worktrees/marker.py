"""What we know of a worktree of ours, kept where git keeps the worktree's own state.

It lies in git's folder of the worktree, so it goes where the worktree goes and no `git clean` reaches it. It
says how far the creation came, because a half-made worktree and one full of work look alike to git.
"""

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from constellagent.errors import ConflictError, WorldError

_NAME = "constellagent.json"


@dataclass(frozen=True, slots=True)
class Marker:
    """How far a worktree of ours is.

    Attributes:
        constellation: whose it is.
        agent: whose it is.
        filled: the branch has been checked out once; nothing may be checked out over it again.
        complete: everything was done, so a session may have started in it.
        included: what was copied in from the main checkout, path to digest.
        setup: digests of the setup steps that were done, in order.
    """

    constellation: str
    agent: str
    filled: bool = False
    complete: bool = False
    included: dict[str, str] = field(default_factory=dict)
    setup: tuple[str, ...] = ()


def read(admin: Path) -> Marker | None:
    """Return the marker in git's folder of a worktree, None where there is none.

    Raises:
        ConflictError: it is there and cannot be read, so nothing is known of the worktree.
    """
    file = admin / _NAME
    try:
        found = json.loads(file.read_bytes())
        return Marker(
            constellation=str(found["constellation"]),
            agent=str(found["agent"]),
            filled=found["filled"] is True,
            complete=found["complete"] is True,
            included={str(path): str(digest) for path, digest in found["included"].items()},
            setup=tuple(str(digest) for digest in found["setup"]),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ConflictError(
            f"{file} cannot be read: {error}",
            hint="if the worktree is complete, remove that file and import the worktree again",
        ) from error


def write(admin: Path, marker: Marker) -> None:
    """Write the marker durably and in one piece.

    Raises:
        WorldError: the disk does not take it.
    """
    new, content = admin / f"{_NAME}.new", json.dumps(asdict(marker), indent=1).encode()
    try:
        with contextlib.suppress(FileNotFoundError):
            new.unlink()  # of a write that was cut short; or a link that the agent has put there
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
        new.replace(admin / _NAME)
        sync_folder(admin)
    except OSError as error:
        raise WorldError(f"cannot write {admin / _NAME} ({len(content)} bytes): {error.strerror}") from error


def sync_folder(folder: Path) -> None:
    """Make what was created, renamed or removed in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
