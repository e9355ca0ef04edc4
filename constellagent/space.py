"""How much space a disk has left, for errors that tell of a full one: the place alone does not say how full.

This module imports nothing of ours, so every layer may tell of it.
"""

import errno
import re
import shutil
from pathlib import Path

_NAMED = re.compile(r"'(/[^'\n]+)'")


def left(place: Path) -> str:
    """Return ` (0 bytes free)` of the disk that `place` lies on, or would; empty where nobody can say.

    The text begins with a space, to be put behind what happened.
    """
    for folder in (place, *place.parents):
        try:
            return f" ({shutil.disk_usage(folder).free:,} bytes free)"
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError):
            break
    return ""


def told(error: OSError, place: Path) -> str:
    """Return what an error about `place` says, and how much space there is where that is the matter."""
    said = error.strerror or str(error)
    return f"{said}{left(place)}" if error.errno == errno.ENOSPC else said


def of_program(said: str, folder: Path) -> str:
    """Return what a program said that worked in `folder`, and how much space there is where it had none.

    The disk is that of the first absolute path in quotes, which need not be the one of `folder`.
    """
    if "no space left" not in said.lower():
        return said
    named = _NAMED.search(said)
    return f"{said.rstrip()}{left(Path(named[1]) if named else folder)}"
