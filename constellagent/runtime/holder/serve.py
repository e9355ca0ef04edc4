"""The holder's life: it starts the program, pumps its pty, serves viewers, and stays until nothing is left.

One thread and one `select`: whoever is slow (a viewer, the program) waits alone. Output is in the log before
anyone is told of it by its offset; only a terminal that the holder itself writes to has it a moment earlier,
as nobody who types should wait for a disk.
"""

import contextlib
import os
import select
import signal
import socket
import sys
import time

from constellagent.runtime import processes
from constellagent.runtime.holder import protocol, status
from constellagent.runtime.holder.config import Config
from constellagent.runtime.holder.log import LogReader, LogWriter
from constellagent.runtime.holder.program import Program
from constellagent.runtime.holder.reports import Reports
from constellagent.runtime.holder.requests import Requests
from constellagent.runtime.holder.sizes import Sizes
from constellagent.runtime.holder.tree import Ending
from constellagent.runtime.holder.viewers import Viewer

_VIEWERS = 200
_LEFTOVER_GRACE = 2.0
"""Seconds for what a program leaves behind, once it has ended by itself."""
_LAST_OUTPUT = 0.5
"""Seconds for the last output, once nobody is left to write any."""
_FAREWELL = 2.0
"""Seconds for viewers to take the last output and the news of the end, and for a first one to come."""
_COMPLAINTS = 50


