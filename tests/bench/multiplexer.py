"""The multiplexer in a real terminal, against tmux: keys, frames, busy tiles, floods and the first sight."""

import contextlib
import os
import random
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from constellagent.faces.tui.agent_list import list_width
from constellagent.faces.tui.arrangement import places
from tests.bench.measure import Report, paired, quantile
from tests.bench.processes import burnt
from tests.bench.terminals import ECHO, LINES, SCROLLBACK, WRITER, Client, Tmux
from tests.reliability.lab import Lab, wait_for

KEYS = 400
PACE = 0.04
"""Seconds from one key of a contestant to the next: faster than anybody types, slower than frames follow."""
SHOWN = b"#%&{}"
"""Keys that neither borders nor escape sequences contain."""
ROWS, COLUMNS = 50, 200
SPAN = 4.0
"""Seconds of one measurement of CPU time."""
PAIRS = 3
PREFIX = b"\x1d"
_WARM_UP = 20
_SETTLED = 1.5
_ATTACH = (sys.executable, "-m", "constellagent", "attach")

PULSES = {
    "20 bytes": "'\\x1b[5;5H' + f'{n:014}'",
    "all of 200x50": "'\\x1b[H' + "
    "'\\r\\n'.join(f'\\x1b[3{(n + y) % 8}m' + f'{n + y:010}' * 20 for y in range(50))",
    "3 coloured lines": "''.join("
    "f'\\x1b[38;5;{(n + i) % 256}m{n:06} the quick brown fox\\x1b[0m\\r\\n' for i in range(3))",
}
"""What a program writes again and again, as an expression of the number of the time."""
PULSE = (
    "import os, sys, time\n"
    "folder, pause, n = sys.argv[1], float(sys.argv[2]), 0\n"
    "print('READY', flush=True)\n"
    "while True:\n"
    "    if not os.path.exists(folder + '/go'):\n"
    "        time.sleep(0.05)\n"
    "        continue\n"
    "    n += 1\n"
    "    data = {pulse}\n"
    "    os.write(1, data.encode())\n"
    "    time.sleep(pause)\n"
)


def run(report: Report) -> None:
    """Run all of it where tmux is there to compare with."""
    if shutil.which("tmux") is None or sys.platform != "linux":
        report.add("multiplexer", "not measured", "needs tmux and /proc")
        return
    echo(report)
    first_paint(report)
    frame(report, "20 bytes", "<= 5 ms, aim 1")
    frame(report, "all of 200x50", "<= 20 ms, aim 8")
    busy(report)
    flood(report)


def echo(report: Report, keys: int = KEYS) -> None:
    """Round trips of single keys through each way to the same program, in changing order."""
    with Lab(agents=0, extra=f"  tile: {{shell: {ECHO!r}}}\n  alone: {{shell: {ECHO!r}}}\n") as lab:
        lab.run("apply", "--yes")
        with _tmux(lab, "sh", "-c", ECHO) as tmux, contextlib.ExitStack() as open_:
            env = lab.environment(TERM="xterm-256color")

            def client(*argv: str) -> Client:
                return open_.enter_context(contextlib.closing(Client(argv, env, str(lab.repo))))

            clients = {
                "direct": client("sh", "-c", ECHO),
                "tmux": client(*tmux.base, "attach"),
                "attach": client(*_ATTACH, "alone"),
                "multiplexer": client(*_ATTACH),
            }
            for each in clients.values():
                each.drain_for(_SETTLED / 3)
            paced = _typed(clients, keys, PACE)
            rapid = _typed(clients, keys, 0.0)
    for how, times in (("a key each 40 ms", paced), ("back to back", rapid)):
        for name, goals in (("attach", ("1.2", "1")), ("multiplexer", ("3", None))):
            for what, share, goal in (("median", 0.5, goals[0]), ("p99", 0.99, goals[1])):
                mine, theirs = quantile(times[name], share), quantile(times["tmux"], share)
                bare = quantile(times["direct"], share)
                wanted = f" (<= {goal})" if goal and times is paced else ""
                report.add(
                    f"echo, {how}, {what} of {keys}",
                    f"{name} {mine * 1e6:.0f} us",
                    f"tmux {theirs * 1e6:.0f} us, pty {bare * 1e6:.0f} us",
                    f"{mine / theirs:.2f}{wanted}",
                )


