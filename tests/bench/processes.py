"""What runs in the background costs: holders and the daemon, in memory and idle time."""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from constellagent.runtime.holder.client import HolderClient
from constellagent.runtime.holder.launch import launch
from constellagent.runtime.ports import Launch
from tests.bench.measure import Report, seconds
from tests.reliability.lab import Lab

SESSIONS = 20
IDLE = 20.0


def memory(pid: int, field: str) -> float:
    """Return a field of smaps_rollup or status in MB."""
    for name in ("smaps_rollup", "status"):
        for line in Path(f"/proc/{pid}/{name}").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) / 1024
    raise AssertionError(f"{field} of {pid} is not told")


def cpu(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def burnt(pid: int) -> float:
    """Return the same of the threads that it has now, as exactly as the kernel counts."""
    spent = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        spent += int((task / "schedstat").read_text().split()[0])
    return spent / 1e9


def run(report: Report) -> None:
    """Measure with 20 idle sessions."""
    if sys.platform != "linux":
        report.add("holder and daemon", "not measured", "needs /proc")
        return
    with Lab(agents=SESSIONS) as lab:
        lab.run("apply", "--yes")
        holders = [pid for pid, line in lab.tree().items() if "holder" in line]
        report.add(
            f"holder memory, median of {len(holders)}",
            f"RSS {statistics.median(memory(pid, 'VmRSS') for pid in holders):.1f} MB",
            f"proportional {statistics.median(memory(pid, 'Pss') for pid in holders):.1f} MB",
            "<= 12 MB RSS",
        )
        daemon = lab.daemon_pid()
        assert daemon is not None
        report.add(f"daemon memory, {SESSIONS} sessions", f"RSS {memory(daemon, 'VmRSS'):.0f} MB")
        before = cpu(daemon)
        time.sleep(IDLE)
        share = (cpu(daemon) - before) / IDLE * 100
        report.add(
            f"daemon idle CPU, {SESSIONS} sessions, {IDLE:.0f} s", f"{share:.2f} % of a core", "", "< 0.5 %"
        )
        lab.kill_daemon()
        took = seconds(lambda: lab.json("status"))
        report.add(
            f"re-adoption of {SESSIONS} sessions",
            f"{lab.adoption_seconds()} s",
            f"with daemon start {took:.2f} s",
            "<= 2 s",
        )
    start(report)


def start(report: Report, rounds: int = 15) -> None:
    """From asking for a holder until the program in it has been exec'd."""

    async def one(folder: Path, number: int) -> float:
        home = folder / str(number)
        home.mkdir(mode=0o700)
        what = Launch(
            "bench", "run", ("sleep", "99"), folder, {"PATH": os.environ["PATH"]}, grace=timedelta(0)
        )
        begin = time.perf_counter()
        await launch(what, f"{number:032x}", home, home / "s", 1 << 20)
        took = time.perf_counter() - begin
        client = await HolderClient.connect(home / "s")
        await client.stop(0)
        await client.close()
        return took

    with tempfile.TemporaryDirectory(prefix="ca-b-", dir="/tmp") as folder:
        times = [asyncio.run(one(Path(folder), number)) for number in range(rounds)]
    report.add(
        f"holder start, median of {rounds}", f"{statistics.median(times) * 1000:.0f} ms", "", "<= 60 ms"
    )
