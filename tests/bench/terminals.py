"""Attach and throughput against tmux, on the same machine in the same minutes."""

import contextlib
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
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.measure import Report, paired, quantile
from tests.reliability.lab import Lab, wait_for

KEYS = 2000
MEGABYTES = 50
_WARM_UP = 50
"""Keys before those that count."""
ECHO = "stty raw -echo; exec cat"
"""A program that answers each key at once, so that only the way there and back is measured."""

LINES = {
    "plain": "'the quick brown fox jumps over the lazy dog, number ' + 'abcdefghij ' * 7",
    "coloured": "''.join(f'\\x1b[38;5;{i % 256}m{chr(97 + i % 26) * 6}\\x1b[0m ' for i in range(12))",
}
"""What each kind of output repeats, as an expression."""
WRITER = (
    "import sys\n"
    "line = {line} + '\\r\\n'\n"
    "data = (line * 600).encode()\n"
    "left = int(sys.argv[1]) << 20\n"
    "while left > 0:\n"
    "    sys.stdout.buffer.write(data)\n"
    "    left -= len(data)\n"
    "sys.stdout.flush()\n"
)
SCROLLBACK = 10_000
CONNECT = (
    "import sys\n"
    "import constellagent.faces.snapshots, constellagent.faces.terminal\n"
    "from constellagent.faces.cli.boundary import run\n"
    "input('READY')\n"
    "sys.exit(run(['attach', sys.argv[1]]))\n"
)
"""Attaches once it is told to, with everything imported: only the connection and what follows count."""


class Client:
    """A program in a pty of our own, as a person's terminal would run it."""

    def __init__(
        self, argv: Sequence[str], env: dict[str, str], cwd: str, *, rows: int = 40, columns: int = 120
    ) -> None:
        """Start it, with its terminal's size known from the first moment on."""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.chdir(cwd)
            os.execvpe(argv[0], list(argv), env)
        tty.setraw(self.fd)

    def drain(self, quiet: float) -> None:
        """Read until nothing came for `quiet` seconds."""
        while select.select([self.fd], [], [], quiet)[0]:
            os.read(self.fd, 65536)

    def drain_for(self, seconds: float) -> None:
        """Read all that comes within so many seconds."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if select.select([self.fd], [], [], left)[0]:
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

    def sees(self, text: bytes) -> None:
        """Read until `text` is shown."""
        seen = b""
        while text not in seen:
            if not select.select([self.fd], [], [], 15)[0]:
                raise AssertionError(f"{text!r} was not shown, only {seen[-2000:]!r}")
            seen += os.read(self.fd, 65536)

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


def throughput(
    report: Report, kind: str, *, attached: bool, megabytes: int = MEGABYTES, rounds: int = 3
) -> None:
    """Output until its last byte has been taken in: by nobody, or by a terminal that reads all it can."""
    with Lab(agents=0, extra="  idle: {command: [cat]}\n") as lab:
        lab.run("apply", "--yes")
        script = lab.folder / "writer.py"
        script.write_text(WRITER.format(line=LINES[kind]))
        command = [sys.executable, str(script), str(megabytes)]
        tmux = Tmux(lab.folder)
        tmux.run("new-session", "-d", "-x", "120", "-y", "40", "sleep", "9999")
        env = lab.environment(TERM="xterm-256color")

        def ours() -> float:
            def start(argv: list[str]) -> None:
                if not attached:
                    lab.run("run", "--detach", "idle", "--", *argv)
                    return
                gated = ["sh", "-c", 'read -r go; exec "$@"', "sh", *argv]
                ran = lab.run("run", "--detach", "idle", "--", *gated).stdout.split()
                _watched([sys.executable, "-m", "constellagent", "attach", ran[-1]], env, lab)

            return _timed(lab, command, start)

        def theirs() -> float:
            def start(argv: list[str]) -> None:
                if not attached:
                    tmux.run("new-window", "-d", *argv)
                    return
                tmux.run("new-window", "sh", "-c", 'read -r go; exec "$@"', "sh", *argv)
                _watched([*tmux.base, "attach"], env, lab)

            return _timed(lab, command, start)

        mine, other, ratio = paired(ours, theirs, rounds)
        tmux.run("kill-server")
    report.add(
        f"{megabytes} MB {kind}, {'attached' if attached else 'detached'}",
        f"session {megabytes / mine:.0f} MB/s",
        f"tmux pane {megabytes / other:.0f} MB/s",
        f"{1 / ratio:.2f} x faster (>= {1 if attached else 1.5})",
    )


def _watched(argv: list[str], env: dict[str, str], lab: Lab) -> None:
    """Attach, let the program begin, and read what it shows until it has written everything."""
    client = Client(argv, env, str(lab.repo))
    try:
        client.drain(0.5)
        os.write(client.fd, b"\r")
        with contextlib.suppress(OSError):  # it has ended with its program
            while not (lab.folder / "stamp").exists():
                client.drain(0.05)
    finally:
        client.close()


def first_paint(report: Report, rounds: int = 9) -> None:
    """From the start of the process until the last line of the screen is shown, with a long scrollback."""
    script = f"seq 1 {SCROLLBACK}; printf LAST; exec cat"
    with Lab(agents=0, extra=f"  long: {{shell: {script!r}}}\n") as lab:
        lab.run("apply", "--yes")
        tmux = Tmux(lab.folder)
        tmux.run("new-session", "-d", "-x", "120", "-y", "40", "sh", "-c", script)
        env = lab.environment(TERM="xterm-256color")
        wait_for(lambda: "LAST" in lab.run("logs", "long").stdout, "the scrollback", 60)

        def shown(argv: list[str]) -> float:
            begin = time.perf_counter()
            client = Client(argv, env, str(lab.repo))
            try:
                client.sees(b"LAST")
                return time.perf_counter() - begin
            finally:
                client.close()

        def connected() -> float:
            client = Client([sys.executable, "-c", CONNECT, "long"], env, str(lab.repo))
            try:
                client.sees(b"READY")
                begin = time.perf_counter()
                os.write(client.fd, b"\n")
                client.sees(b"LAST")
                return time.perf_counter() - begin
            finally:
                client.close()

        attach = [sys.executable, "-m", "constellagent", "attach", "long"]
        alone = quantile([connected() for _ in range(rounds)], 0.5)
        mine, other, ratio = paired(lambda: shown(attach), lambda: shown([*tmux.base, "attach"]), rounds)
        tmux.run("kill-server")
    report.add(
        f"attach to first paint, {SCROLLBACK} lines of scrollback, median of {rounds}",
        f"attach {mine * 1000:.0f} ms, from the connect on {alone * 1000:.0f} ms",
        f"tmux attach {other * 1000:.0f} ms",
        f"{ratio:.1f} (<= 150 ms)",
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
    """Run all of it where tmux is there to compare with."""
    if shutil.which("tmux") is None:
        report.add("terminals", "not measured", "tmux is not installed")
        return
    echo(report)
    first_paint(report)
    for kind in LINES:
        throughput(report, kind, attached=False)
        throughput(report, kind, attached=True)
