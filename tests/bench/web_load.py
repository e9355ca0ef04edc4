"""How many requests the API answers in a second, and how long the slowest wait, by a load tool."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import Report
from tests.bench.processes import cpu
from tests.e2e.api.served import Served

AGENTS = 50
CONNECTIONS = 10
SHORT, LONG = 10, 60
"""Seconds of one measurement; LONG where the environment has `BENCH_LONG`."""
TOOLS = ("wrk", "hey")
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}

SCRIPT = 'wrk.headers["Authorization"] = "Bearer {token}"\n'
CONDITION = "wrk.headers[\"If-None-Match\"] = '{etag}'\n"


@dataclass(frozen=True)
class Told:
    """What a tool says of one measurement; `p99` is in milliseconds."""

    rate: float
    p99: float
    refused: int


def run(report: Report, *, agents: int = AGENTS, duration: int | None = None) -> None:
    """Ask for the list of agents over and over, with and without the validator that the last answer had."""
    tool = next((each for each in TOOLS if shutil.which(each)), None)
    if tool is None:
        report.add("requests a second", "not measured", f"needs {' or '.join(TOOLS)}: apt-get install wrk")
        return
    lasting = duration or (LONG if os.environ.get("BENCH_LONG") else SHORT)
    with Served(agents=0, extra=idlers(agents)) as place:
        place.open()
        path = "/constellations/lab/agents"
        first = place.api.ask("GET", path, status=200)
        assert len(first.json["data"]) == agents, f"{len(first.json['data'])} agents are listed"
        etag = first.headers["etag"]
        place.api.ask("GET", path, status=304, headers={"If-None-Match": etag})
        token = place.api.token("read")
        daemon = place.daemon_pid()
        for name, condition in (("whole answers", ""), ("If-None-Match", etag)):
            before = cpu(daemon) if daemon is not None else 0.0
            told = measured(tool, place, path, token, condition, lasting)
            share = (cpu(daemon) - before) / lasting if daemon is not None else 0.0
            assert not told.refused, f"{told.refused} requests were not answered as they should be"
            report.add(
                f"agents of {agents}, {name}, {CONNECTIONS} connections, {lasting} s",
                f"{told.rate:,.0f} requests/s, p99 {told.p99:.1f} ms",
                f"by {tool}; {len(first.body) if not condition else 0:,} bytes each; "
                f"the daemon used {share:.0%} of a core",
                "no goal",
            )


def idlers(count: int) -> str:
    """Declare agents that wait for nothing."""
    return "".join(f"  agent-{n}: {{command: [sleep, '9999'], identity: false}}\n" for n in range(count))


def measured(tool: str, place: Served, path: str, token: str, etag: str, lasting: int) -> Told:
    """Run the tool; wrk reads its headers from a file, hey takes them on its command line only."""
    url = f"http://127.0.0.1:{place.api.port}/api/v1{path}"
    if tool == "wrk":
        script = place.folder / "wrk.lua"
        condition = CONDITION.format(etag=etag) if etag else ""
        script.write_text(SCRIPT.format(token=token) + condition)
        argv = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{lasting}s", "--latency", "-s", str(script), url]
        return of_wrk(told(argv, place.folder))
    conditions = ["-H", f"If-None-Match: {etag}"] if etag else []
    bearer = ["-H", f"Authorization: Bearer {token}"]
    argv = ["hey", "-c", str(CONNECTIONS), "-z", f"{lasting}s", *bearer, *conditions, url]
    return of_hey(told(argv, place.folder))


def told(argv: list[str], cwd: Path) -> str:
    """Return what the tool prints."""
    return subprocess.run(
        argv, cwd=cwd, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL
    ).stdout


def of_wrk(text: str) -> Told:
    """Read the report of wrk."""
    number, unit = found(r"^\s+99%\s+([\d.]+)(us|ms|s|m)\b", text)
    (rate,) = found(r"^Requests/sec:\s+([\d.]+)", text)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    refused = int(bad[1]) if bad else 0
    return Told(
        float(rate), float(number) * UNITS[unit], refused + sum(map(int, errors.groups() if errors else ()))
    )


def of_hey(text: str) -> Told:
    """Read the report of hey."""
    (rate,) = found(r"^\s+Requests/sec:\s+([\d.]+)", text)
    (p99,) = found(r"^\s+99%+ in ([\d.]+) secs", text)
    statuses = {int(code): int(count) for code, count in re.findall(r"\[(\d{3})\]\s+(\d+) responses", text)}
    return Told(float(rate), float(p99) * 1000, sum(count for code, count in statuses.items() if code >= 400))


def found(pattern: str, text: str) -> tuple[str, ...]:
    """Return the groups of what must be in a report."""
    match = re.search(pattern, text, re.MULTILINE)
    assert match is not None, f"{pattern} is not in what the tool says:\n{text}"
    return match.groups()
