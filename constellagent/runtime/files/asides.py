"""Names for what stands aside while a file is saved or removed, and sweeping what a death left of it.

A process that dies in that instant leaves such a file behind. Its name says who made it and what may be in
it, so that the next change in the folder takes it away, unless something else is in it than what is known to
be safe: then somebody wrote there in the same instant, and it stays for a person.
"""

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Sequence

from constellagent.errors import WorldError
from constellagent.runtime.files.reading import read_in
from constellagent.runtime.processes import start_of

_LIFE = secrets.token_hex(4)
"""Of this process; a pid comes again, in a container with every start."""
_NAME = re.compile(r"\.constellagent-([0-9]+)-([0-9a-f]{8})((?:-[0-9a-f]{16})*)-[0-9a-f]{8}\.tmp")
_LARGEST = 128 << 20


def name(*contents: bytes | None) -> str:
    """Return a new name for what is one of `contents` at any time; those that are None are not known."""
    known = "".join(f"-{_mark(content)}" for content in contents if content is not None)
    return f".constellagent-{os.getpid()}-{_LIFE}{known}-{secrets.token_hex(4)}.tmp"


def sweep(folder: int) -> None:
    """Remove from an open folder what processes that are dead left there, if it is what its name says.

    Raises:
        OSError: the folder cannot be read.
    """
    for one in os.listdir(folder):
        found = _NAME.fullmatch(one)
        if found is not None and not _lives(int(found[1]), found[2]):
            with contextlib.suppress(OSError, WorldError):  # it is tried again at the next change
                _remove(folder, one, found[3].split("-")[1:])


def _remove(folder: int, one: str, marks: Sequence[str]) -> None:
    content = read_in(folder, one, largest=_LARGEST).content
    if content is not None and _mark(content) in marks:
        os.unlink(one, dir_fd=folder)


def _lives(pid: int, life: str) -> bool:
    return life == _LIFE if pid == os.getpid() else start_of(pid) is not None


def _mark(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
