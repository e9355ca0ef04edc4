"""Attach and throughput against tmux, on the same machine in the same minutes."""

import fcntl
import os
import pty
import random
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Callable
from pathlib import Path

from tests.bench.measure import Report, paired, quantile
from tests.reliability.lab import Lab, wait_for

KEYS = 2000
MEGABYTES = 50
_WARM_UP = 50
"""Keys before those that count."""
ECHO = "stty raw -echo; exec cat"
"""A program that answers each key at once, so that only the way there and back is measured."""

COLOURED = (
    "import sys\n"
    "line = ''.join(f'\\x1b[38;5;{i % 256}m{chr(97 + i % 26) * 6}\\x1b[0m ' for i in range(12)) + '\\r\\n'\n"
    "data = (line * 600).encode()\n"
    "left = int(sys.argv[1]) << 20\n"
    "while left > 0:\n"
    "    sys.stdout.buffer.write(data)\n"
    "    left -= len(data)\n"
    "sys.stdout.flush()\n"
)


class Client:
    """A program in a pty of our own, as a person's terminal would run it."""

    def __init__(self, argv: list[str], env: dict[str, str], cwd: str) -> None:
        """Start it at 120x40."""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execvpe(argv[0], argv, env)
        tty.setraw(self.fd)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def drain(self, quiet: float) -> None:
        """Read until nothing came for `quiet` seconds."""
        while select.select([self.fd], [], [], quiet)[0]:
            os.read(self.fd, 65536)

    def round_trip(self, key: bytes) -> float:
        """Type one key and wait for it to come back."""
        begin = time.perf_counter()
        os.write(self.fd, key)
        seen = b""
        while key not in seen:
            if not select.select([self.fd], [], [], 5)[0]:
                raise AssertionError("the key never came back")
            seen += os.read(self.fd, 65536)
        return time.perf_counter() - begin

    def close(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class Tmux:
    """A tmux server of our own, without anybody's configuration."""

    def __init__(self, folder: Path) -> None:
        """Name a socket below `folder`."""
        self.base = ["tmux", "-f", "/dev/null", "-S", str(folder / "tmux.sock")]

    def run(self, *args: str) -> str:
        """Run one tmux command."""
        done = subprocess.run([*self.base, *args], capture_output=True, text=True, check=True)
        return done.stdout.strip()


def echo(report: Report, keys: int = KEYS) -> None:
    """Round trips of single keys, in changing order between the two, so that both meet the same noise.

    Who comes second in each pair finds the caches of its own processes colder, so neither always does.
    """
    with Lab(agents=0, extra=f"  echo:\n    shell: {ECHO!r}\n") as lab:
        lab.run("apply", "--yes")
        tmux = Tmux(lab.folder)
        tmux.run("new-session", "-d", "-x", "120", "-y", "40", "sh", "-c", ECHO)
        env = lab.environment(TERM="xterm-256color")
        ours = Client([sys.executable, "-m", "constellagent", "attach", "echo"], env, str(lab.repo))
        theirs = Client([*tmux.base, "attach"], env, str(lab.repo))
        try:
            times: dict[str, list[float]] = {"ours": [], "theirs": []}
            for client in (ours, theirs):
                client.drain(1.0)
            pair = [("ours", ours), ("theirs", theirs)]
            for number in range(-_WARM_UP, keys):
                key = bytes([97 + number % 26])
                random.shuffle(pair)
                for name, client in pair:
                    took = client.round_trip(key)
                    client.drain(0.002)
                    if number >= 0:
                        times[name].append(took)
        finally:
            ours.close()
            theirs.close()
            tmux.run("kill-server")
    for name, share, goal in (("median", 0.5, 1.2), ("p99", 0.99, 1.0)):
        a, b = quantile(times["ours"], share), quantile(times["theirs"], share)
        report.add(
            f"echo round trip, {name} of {keys}",
            f"attach {a * 1e6:.0f} us",
            f"tmux attach {b * 1e6:.0f} us",
            f"{a / b:.2f} (<= {goal})",
        )


def throughput(report: Report, megabytes: int = MEGABYTES, rounds: int = 3) -> None:
    """Coloured output of a program that nobody watches, until the last byte has been taken in."""
    with Lab(agents=0, extra="  idle: {command: [sleep, '9999']}\n") as lab:
        lab.run("apply", "--yes")
        script = lab.folder / "coloured.py"
        script.write_text(COLOURED)
        command = [sys.executable, str(script), str(megabytes)]
        tmux = Tmux(lab.folder)
        tmux.run("new-session", "-d", "-x", "160", "-y", "50", "sleep", "9999")

        def ours() -> float:
            return _timed(lab, command, lambda argv: lab.run("run", "--detach", "idle", "--", *argv))

        def theirs() -> float:
            return _timed(lab, command, lambda argv: tmux.run("new-window", "-d", *argv))

        mine, other, ratio = paired(ours, theirs, rounds)
        tmux.run("kill-server")
    report.add(
        f"{megabytes} MB coloured, detached",
        f"session {megabytes / mine:.0f} MB/s",
        f"tmux pane {megabytes / other:.0f} MB/s",
        f"{1 / ratio:.2f} x faster (>= 1.5)",
    )


def _timed(lab: Lab, command: list[str], start: Callable[[list[str]], object]) -> float:
    """The program itself notes when it began and when its last byte was taken."""
    stamp = lab.folder / "stamp"
    stamp.unlink(missing_ok=True)
    timed = f"a=$(date +%s.%N); {' '.join(command)}; b=$(date +%s.%N)"
    line = f'{timed}; echo "$a $b" > {stamp}.new; mv {stamp}.new {stamp}'
    start(["sh", "-c", line])
    wait_for(stamp.exists, "the program to end", 300)
    begin, end = (float(word) for word in stamp.read_text().split())
    return end - begin


def run(report: Report) -> None:
    """Run both where tmux is there to compare with."""
    if shutil.which("tmux") is None:
        report.add("terminals", "not measured", "tmux is not installed")
        return
    echo(report)
    throughput(report)