class Holder:
    """The running holder of one session."""

    def __init__(self, config: Config, program: Program, listener: socket.socket, reports: Reports) -> None:
        self._config = config
        self._reports = reports
        self._program = program
        self._listener = listener
        self._log = LogWriter(config.log, config.log_bytes)
        self._history = LogReader(config.log)
        self._door = listener.fileno()
        self._viewers: dict[int, Viewer] = {}
        self._sizes = Sizes(program.rows, program.columns)
        program.on_size = self._sized
        self._requests = Requests(
            program,
            self._log,
            self._viewers,
            reports,
            self.status,
            self.stop,
            smallest=config.pty_size == "smallest",
            clipboard=config.clipboard,
        )
        self._wake, wake = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake, False)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _nothing)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._ending: Ending | None = None
        self._step_at = 0.0
        self._drain_until: float | None = None
        self._leave_at: float | None = None
        self._told: set[Viewer] = set()
        self._stopped = False
        self._complaints = 0
        self._facts: dict[str, object] = {
            "protocol": protocol.VERSION,
            "protocol_from": protocol.OLDEST,
            "session": config.session,
            "folder": config.folder,
            "pid": program.pid,
            "start": program.started,
            "boot_id": processes.boot_id(),
            "clipboard": config.clipboard,
            "holder_pid": os.getpid(),
            "holder_start": processes.start_of(os.getpid()),
            "started_at": time.time(),
            "ended_at": None,
            "ended_by": None,
        }

    def status(self) -> dict[str, object]:
        """Return everything that is known about the session."""
        ended = self._ending.ended if self._ending else set()
        return self._facts | {
            "rows": self._program.rows,
            "columns": self._program.columns,
            "answered": self._requests.answered,
            "attached": sum(viewer.attached for viewer in self._viewers.values()),
            "exit_status": self._program.exit_status,
            "signal": self._program.signal,
            "leftovers_killed": len(ended - {(self._program.pid, self._program.started)}),
            "survivors": self._ending.survivors if self._ending else [],
            "log_begin": self._log.begin,
            "log_end": self._log.end,
            "log_lost": self._log.lost,
        }

    def stop(self, grace: float) -> None:
        """Begin to end the session, or let an end that has begun be over sooner."""
        now = time.monotonic()
        if self._ending is None:
            self._stopped = True
            self._ending = self._begin_ending(grace, now)
        self._ending.hurry(grace, now)
        self._step_at = now

    def run(self) -> None:
        """Serve until the session is over and its viewers know."""
        os.kill(os.getpid(), signal.SIGCHLD)  # the program may have ended before we listened
        while True:
            try:
                if self._turn():
                    return
            except Exception:
                self._complain()

    def _turn(self) -> bool:
        """Wait for something and do it; returns whether that was the last."""
        now = time.monotonic()
        program, viewers, end = self._program, self._viewers, self._log.end
        waiting = [self._wake, self._door, *viewers]  # the pty last: who has just detached gets no more of it
        reading = program.readable(now)
        if reading:
            waiting.append(program.fd)
        taking = {fd: viewer for viewer in viewers.values() for fd in viewer.waits_for(end)}
        wanted = [*taking, program.fd] if program.has_input else list(taking)
        timeout = self._timeout(now)
        if reading and not wanted and timeout is None:
            ready, writable = self._stream(waiting), wanted
        else:
            ready, writable, _ = select.select(waiting, wanted, (), timeout)
        now = time.monotonic()
        for fd in ready:
            if fd == program.fd:
                self._pump(now)
            elif fd in viewers:
                self._requests.serve(viewers[fd], now)
            elif fd == self._wake:
                self._woken()
            else:
                self._accept()
        for fd in writable:
            if fd == program.fd:
                program.flush()
            else:
                self._advance(taking[fd], now)
        for fd in [fd for fd, viewer in viewers.items() if viewer.gone]:
            self._requests.leave(viewers.pop(fd), now)
        program.tick(now)
        return self._conclude(now)

    def _stream(self, waiting: list[int]) -> list[int]:
        """Pass output on while there is nothing else to do; returns what else is ready.

        Every key that is echoed comes this way, so there is nothing in it that need not be.
        """
        output_only = waiting[-1:]
        while True:
            ready, _, _ = select.select(waiting, (), ())
            if ready != output_only:
                return ready
            if not self._pump(time.monotonic()):
                return []

    def _timeout(self, now: float) -> float | None:
        if self._ending is None:
            due = self._program.deadline
        elif self._leave_at is not None:
            due = self._leave_at
        else:
            due = self._step_at if self._drain_until is None else self._drain_until
            due = min(due, self._program.deadline or due)
        return None if due is None else max(0.0, due - now)

    def _pump(self, now: float) -> bool:
        """Take output, keep it and pass it on; says whether there was some and everyone has all of it."""
        data = self._program.read(now)
        if not data:
            if data is None and self._drain_until is not None:
                self._drain_until = now  # nobody has the pty open: that was all
            return False
        offset = self._log.end
        settled = True
        for viewer in self._viewers.values():
            if viewer.screen is not None and not viewer.show(offset, data):
                settled = False
        self._log.append(data)
        for viewer in self._viewers.values():
            if viewer.screen is None and viewer.place is not None and not viewer.output(offset, data):
                settled = False
        return settled

    def _sized(self, rows: int, columns: int) -> None:
        """Tell those who have all output so far; the others learn of it where it belongs."""
        if self._sizes.add(self._log.end, rows, columns, self._log.begin):
            for viewer in self._viewers.values():
                viewer.tell_size()

    def _advance(self, viewer: Viewer, now: float) -> None:
        try:
            viewer.advance(self._history, self._log.end)
        except OSError:
            viewer.gone = True
            raise
        if viewer.skipped:
            viewer.skipped = False
            self._requests.repaint(viewer, now)

    def _woken(self) -> None:
        try:
            numbers = os.read(self._wake, 4096)
        except BlockingIOError:
            return
        self._program.reap()
        if signal.SIGTERM in numbers or signal.SIGINT in numbers:
            self.stop(self._config.grace)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        if len(self._viewers) < _VIEWERS:
            self._viewers[connection.fileno()] = Viewer(connection, self._sizes)
        else:
            connection.close()

    def _conclude(self, now: float) -> bool:
        """Move the end on, step by step: nobody left, nothing more to read, everyone told."""
        if self._leave_at is not None:
            return self._farewell(now)
        if self._drain_until is not None:
            if now < self._drain_until:
                return False
            self._finish(now)
            return self._farewell(now)
        if self._ending is None and self._program.reaped:
            self._ending = self._begin_ending(min(self._config.grace, _LEFTOVER_GRACE), now)
        if self._ending is not None and now >= self._step_at:
            self._step_at = now + 0.02
            over = self._ending.step(now)
            self._program.reap()
            if over and (self._program.reaped or self._ending.survivors):
                self._drain_until = now + _LAST_OUTPUT
                self._program.look()
        return False

    def _begin_ending(self, grace: float, now: float) -> Ending:
        program = (self._program.pid, self._program.started)
        return Ending(self._config.session, grace=grace, now=now, program=program)

    def _finish(self, now: float) -> None:
        self._drain_until = None
        self._leave_at = now + _FAREWELL
        self._facts["ended_at"] = time.time()
        self._facts["ended_by"] = "stop" if self._stopped else "itself"
        self._log.close()
        self._reports.close()
        status.write(self._config.folder, self.status(), final=True)

    def _farewell(self, now: float) -> bool:
        end = self._log.end
        for viewer in self._viewers.values():
            if viewer.greeted and viewer not in self._told and not viewer.waits_for(end):
                viewer.end(protocol.report(protocol.EXIT, self.status()))
                self._told.add(viewer)
        viewers = self._viewers.values()
        busy = any(viewer not in self._told or viewer.waits_for(end) for viewer in viewers)
        if self._leave_at is not None and now < self._leave_at and (busy or not self._requests.greeted):
            return False  # who started a program that ends at once has had no time to connect yet
        with contextlib.suppress(OSError):
            os.unlink(self._config.socket)  # noqa: PTH108 - pathlib is dear to import
        return True

    def _complain(self) -> None:
        """Note a failure in `holder.log` and go on: a holder that dies takes its session with it."""
        self._complaints += 1
        if self._complaints <= _COMPLAINTS:
            sys.excepthook(*sys.exc_info())
            sys.stderr.flush()
        time.sleep(0.02)


def _nothing(_number: int, _frame: object) -> None:
    """Do nothing: that the signal came is read from the wake-up pipe."""
