"""Whom to kill with kill -9: the daemon, the holder of a session, or a git command of the daemon."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from tests.proof.ground import Ground
from tests.proof.seen import children, holders
from tests.reliability.lab import _alive, _descendants, _read, wait_for

Kind = Literal["daemon", "holder", "git"]
KINDS: tuple[Kind, ...] = ("daemon", "holder", "git")


@dataclass(frozen=True, slots=True)
class Killed:
    """Who died.

    Attributes:
        kind: of victim.
        who: the subject of a session, or what git was doing; in words.
        session: of a holder.
        gits: how many git commands died, with the daemon or alone.
        during: whether what it was meant to disturb was still going on.
    """

    kind: Kind
    who: str
    session: str = ""
    during: bool = True
    gits: int = 0


def strike(
    ground: Ground,
    kind: Kind,
    chance: random.Random,
    delay: float,
    going: Callable[[], bool],
    *,
    prefer: Collection[str] = (),
) -> Killed | None:
    """Kill one of this kind after a delay; None where there was none before all was over.

    `going` says whether what is to be disturbed still goes on; of holders those of `prefer` are likely,
    and those of runs where nobody is preferred.
    """
    time.sleep(delay)
    if kind == "daemon":
        return _daemon(ground, chance, going)
    deadline = time.monotonic() + 5.0
    while True:
        during = going()
        found = _holder(ground, chance, prefer) if kind == "holder" else _git(ground, chance)
        if found is not None:
            return Killed(kind, *found, during=during, gits=int(kind == "git"))
        if time.monotonic() > deadline or not (during or kind == "git"):
            return None


def _daemon(ground: Ground, chance: random.Random, going: Callable[[], bool]) -> Killed | None:
    deadline = time.monotonic() + 5.0
    while (pid := ground.daemon_pid()) is None:
        if time.monotonic() > deadline:
            return None
        time.sleep(0.01)
    below = _descendants(pid)
    gits = [child for child in below if b"git" in _read(child, "cmdline").split(b"\0")[0]]
    alone = chance.random() < 0.5
    during = going()
    for victim in [pid] if alone else [pid, *gits]:
        _kill(victim)
    wait_for(lambda: not _alive(pid), "the daemon to be dead")
    what = "alone" if alone else f"with {len(gits)} git below it"
    return Killed("daemon", what, during=during, gits=0 if alone else len(gits))


def _holder(ground: Ground, chance: random.Random, prefer: Collection[str]) -> tuple[str, str] | None:
    live = ground.live()
    at = {session: pid for session, pid in holders(ground).items() if session in live}
    if not at:
        return None
    liked = {session for session in at if live[session] in prefer} if prefer else _runs(ground) & at.keys()
    session = chance.choice(sorted(liked or at) if chance.random() < 0.7 else sorted(at))
    _kill(at[session])
    wait_for(lambda: not _alive(at[session]), "the holder to be dead")
    return live[session], session


def _runs(ground: Ground) -> set[str]:
    return {row[0] for row in ground.asked("SELECT id FROM sessions WHERE role = 'run' AND ended_at IS NULL")}


def _git(ground: Ground, chance: random.Random) -> tuple[str, str] | None:
    """Look for a git command for a moment, and kill the first that is seen, or one below it."""
    daemon = ground.daemon_pid()
    end = time.monotonic() + 0.2
    while daemon is not None and time.monotonic() < end:
        for child in children(daemon):
            words = _read(child, "cmdline").split(b"\0")
            if words[0].rpartition(b"/")[2] != b"git":
                continue
            pid = chance.choice([child, *children(child)])
            _kill(pid)
            return _doing(words), ""
    return None


def _doing(words: list[bytes]) -> str:
    """Return the subcommand of a git command line, after its options."""
    rest = iter(words[1:])
    for word in rest:
        if word in {b"-c", b"-C"}:
            next(rest, None)
        elif not word.startswith(b"-"):
            follow = next(rest, b"")
            return f"{word.decode()} {follow.decode()}" if word == b"worktree" else word.decode()
    return "git"


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
