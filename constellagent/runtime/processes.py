"""Looking at processes: the one place where Linux and macOS differ about them.

A pid alone names nobody, because the kernel uses it again. A process is known by pid, start time and boot id.
Linux is read from /proc, macOS through `ps`. Only the standard library, and only its cheap parts: the holder,
one per session, pays for every import made here.
"""

import os
import signal
import sys

MARKER = "CONSTELLAGENT_SESSION"
"""Set in the environment of everything a session runs; what is left of a session is found by it."""


HOLDER = "constellagent/runtime/holder/__main__.py"
"""How the path of the holder's program ends; its session follows as the last argument."""


class Identity:
    """One process for good: no other process of this or a later boot is equal to it.

    Attributes:
        pid: the process id.
        start: when it started, in the platform's own words; compared, never parsed.
        boot_id: the boot of the machine that it belongs to.
    """

    __slots__ = ("boot_id", "pid", "start")

    def __init__(self, pid: int, start: str, boot_id: str) -> None:
        self.pid = pid
        self.start = start
        self.boot_id = boot_id

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Identity):
            return NotImplemented
        return (self.pid, self.start, self.boot_id) == (other.pid, other.start, other.boot_id)

    def __hash__(self) -> int:
        return hash((self.pid, self.start, self.boot_id))

    def __repr__(self) -> str:
        return f"Identity(pid={self.pid}, start={self.start!r}, boot_id={self.boot_id!r})"

    def alive(self) -> bool:
        """Say whether it still runs, in this boot; a zombie does not."""
        return self.boot_id == boot_id() and alive(self.pid, self.start)


class Row:
    """What one look found about one process: its parent, its state as `ps` letters it, its start."""

    __slots__ = ("parent", "start", "state")

    def __init__(self, parent: int, state: str, start: str) -> None:
        self.parent = parent
        self.state = state
        self.start = start


_PTS = 136
"""The device number of Linux's pseudo-terminals."""


class ProcFiles:
    """Linux: everything is a file under /proc."""

    def boot_id(self) -> str:
        """Return the kernel's id of this boot."""
        return _content("/proc/sys/kernel/random/boot_id").decode().strip()

    def row(self, pid: int) -> Row | None:
        """Look at one process; None where there is none.

        Raises:
            OSError: /proc cannot be read, so nothing is known.
        """
        try:
            text = _content(f"/proc/{pid}/stat")
        except (FileNotFoundError, ProcessLookupError):
            if not os.path.exists("/proc/self/stat"):  # noqa: PTH110 - pathlib is dear to import
                raise
            return None
        fields = text[text.rindex(b")") + 2 :].split()  # the name before it may hold spaces and brackets
        return Row(int(fields[1]), fields[0].decode(), fields[19].decode())

    def table(self) -> dict[int, Row]:
        """Look at every process."""
        rows = ((pid, self.row(pid)) for pid in self._pids())
        return {pid: row for pid, row in rows if row is not None}

    def marked(self, marker: bytes) -> set[int]:
        """Return the pids whose first environment holds `marker` (`NAME=value`) exactly."""
        return {pid for pid in self._pids() if marker in self._of(pid, "environ").split(b"\0")}

    def variables(self, names: frozenset[bytes]) -> dict[int, dict[bytes, bytes]]:
        """Return what the first environment of each process holds of `names`, by pid; none without any."""
        pairs = (
            (pid, [entry.partition(b"=") for entry in self._of(pid, "environ").split(b"\0")])
            for pid in self._pids()
        )
        found = {pid: {name: value for name, _, value in parts if name in names} for pid, parts in pairs}
        return {pid: values for pid, values in found.items() if values}

    def lines(self) -> dict[int, bytes]:
        """Return the command line of each process, joined by spaces."""
        return {pid: self._of(pid, "cmdline").replace(b"\0", b" ").rstrip() for pid in self._pids()}

    def called(self, ending: bytes) -> set[int]:
        """Return the pids whose command line, joined by spaces, ends so."""
        return {pid for pid, line in self.lines().items() if line.endswith(ending)}

    def ignores(self, pid: int, number: int) -> bool | None:
        """Say whether the process ignores a signal; None where that cannot be seen."""
        text = self._of(pid, "status")
        at = text.find(b"SigIgn:")
        return bool(int(text[at + 7 :].split(None, 1)[0], 16) >> (number - 1) & 1) if at >= 0 else None

    def terminal(self, pid: int) -> str:
        """Return the path of the process's terminal, empty where it has none or is gone."""
        text = self._of(pid, "stat")
        device = int(text[text.rindex(b")") + 2 :].split()[4]) if text else 0
        return f"/dev/pts/{os.minor(device)}" if os.major(device) == _PTS else ""

    def foreground(self, pid: int) -> int:
        """Return which group of processes has the terminal of this one, 0 or less for none."""
        text = self._of(pid, "stat")
        return int(text[text.rindex(b")") + 2 :].split()[5]) if text else 0

    def _pids(self) -> list[int]:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - pathlib is dear

    def _of(self, pid: int, file: str) -> bytes:
        """Read a file of a process; empty where it is gone by now, or belongs to another user."""
        try:
            return _content(f"/proc/{pid}/{file}")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return b""