def _typed(clients: Mapping[str, Client], keys: int, pace: float) -> dict[str, list[float]]:
    """Type at each in turn, in changing order, but at none sooner than `pace` seconds after its last key."""
    times: dict[str, list[float]] = {name: [] for name in clients}
    due = dict.fromkeys(clients, 0.0)
    order = list(clients)
    for number in range(-_WARM_UP, keys):
        key = SHOWN[number % len(SHOWN) :][:1]
        random.shuffle(order)
        for name in order:
            time.sleep(max(0.0, due[name] - time.perf_counter()))
            took = clients[name].round_trip(key)
            due[name] = time.perf_counter() + pace
            if number >= 0:
                times[name].append(took)
            clients[name].drain(0.002)
    return times


def first_paint(report: Report, rounds: int = 7) -> None:
    """From the start of the process until a tile shows a screen that has a long scrollback."""
    script = f"seq 1 {SCROLLBACK}; printf LAST; exec cat"
    with Lab(agents=0, extra=f"  long: {{shell: {script!r}}}\n") as lab:
        lab.run("apply", "--yes")
        wait_for(lambda: "LAST" in lab.run("logs", "long").stdout, "the scrollback", 60)
        with _tmux(lab, "sh", "-c", script) as tmux:
            env = lab.environment(TERM="xterm-256color")

            def shown(argv: Sequence[str]) -> float:
                begin = time.perf_counter()
                with contextlib.closing(Client(argv, env, str(lab.repo))) as client:
                    client.sees(b"LAST")
                    return time.perf_counter() - begin

            mine, theirs, ratio = paired(
                lambda: shown(_ATTACH), lambda: shown([*tmux.base, "attach"]), rounds
            )
    report.add(
        f"multiplexer to first paint, {SCROLLBACK} lines of scrollback, median of {rounds}",
        f"{mine * 1000:.0f} ms",
        f"tmux attach {theirs * 1000:.0f} ms",
        f"{ratio:.1f}",
    )


def frame(report: Report, pulse: str, goal: str) -> None:
    """CPU time of one frame in a tile of 200x50, whose program writes the same amount 20 times a second."""
    pause = 0.05
    with _pulsing(pulse, pause, 1) as (lab, command, go):
        lab.run("apply", "--yes")
        rows, columns = _window(ROWS, COLUMNS)
        with _tmux(lab, *command, rows=ROWS, columns=COLUMNS) as tmux:
            env = lab.environment(TERM="xterm-256color")
            with (
                contextlib.closing(Client(_ATTACH, env, str(lab.repo), rows=rows, columns=columns)) as ours,
                contextlib.closing(
                    Client([*tmux.base, "attach"], env, str(lab.repo), rows=ROWS + 1, columns=COLUMNS)
                ) as theirs,
            ):
                ours.drain_for(_SETTLED)
                theirs.drain_for(_SETTLED)
                server = int(tmux.run("display-message", "-p", "#{pid}"))

                def cost(client: Client, pids: Sequence[int]) -> float:
                    idle = _spent(client, pids)
                    go.touch()
                    client.drain_for(0.3)
                    spent = _spent(client, pids)
                    go.unlink()
                    client.drain_for(0.3)
                    return (spent - idle) / (SPAN / pause)

                mine, other, ratio = paired(
                    lambda: cost(ours, [ours.pid]), lambda: cost(theirs, [server, theirs.pid]), PAIRS
                )
    report.add(
        f"CPU of a frame for {pulse}",
        f"multiplexer {mine * 1000:.2f} ms",
        f"tmux server and client {other * 1000:.2f} ms",
        f"{ratio:.1f} x ({goal})",
    )


