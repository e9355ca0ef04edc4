"""What the daemon's screens cost: memory and idle time of a hundred sessions, and pictures of a long one."""

import gc
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from constellagent.term.screen import Screen
from tests.bench.measure import Report
from tests.bench.processes import burnt, memory
from tests.bench.terminals import SCROLLBACK, Tmux
from tests.reliability.lab import Lab, wait_for

SESSIONS = 100
IDLE = 20.0
_COMPRESSED_AFTER = 14.0
"""Seconds after the last output: a screen is idle after ten, and a hundred take their turns."""
_PATIENCE = 120.0

KINDS = {
    "plain": "f'{n} the quick brown fox jumps over the lazy dog ' + 'abcdefghij ' * 3",
    "coloured": "''.join(f'\\x1b[38;5;{(n + i) % 256}m{chr(97 + i % 26) * 6}\\x1b[0m ' for i in range(10))",
    "with tabs": "f'{n}\\tthe quick\\tbrown fox\\tjumps over\\tthe lazy dog'",
    "wide": "f'{n} ' + '\\u6f22\\u5b57' * 15 + ' e\\u0301'",
}
"""Lines of long outputs, as an expression of their number."""
TALKER = (
    "import os, sys, time\n"
    "print('READY', flush=True)\n"
    "while not os.path.exists(sys.argv[1]):\n"
    "    time.sleep(0.2)\n"
    "sys.stdout.write(''.join({line} + '\\n' for n in range(int(sys.argv[2]))))\n"
    "sys.stdout.write('LAST\\n')\n"
    "sys.stdout.flush()\n"
    "open(f'{sys.argv[1]}-{os.getpid()}', 'w').close()\n"
    "while True:\n"
    "    time.sleep(3600)\n"
)


def run(report: Report) -> None:
    """Run all of it where /proc tells about memory."""
    for kind in KINDS:
        pictures(report, kind)
    if sys.platform != "linux":
        report.add("memory of screens", "not measured", "needs /proc")
        return
    hundred(report)


def pictures(report: Report, kind: str, rounds: int = 5) -> None:
    """How long a screen with a full scrollback takes to be drawn up, and to be read."""
    screen = Screen(50, 200, scrollback=SCROLLBACK)
    line = eval(f"lambda n: {KINDS[kind]}")
    data = "".join(f"{line(n)}\r\n" for n in range(SCROLLBACK + 60)).encode()
    fed = _cpu(lambda: screen.feed(data))
    encoded = screen.encode()
    assert encoded is not None

    def read() -> None:
        screen.feed(b"\x1b[?5h\x1b[?5l\r\n")
        screen.changed()

    def decode() -> None:
        Screen.decode(encoded, scrollback=SCROLLBACK).close()

    def median(work: Callable[[], object]) -> float:
        return statistics.median(_cpu(work) for _ in range(rounds)) * 1000

    small, usual, whole = (median(partial(screen.snapshot, rows)) for rows in (0, 500, None))
    report.add(
        f"screen of 200x50, {SCROLLBACK} rows {kind}",
        f"snapshot {whole:.0f} ms, of 500 rows {usual:.1f}, of none {small:.1f}",
        f"encode {median(screen.encode):.0f} ms, decode {median(decode):.0f} ms, all rows read "
        f"{median(read):.1f} ms",
        f"fed {len(data) / fed / 1e6:.0f} MB/s",
    )
    screen.close()


def hundred(report: Report) -> None:
    """Memory for each of a hundred sessions with a full scrollback, and what the daemon does as they rest."""
    with Lab(agents=0) as lab:
        script, go = lab.folder / "talker.py", lab.folder / "go"
        script.write_text(TALKER.replace("{line}", KINDS["coloured"]))
        command = [sys.executable, str(script), str(go), str(SCROLLBACK + 100)]
        lab.extra = "".join(f"  talker-{n}: {{command: {command!r}}}\n" for n in range(SESSIONS))
        lab.declare(0)
        apply = lab.start("apply", "--yes")
        out, err = apply.communicate(timeout=_PATIENCE * 5)
        assert apply.returncode == 0, f"{out}\n{err}"
        daemon = lab.daemon_pid()
        assert daemon is not None
        time.sleep(_COMPRESSED_AFTER)
        before = memory(daemon, "Rss")
        after = _fill(go, daemon)
        time.sleep(_COMPRESSED_AFTER)
        rest = memory(daemon, "Rss")
        spent = burnt(daemon)
        time.sleep(IDLE)
        share = (burnt(daemon) - spent) / IDLE * 100
    theirs = _tmux(command, go.name)
    for what, used, goal in (("busy", after, 20), ("idle", rest, 2)):
        report.add(
            f"memory of a screen with {SCROLLBACK} rows, {what}, of {SESSIONS}",
            f"{(used - before) / SESSIONS:.2f} MB (daemon {used:.0f} MB, with blank ones {before:.0f})",
            f"tmux {theirs:.2f} MB" if theirs else "",
            f"<= {goal} MB",
        )
    report.add(f"daemon idle CPU, {SESSIONS} screens, {IDLE:.0f} s", f"{share:.2f} % of a core")


def _tmux(command: list[str], go: str) -> float | None:
    """Return MB for each window of tmux with the same output; None where there is no tmux."""
    if shutil.which("tmux") is None:
        return None
    with Lab(agents=0) as lab:
        script = lab.folder / "talker.py"
        script.write_text(TALKER.replace("{line}", KINDS["coloured"]))
        here = [command[0], str(script), str(lab.folder / go), command[3]]
        tmux = Tmux(lab.folder)
        tmux.run("new-session", "-d", "-x", "120", "-y", "40", "sleep", "9999")
        try:
            tmux.run("set-option", "-g", "history-limit", str(SCROLLBACK))
            for _ in range(SESSIONS):
                tmux.run("new-window", "-d", *here)
            server = int(tmux.run("display-message", "-p", "#{pid}"))
            time.sleep(2.0)
            before = memory(server, "Rss")
            return (_fill(lab.folder / go, server) - before) / SESSIONS
        finally:
            tmux.run("kill-server")


def _fill(go: Path, pid: int) -> float:
    """Let all programs write; returns the most MB that `pid` had until it had taken everything in."""
    most, last = 0.0, burnt(pid)

    def quiet() -> bool:
        nonlocal most, last
        most = max(most, memory(pid, "Rss"))
        time.sleep(0.3)
        before, last = last, burnt(pid)
        return len(list(go.parent.glob(f"{go.name}-*"))) == SESSIONS and last - before < 0.03

    go.touch()
    wait_for(quiet, "the output to be taken", _PATIENCE)
    return most


def _cpu(work: Callable[[], object]) -> float:
    gc.collect()
    begin = time.process_time()
    work()
    return time.process_time() - begin