class ProcessStatus:
    """macOS, and any system whose `ps` knows the usual keywords."""

    def boot_id(self) -> str:
        """Return the kernel's id of this boot."""
        return _output(["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"]).decode().strip()

    def row(self, pid: int) -> Row | None:
        """Look at one process; None where there is none."""
        return self._rows(["-p", str(pid)]).get(pid)

    def table(self) -> dict[int, Row]:
        """Look at every process."""
        return self._rows(["-ax"])

    def _rows(self, which: list[str]) -> dict[int, Row]:
        rows = {}
        for line in (
            _output(["/bin/ps", *which, "-o", "pid=,ppid=,stat=,lstart="])
            .decode("ascii", "replace")
            .splitlines()
        ):
            pid, parent, state, start = line.split(None, 3)
            rows[int(pid)] = Row(int(parent), state[0], start.strip())
        return rows

    def marked(self, marker: bytes) -> set[int]:
        """Return the pids whose environment holds `marker`.

        The system hides the environment of its own protected programs, so such a process is found only as a
        descendant.
        """
        lines = self._commands("axeww")
        return {pid for pid, line in lines if marker in line.split()}

    def variables(self, names: frozenset[bytes]) -> dict[int, dict[bytes, bytes]]:
        """Return what the environment of each process holds of `names`, by pid; no value with a space."""
        pairs = (
            (pid, [word.partition(b"=") for word in line.split()]) for pid, line in self._commands("axeww")
        )
        found = {pid: {name: value for name, _, value in parts if name in names} for pid, parts in pairs}
        return {pid: values for pid, values in found.items() if values}

    def lines(self) -> dict[int, bytes]:
        """Return the command line of each process."""
        return {pid: line.rstrip() for pid, line in self._commands("axww")}

    def called(self, ending: bytes) -> set[int]:
        """Return the pids whose command line ends so."""
        return {pid for pid, line in self.lines().items() if line.endswith(ending)}

    def _commands(self, which: str) -> list[tuple[int, bytes]]:
        lines = (
            line.split(None, 1) for line in _output(["/bin/ps", which, "-o", "pid=,command="]).splitlines()
        )
        return [(int(words[0]), words[1]) for words in lines if len(words) == 2]

    def ignores(self, pid: int, number: int) -> bool | None:  # noqa: ARG002 - the same shape as on Linux
        """Say nothing: `ps` does not tell."""
        return None

    def terminal(self, pid: int) -> str:
        """Return the path of the process's terminal, empty where it has none or is gone."""
        name = _output(["/bin/ps", "-p", str(pid), "-o", "tty="]).decode("ascii", "replace").strip()
        return f"/dev/{name}" if name.startswith("tty") else ""


