"""Ways out of the worktree by links and names: the kernel decides where they lead, and to whom."""

import contextlib
import os
from collections.abc import Callable

from constellagent.runtime.sandbox.battery_program.lines import Answer, Asked, line, of_each, openable


def _with_link(asked: Asked, make: Callable[[str], object], use: Callable[[str], bool]) -> bool:
    place = f"{asked.text('worktree')}/{asked.text('nonce')}"
    try:
        make(place)
        return use(place)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(place)  # noqa: PTH108 - plain paths


@line("follow a symbolic link out of the worktree", "kept")
def symbolic(asked: Asked) -> Answer:
    """To a file of our state, to read it."""

    def attempt(target: str) -> bool:
        return _with_link(
            asked,
            lambda place: os.symlink(target, place),  # noqa: PTH211 - plain paths
            lambda place: openable(place, os.O_RDONLY),
        )

    return of_each([asked.text("canary")], attempt)


@line("hard link a guarded file into the worktree", "kept")
def hard(asked: Asked) -> Answer:
    """Under another name it could be written."""

    def attempt(target: str) -> bool:
        return _with_link(asked, lambda place: os.link(target, place), openable)

    common, admin, worktree = (asked.text(key) for key in ("common", "admin", "worktree"))
    return of_each([f"{common}/config", f"{admin}/commondir", f"{worktree}/.git"], attempt)


@line("move a file out of the worktree", "kept")
def move(asked: Asked) -> Answer:
    """Into the main checkout."""
    place, nonce = f"{asked.text('worktree')}/{asked.text('nonce')}", asked.text("nonce")

    def attempt(folder: str) -> bool:
        with open(place, "wb"):  # noqa: PTH123 - plain paths
            pass
        try:
            os.rename(place, f"{folder}/{nonce}")  # noqa: PTH104 - plain paths
            os.unlink(f"{folder}/{nonce}")  # noqa: PTH108 - plain paths
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(place)  # noqa: PTH108 - plain paths
        return True

    return of_each(asked.texts("main"), attempt)