def busy(report: Report) -> None:
    """CPU time with four tiles, each of whose programs writes three lines 50 times a second."""
    with _pulsing("3 coloured lines", 0.02, 4) as (lab, command, go):
        lab.run("apply", "--yes")
        daemon = lab.daemon_pid()
        assert daemon is not None
        behind = [daemon, *(pid for pid, line in lab.tree().items() if "holder" in line)]
        with _tmux(lab, *command, rows=60, columns=200) as tmux:
            for _ in range(3):
                tmux.run("split-window", *command)
                tmux.run("select-layout", "tiled")
            env = lab.environment(TERM="xterm-256color")
            with (
                contextlib.closing(Client(_ATTACH, env, str(lab.repo), rows=60, columns=200)) as ours,
                contextlib.closing(
                    Client([*tmux.base, "attach"], env, str(lab.repo), rows=60, columns=200)
                ) as theirs,
            ):
                ours.drain_for(_SETTLED)
                os.write(ours.fd, PREFIX + b"4")
                ours.drain_for(_SETTLED)
                theirs.drain_for(_SETTLED)
                server = int(tmux.run("display-message", "-p", "#{pid}"))
                go.touch()

                def share(client: Client, pids: Sequence[int]) -> float:
                    return _spent(client, pids) / SPAN * 100

                mine, other, ratio = paired(
                    lambda: share(ours, [ours.pid]), lambda: share(theirs, [server, theirs.pid]), PAIRS
                )
                whole = share(ours, [ours.pid, *behind])
    report.add(
        "CPU with four busy tiles",
        f"multiplexer {mine:.0f} %, with daemon and holders {whole:.0f} %",
        f"tmux server and client {other:.0f} %",
        f"{ratio:.1f} x",
    )


def flood(report: Report, megabytes: int = 50, rounds: int = 3) -> None:
    """Coloured output that a tile shows, until its last byte was taken from its program."""
    with Lab(agents=0) as lab:
        script = lab.folder / "flood.py"
        script.write_text(WRITER.format(line=LINES["coloured"]))
        go, stamp = lab.folder / "go", lab.folder / "stamp"
        line = (
            f"while :; do while [ ! -e {go} ]; do sleep 0.05; done; rm {go}; a=$(date +%s.%N); "
            f"{sys.executable} {script} {megabytes}; b=$(date +%s.%N); "
            f'echo "$a $b" > {stamp}.new; mv {stamp}.new {stamp}; done'
        )
        lab.extra = f"  flood: {{command: [sh, -c, {line!r}]}}\n"
        lab.declare(0)
        lab.run("apply", "--yes")
        env = lab.environment(TERM="xterm-256color")

        def taken(argv: Sequence[str]) -> float:
            stamp.unlink(missing_ok=True)
            with contextlib.closing(Client(argv, env, str(lab.repo))) as client:
                client.drain_for(_SETTLED)
                go.touch()
                while not stamp.exists():
                    client.drain_for(0.05)
            begin, end = (float(word) for word in stamp.read_text().split())
            return end - begin

        def theirs() -> float:
            with _tmux(lab, "sh", "-c", line) as tmux:
                return taken([*tmux.base, "attach"])

        def ours() -> float:
            return taken(_ATTACH)

        mine, other, ratio = paired(ours, theirs, rounds)
    report.add(
        f"{megabytes} MB coloured, in a tile",
        f"multiplexer {megabytes / mine:.0f} MB/s",
        f"tmux pane {megabytes / other:.0f} MB/s",
        f"{1 / ratio:.2f} x faster",
    )


@contextlib.contextmanager
def _pulsing(pulse: str, pause: float, agents: int) -> Iterator[tuple[Lab, list[str], Path]]:
    """Declare agents that write while a file is there; gives lab, command and file."""
    with Lab(agents=0) as lab:
        script = lab.folder / "pulse.py"
        script.write_text(PULSE.replace("{pulse}", PULSES[pulse]))
        command = [sys.executable, str(script), str(lab.folder), str(pause)]
        lab.extra = "".join(f"  pulse-{n}: {{command: {command!r}}}\n" for n in range(agents))
        lab.declare(0)
        yield lab, command, lab.folder / "go"


@contextlib.contextmanager
def _tmux(lab: Lab, *command: str, rows: int = 40, columns: int = 120) -> Iterator[Tmux]:
    """Run a command in a tmux server of our own."""
    tmux = Tmux(lab.folder)
    tmux.run("new-session", "-d", "-x", str(columns), "-y", str(rows), *command)
    try:
        yield tmux
    finally:
        tmux.run("kill-server")


def _window(rows: int, columns: int) -> tuple[int, int]:
    """Return how large a window must be for its only tile to be that large."""
    for width in range(columns, 2 * columns):
        for height in range(rows, 2 * rows):
            (tile,) = places(width, height, list_width=list_width(width), tiles=1).tiles
            if (tile.height, tile.width) == (rows, columns):
                return height, width
    raise AssertionError("no window has such a tile")


def _spent(client: Client, pids: Sequence[int]) -> float:
    """Return the CPU seconds of processes while somebody looks at them for a while."""
    before = sum(map(burnt, pids))
    client.drain_for(SPAN)
    return sum(map(burnt, pids)) - before