def _content(path: str) -> bytes:
    """Read a small file of /proc whole."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = []
        while part := os.read(fd, 65536):
            parts.append(part)
    finally:
        os.close(fd)
    return b"".join(parts)


def _output(argv: list[str]) -> bytes:
    """Run a program of the system and return what it wrote; `subprocess` is dear to import."""
    reader, writer = os.pipe()
    try:
        pid = os.posix_spawn(
            argv[0],
            argv,
            {"LC_ALL": "C", "PATH": os.defpath},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, writer, 1),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
        )
    except OSError:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    try:
        parts = []
        while part := os.read(reader, 65536):
            parts.append(part)
    finally:
        os.close(reader)
        os.waitpid(pid, 0)
    return b"".join(parts)


_LOOK: ProcFiles | ProcessStatus = ProcessStatus() if sys.platform == "darwin" else ProcFiles()


def boot_id() -> str:
    """Return the id of this boot of the machine."""
    return _LOOK.boot_id()


def identity_of(pid: int) -> Identity | None:
    """Return who has this pid now, None where nobody has."""
    start = start_of(pid)
    return None if start is None else Identity(pid, start, boot_id())


def start_of(pid: int) -> str | None:
    """Return when the process started, None where there is none. A zombie still has a start.

    Raises:
        OSError: processes cannot be looked at; nothing is known.
    """
    row = _LOOK.row(pid)
    return None if row is None else row.start


def state_of(pid: int) -> str | None:
    """Return the state as one letter of `ps` (`T` stopped, `Z` a zombie), None where there is no process."""
    row = _LOOK.row(pid)
    return None if row is None else row.state


def halted(pid: int) -> int | None:
    """Return whom a signal stopped until it is continued: the process, or who has its terminal.

    A program in a sandbox is not the process that we started. None, too, where asking starts a program.
    """
    if isinstance(_LOOK, ProcessStatus):
        return None
    return next((one for one in (pid, _LOOK.foreground(pid)) if one > 0 and state_of(one) == "T"), None)


def alive(pid: int, start: str) -> bool:
    """Say whether the process that started then still runs; a zombie does not."""
    row = _LOOK.row(pid)
    return row is not None and row.start == start and row.state not in "ZX"


def ignores(pid: int, number: int) -> bool | None:
    """Say whether the process ignores the signal; None where the platform does not tell."""
    return _LOOK.ignores(pid, number)


def terminal_of(pid: int) -> str:
    """Return the path of the terminal that the process belongs to, empty where that is not known.

    Raises:
        OSError: processes cannot be looked at.
    """
    return _LOOK.terminal(pid)


def children_of(pid: int) -> dict[int, str]:
    """Return the living descendants of a process, pid to start; not itself, no zombies."""
    return _below(pid, _LOOK.table())


def with_marker(session: str) -> dict[int, str]:
    """Return the living processes that carry this session's marker, and their descendants, pid to start."""
    pids = _LOOK.marked(f"{MARKER}={session}".encode())
    table = _LOOK.table()
    found = {pid: table[pid].start for pid in pids if pid in table and table[pid].state not in "ZX"}
    for pid in list(found):
        found.update(_below(pid, table))
    return found


def holders_of(session: str) -> dict[int, str]:
    """Return the living holders of this session, pid to start, by their command line: they have no marker."""
    table = _LOOK.table()
    pids = _LOOK.called(f"{HOLDER} {session}".encode())
    return {pid: table[pid].start for pid in pids if pid in table and table[pid].state not in "ZX"}


def all_holders() -> dict[str, dict[int, str]]:
    """Return every living holder of this machine, by session: pid to start."""
    table, found = _LOOK.table(), dict[str, dict[int, str]]()
    for pid, line in _LOOK.lines().items():
        before, _, session = line.rpartition(b" ")
        if before.endswith(HOLDER.encode()) and pid in table and table[pid].state not in "ZX":
            found.setdefault(os.fsdecode(session), {})[pid] = table[pid].start
    return found


def variables(names: frozenset[str]) -> dict[int, dict[str, str]]:
    """Return what the environment of each living process holds of `names`, by pid; none without any.

    Of another user's processes nothing is seen.
    """
    table = _LOOK.table()
    return {
        pid: {os.fsdecode(name): os.fsdecode(value) for name, value in values.items()}
        for pid, values in _LOOK.variables(frozenset(name.encode() for name in names)).items()
        if pid in table and table[pid].state not in "ZX"
    }


def _below(pid: int, table: dict[int, Row]) -> dict[int, str]:
    below: dict[int, list[int]] = {}
    for child, row in table.items():
        below.setdefault(row.parent, []).append(child)
    found: dict[int, str] = {}
    todo = list(below.get(pid, ()))
    while todo:
        child = todo.pop()
        if child in found or child == pid:
            continue
        if table[child].state not in "ZX":
            found[child] = table[child].start
        todo.extend(below.get(child, ()))
    return found


def send(pid: int, start: str, number: int) -> bool:
    """Send a signal to the process that started then, and to no other that has its pid now.

    Returns:
        Whether it was there to take it.

    Raises:
        PermissionError: it belongs to somebody else by now (a setuid program).
    """
    try:
        if not hasattr(os, "pidfd_open"):
            return alive(pid, start) and _killed(pid, number)
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        if start_of(pid) != start:
            return False
        signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True


def _killed(pid: int, number: int) -> bool:
    os.kill(pid, number)
    return True
