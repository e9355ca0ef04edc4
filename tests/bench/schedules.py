"""What schedules cost: to be loaded, decided after a long sleep, awaited, and checked before a merge."""

import asyncio
import itertools
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from croniter import croniter

from constellagent.plan.declared import declared
from constellagent.plan.fires import Fire
from constellagent.plan.schedules import DesiredSchedule
from constellagent.runtime.scheduler import Scheduler, Started
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.schedules import ScheduleRows
from constellagent.spec.cron import parse_cron
from constellagent.spec.models import Constellation
from tests.bench.measure import Report, quantile
from tests.bench.processes import cpu
from tests.reliability.lab import Lab, wait_for
from tests.runtime.scheduler.virtual import (
    DAY,
    FakeSessions,
    InstantRunner,
    VirtualAlarm,
    VirtualClock,
    quiet,
)

MANY = 10_000
NEXTS = 20_000
IDLE = 30.0
AWAKE = 50
"""Schedules of which each fires every minute, spread over half of it."""

ZONES = ("UTC", "Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
FORMS = (
    "{m} {h} * * *",
    "{m} {h} * * 1-5",
    "{m} * * * *",
    "*/15 {h}-23 * * *",
    "{m} {h} 1 * *",
    "{m} {h} * * 0",
    "*/5 * * * *",
    "{m} {h} 29 2 *",
)


def run(report: Report) -> None:
    """Measure everything."""
    nexts(report)
    check(report)
    for missed in ("latest", "skip", "all"):
        waking(report, missed)
    if sys.platform == "linux":
        awake(report)
    else:
        report.add("idle CPU and lateness", "not measured", "needs /proc")


class Busy(InstantRunner):
    """Runs that go on for ever, so that what is measured is deciding and not running."""

    async def start(self, constellation: str, schedule: DesiredSchedule, fire: Fire) -> Started:
        """Begin."""
        await super().start(constellation, schedule, fire)
        return Started()


def expressions() -> Iterator[tuple[str, str]]:
    """Yield expressions and zones as a large fleet may have them."""
    for number in itertools.count():
        form = FORMS[number % len(FORMS)]
        yield form.format(m=number % 60, h=number // 7 % 24), ZONES[number % len(ZONES)]


def nexts(report: Report) -> None:
    """Next fires a second, beside croniter with an aware time, which is wrong near changes of the offset."""
    some = [
        (parse_cron(text), text, zone)
        for text, zone in itertools.islice(expressions(), 40)
        if "29 2" not in text
    ]
    start = datetime(2026, 6, 1, tzinfo=UTC)

    def ours() -> None:
        for cron, _, zone in some:
            at: datetime | None = start
            for _ in range(NEXTS // len(some)):
                at = cron.next(at, zone) if at else None

    def theirs() -> None:
        for _, text, _ in some:
            each = croniter(text, start)
            for _ in range(NEXTS // len(some)):
                each.get_next(datetime)

    mine, other = _cpu(ours), _cpu(theirs)
    report.add(
        "next fire, zones mixed",
        f"{NEXTS / mine:,.0f}/s",
        f"croniter in UTC {NEXTS / other:,.0f}/s",
        f"{other / mine:.2f} x",
    )


def check(report: Report) -> None:
    """`schedule check` of many schedules, as CI runs it, in files of a size that may be."""
    with tempfile.TemporaryDirectory(prefix="ca-b-") as folder:
        files = []
        each = expressions()
        for part in range(10):
            lines = ["version: 1", "agents:"]
            for agent in range(50):
                lines += [f"  a{agent}:", "    command: [x]", "    schedules:"]
                lines += [
                    f'      s{n}: {{cron: "{text}", timezone: {zone}}}'
                    for n, (text, zone) in enumerate(itertools.islice(each, MANY // 500))
                ]
            path = Path(folder, f"c{part}.yaml")
            path.write_text("\n".join(lines))
            files.append(str(path))
        took = _in_child(_check, files)
    report.add(f"schedule check, {MANY:,} schedules x 400 days", f"{took['cpu']:.1f} s CPU", "", "< 60 s")


def _check(files: list[str]) -> dict[str, float]:
    from constellagent.faces.cli.app import run as command  # noqa: PLC0415 - what it loads is a part of what it costs

    begin = time.process_time()
    command(["schedule", "check", *files, "--from", "2026-06-01", "--output", "json"])
    return {"cpu": time.process_time() - begin}


def waking(report: Report, missed: str) -> None:
    """Load many schedules, then decide about all of them after 30 days without a daemon."""
    took = _in_child(_wake, missed)
    if missed == "latest":
        report.add(f"load of {MANY:,} schedules", f"{took['load']:.2f} s CPU", "", "< 3 s")
    report.add(
        f"decision after 30 days down, missed: {missed}",
        f"{took['decide']:.2f} s CPU",
        f"{took['rows']:,.0f} rows, +{took['memory']:.0f} MiB",
        "< 5 s, < 64 MiB",
    )


def _wake(missed: str) -> dict[str, float]:
    return asyncio.run(_woken(missed))


async def _woken(missed: str) -> dict[str, float]:
    clock = VirtualClock()
    with tempfile.TemporaryDirectory(prefix="ca-b-") as folder:
        database = Database(Path(folder, "state.db"))
        await database.open()
        rows, ledger = ScheduleRows(database), Ledger(database, "")
        await _declare(database, missed, int(clock.now() * 1e6))
        alarm = VirtualAlarm(clock)
        scheduler = Scheduler(ledger, rows, FakeSessions(), Busy(clock), clock, parallel=8, alarm=alarm)
        begin = time.process_time()
        await scheduler.start()
        await quiet(scheduler)
        load = time.process_time() - begin
        clock.step(30 * DAY)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begin = time.process_time()
        alarm.ring()
        await quiet(scheduler)
        decide = time.process_time() - begin
        memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        found = (await database.rows("SELECT count(*) FROM fires"))[0][0]
        await scheduler.close()
        await database.close()
    return {"load": load, "decide": decide, "memory": memory, "rows": found}


async def _declare(database: Database, missed: str, at: int) -> None:
    values = []
    for number, (text, zone) in enumerate(itertools.islice(expressions(), MANY)):
        spec = {"cron": text, "timezone": zone, "missed": missed, "catch_up_window": "30d"}
        agents = {"a": {"command": ["x"], "schedules": {"s": spec}}}
        constellation = Constellation.model_validate({"version": 1, "agents": agents})
        line = declared(constellation.agents["a"].schedules["s"], constellation)
        values.append(("c", f"a{number}", "s", line, at, at))
    columns = "constellation, agent, name, declared, created_at, upto"
    statement = f"INSERT INTO schedules ({columns}) VALUES (?, ?, ?, ?, ?, ?)"
    await database.run(lambda db: db.executemany(statement, values))


def awake(report: Report) -> None:
    """Idle time of the real daemon, then how late it starts what is due while it is awake."""
    with Lab(agents=1) as lab:
        schedules = "\n".join(
            f"      s{n}: {{cron: '{text}', timezone: {zone}}}"
            for n, (text, zone) in enumerate(itertools.islice(expressions(), 2000))
            if "29 2" in text
        )
        lab.file.write_text(
            "version: 1\nname: bench\nagents:\n"
            f"  idle:\n    command: [x]\n    autostart: false\n    schedules:\n{schedules}\n"
        )
        lab.run("apply", "--yes")
        daemon = lab.daemon_pid()
        assert daemon is not None
        time.sleep(5)
        before = cpu(daemon)
        time.sleep(IDLE)
        share = (cpu(daemon) - before) / IDLE * 100
        count = schedules.count("cron")
        report.add(f"idle CPU, {count} schedules, {IDLE:.0f} s", f"{share:.2f} % of a core", "", "< 0.1 %")
        lateness(report, lab)


def lateness(report: Report, lab: Lab) -> None:
    """From the second at which a fire is due to its claim, and to its live session; an idle machine's."""
    lines = "\n".join(
        f"  a{n}:\n    command: ['true']\n    autostart: false\n    identity: false\n    schedules:\n"
        "      s: {cron: '* * * * *', jitter: 29s, workspace: agent}"
        for n in range(AWAKE)
    )
    lab.file.write_text(f"version: 1\nname: bench\nagents:\n{lines}\n")
    lab.run("apply", "--yes", "--prune")

    def ended() -> list[dict[str, str]]:
        rows = lab.json("schedule", "history", "-n", "1000")
        return [row for row in rows if row["state"] == "succeeded" and row["reason"] == "schedule"]

    wait_for(lambda: len(ended()) >= 2 * AWAKE, "two minutes of runs", seconds=240)
    for name, key in (("claimed", "decided_at"), ("its session is live", "started_at")):
        late = [_seconds(row[key]) - _seconds(row["due"]) for row in ended()]
        report.add(
            f"lateness while awake, until {name}",
            f"median {quantile(late, 0.5) * 1000:.0f} ms",
            f"p99 {quantile(late, 0.99) * 1000:.0f} ms of {len(late)}",
            "p99 < 250 ms",
        )


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _cpu(call: Callable[[], object]) -> float:
    begin = time.process_time()
    call()
    return time.process_time() - begin


def _in_child(call: Callable[..., dict[str, float]], *values: object) -> dict[str, float]:
    """Run in a fresh process, whose memory and imports are its own."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as out:
        child = multiprocessing.get_context("spawn").Process(target=_into, args=(out.name, call, values))
        child.start()
        child.join()
        if child.exitcode:
            raise RuntimeError(f"{call.__name__} failed with exit code {child.exitcode}")
        found: dict[str, float] = json.load(out)
    return found


def _into(path: str, call: Callable[..., dict[str, float]], values: tuple[object, ...]) -> None:
    sys.stdout = open("/dev/null", "w")  # noqa: PTH123, SIM115 - the child's own, for good
    Path(path).write_text(json.dumps(call(*values)))
