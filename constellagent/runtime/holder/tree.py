"""Ending every process of a session: the program, what it started, and what that left behind.

A process group is not enough: `setsid` and a double fork leave it. On Linux the holder is the subreaper of
its session, so whoever loses a parent becomes its child; the marker in the environment finds the rest, and is
all there is on macOS. Each is asked with SIGTERM, then ended with SIGKILL, until two looks in a row find
nobody.
"""

import contextlib
import os
import signal

from constellagent.runtime import processes

_HOPELESS = 10.0
"""Seconds after SIGKILL at which a process that is still there is given up (it hangs in the kernel)."""
_LOOKS = 2


class Ending:
    """One ongoing end of a session's processes, moved on by `step`; never waits.

    With `program` (its pid and start) it is this process that holds the session: its descendants are meant
    too, and what the program starts while it ends is left alone until the grace is over or the program gone.

    Attributes:
        ended: pid and start of each process that was signalled.
        survivors: who was still there when it was given up.
    """

    __slots__ = (
        "_asked",
        "_empty_looks",
        "_half",
        "_hung_up",
        "_kill_at",
        "_program",
        "_session",
        "ended",
        "survivors",
    )

    def __init__(
        self, session: str, *, grace: float, now: float, program: "tuple[int, str] | None" = None
    ) -> None:
        self._session = session
        self._program = program
        self._asked = False
        self._half = now + grace / 2
        self._kill_at = now + grace
        self._hung_up: set[tuple[int, str]] = set()
        self._empty_looks = 0
        self.ended: set[tuple[int, str]] = set()
        self.survivors: list[int] = []

    def hurry(self, grace: float, now: float) -> None:
        """Kill after `grace` seconds from now, unless that was due earlier anyway."""
        self._kill_at = min(self._kill_at, now + grace)

    def step(self, now: float) -> bool:
        """Look, signal whom it is time to signal, and say whether it is over.

        Raises:
            OSError: processes cannot be looked at; try again.
        """
        members = self._members(now)
        if not members:
            self._empty_looks += 1
            return self._empty_looks >= _LOOKS
        self._empty_looks = 0
        if now >= self._kill_at + _HOPELESS:
            self.survivors = sorted(members)
            return True
        ask = not self._asked or self._program is None or self._program[0] not in members
        self._asked = True
        for pid, start in members.items():
            if now >= self._kill_at:
                _send(pid, start, signal.SIGKILL)
            elif ask and (pid, start) not in self.ended:
                _send(pid, start, signal.SIGTERM)
                _send(pid, start, signal.SIGCONT)  # a stopped one must go on to hear it
            elif (pid, start) not in self.ended:
                continue
            self._hang_up(pid, start, now)
            self.ended.add((pid, start))
        return False

    def _hang_up(self, pid: int, start: str, now: float) -> None:
        """Send SIGHUP, once, to who ignores SIGTERM as interactive shells do.

        Not to the others: it would cut short an orderly end. Where nobody can tell, half the grace is theirs.
        """
        if (pid, start) in self._hung_up:
            return
        deaf = processes.ignores(pid, signal.SIGTERM)
        if deaf or (deaf is None and now >= self._half):
            _send(pid, start, signal.SIGHUP)
            self._hung_up.add((pid, start))

    def _members(self, now: float) -> dict[int, str]:
        members = {} if self._program else processes.holders_of(self._session)
        if (
            not members or now >= self._kill_at
        ):  # a holder that lives ends its session itself, and records how
            members |= processes.with_marker(self._session)
        if self._program:
            members |= processes.children_of(os.getpid())
        members.pop(os.getpid(), None)
        return members


def _send(pid: int, start: str, number: int) -> None:
    with contextlib.suppress(
        PermissionError
    ):  # it runs as somebody else by now: it is reported as a survivor
        processes.send(pid, start, number)
