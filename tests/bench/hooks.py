"""What a hook costs the agent that waits for it: a whole process, from its start to its end."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import timedelta
from functools import partial
from pathlib import Path

from constellagent.runtime import programs
from constellagent.runtime.holder.client import HolderClient
from constellagent.runtime.holder.launch import launch
from constellagent.runtime.paths import Paths
from constellagent.runtime.ports import Launch
from tests.bench.measure import Report, paired, seconds
from tests.runtime.reporting import TELLS, door

ROUNDS = 41
AT_ONCE = 20


def run(report: Report) -> None:
    """Measure against a real holder, without a daemon, which hooks do not need."""
    with tempfile.TemporaryDirectory(prefix="ca-b-", dir="/tmp") as folder:
        asyncio.run(_measure(report, Paths(Path(folder))))


async def _measure(report: Report, paths: Paths) -> None:
    session = paths.home / "session"
    session.mkdir(mode=0o700)
    argv = (sys.executable, "-I", "-S", "-c", TELLS)
    what = Launch("bench", "run", argv, paths.home, {"PATH": os.defpath}, grace=timedelta(0))
    await launch(what, "0" * 32, session, paths.home / "s", 1 << 20)
    client = await HolderClient.connect(paths.home / "s")
    try:
        env = {"PATH": os.defpath, **await door(session / "log")}
        await asyncio.to_thread(_calls, report, str(programs.install(paths)[1]), env)
    finally:
        await client.stop(0)
        await client.close()


def _calls(report: Report, program: str, env: dict[str, str]) -> None:
    def whole(argv: list[str], stdin: bytes = b"") -> float:
        return seconds(lambda: subprocess.run(argv, env=env, input=stdin, check=True, capture_output=True))

    def payload(size: int) -> bytes:
        return json.dumps({"hook_event_name": "PreToolUse", "content": "x" * size}).encode()

    nothing = partial(whole, [sys.executable, "-IS", "-c", "pass"])
    for name, ours in (
        ("constellagent-hook working", partial(whole, [program, "working"])),
        ("constellagent-hook claude, 2 KB", partial(whole, [program, "claude"], payload(2000))),
        ("constellagent-hook claude, 2 MB", partial(whole, [program, "claude"], payload(2_000_000))),
        (
            "constellagent hook working",
            partial(whole, [sys.executable, "-m", "constellagent", "hook", "working"]),
        ),
    ):
        ours()
        took, least, ratio = paired(ours, nothing, ROUNDS)
        report.add(
            name,
            f"{took * 1000:.0f} ms",
            f"python -IS -c pass {least * 1000:.0f} ms",
            f"{ratio:.1f} x, <= 60 ms",
        )

    def at_once() -> None:
        callers = [subprocess.Popen([program, "working"], env=env) for _ in range(AT_ONCE)]
        for caller in callers:
            assert caller.wait() == 0

    times = [seconds(at_once) for _ in range(5)]
    report.add(f"{AT_ONCE} hooks at once", f"{statistics.median(times) * 1000:.0f} ms for all")
