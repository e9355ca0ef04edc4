"""From the start of a daemon until it answers, and what of that is the web face."""

import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from constellagent.runtime.paths import Paths
from tests.bench.measure import Report
from tests.bench.processes import memory
from tests.reliability.lab import Lab, wait_for

ROUNDS = 7
WITH = "from constellagent.faces.cli.boundary import run; import sys; sys.exit(run(sys.argv[1:]))"
WITHOUT = (
    "import contextlib, sys, types\n"
    "bare = types.ModuleType('constellagent.faces.web.serving')\n"
    "bare.serving = lambda *parts: contextlib.nullcontext()\n"
    "sys.modules[bare.__name__] = bare\n"
    f"{WITH}"
)
"""The same daemon, with nothing in the place of the web face."""


def run(report: Report, rounds: int = ROUNDS) -> None:
    """Start daemons on an empty state with and without the web face, in changing order."""
    took: dict[str, list[tuple[float, float]]] = {WITH: [], WITHOUT: []}
    with Lab(agents=0) as lab:
        started(lab, WITH)
        for _ in range(rounds):
            for program in random.sample(list(took), 2):
                took[program].append(started(lab, program))
    (whole, most), (bare, least) = (_medians(took[each]) for each in (WITH, WITHOUT))
    pairs = zip(took[WITH], took[WITHOUT], strict=True)
    more = statistics.median(ours - theirs for (ours, _), (theirs, _) in pairs)
    report.add(
        f"`daemon run` until its socket answers, median of {rounds}",
        f"{whole * 1000:.0f} ms, RSS {most:.0f} MB",
        f"without the web face {bare * 1000:.0f} ms, {least:.0f} MB",
        f"{more * 1000:+.0f} ms, {most - least:+.1f} MB (no goal)",
    )


def _medians(values: list[tuple[float, float]]) -> tuple[float, float]:
    times, sizes = zip(*values, strict=True)
    return statistics.median(times), statistics.median(sizes)


def started(lab: Lab, program: str) -> tuple[float, float]:
    """Return the seconds until one daemon answers, and its memory in MB; it is ended again."""
    begin = time.perf_counter()
    with (lab.folder / "log").open("ab") as log:
        daemon = subprocess.Popen(
            [sys.executable, "-c", program, "daemon", "run"],
            cwd=lab.repo,
            env=lab.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(lambda: answers(Paths(lab.home).control_socket), "the daemon to answer", 60)
        return time.perf_counter() - begin, memory(daemon.pid, "VmRSS")
    finally:
        os.kill(daemon.pid, signal.SIGTERM)
        daemon.wait(30)


def answers(path: Path) -> bool:
    """Say whether a daemon greets at this socket."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        try:
            line.connect(str(path))
            with line.makefile("rb") as said:
                return "pid" in json.loads(said.readline())
        except (OSError, ValueError):
            return False
