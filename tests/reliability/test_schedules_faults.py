"""Faults that schedules meet in the real daemon: each leaves a row that says so, and nothing runs twice."""

import os
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

import pytest

from constellagent.faces.blocking import BlockingClient
from constellagent.plan.wakeups import MOST_QUEUED
from constellagent.runtime.paths import Paths
from constellagent.runtime.settings import Settings
from tests.reliability.fast_lab import ROOT, FastLab
from tests.reliability.lab import queues, starved, wait_for
from tests.reliability.virtual_daemon import virtual
from tests.reliability.woken import SELDOM
from tests.runtime.scheduler.virtual import FakeRunner, FakeSessions, VirtualClock, run_until

pytestmark = pytest.mark.timeout(300)
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc and limits processes")
MINUTE = timedelta(minutes=1)
QUEUED = "workspace: agent, overlap: queue_all"
BEGIN = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)


@contextmanager
def no_space(lab: FastLab) -> Iterator[None]:
    """Let the disk be full for the daemon, while no run is under way: no file of it takes a byte more."""
    assert lab.process is not None
    _, hard = resource.prlimit(lab.process.pid, resource.RLIMIT_FSIZE)

    def full() -> bool:
        assert lab.process is not None
        with lab.frozen():  # nothing begins between the look and the limit
            rows = [(row.state, row.attempt) for row in lab.known()]
            if {("queued", 1), *((state, n) for state in ("claimed", "running") for n in (1, 2))} & set(rows):
                return False
            resource.prlimit(lab.process.pid, resource.RLIMIT_FSIZE, (0, hard))
            return True

    wait_for(full, "nothing to be under way")
    try:
        yield
    finally:
        resource.prlimit(lab.process.pid, resource.RLIMIT_FSIZE, (hard, hard))


def at_minute(when: datetime) -> str:
    """Return the expression of one minute of a day."""
    return f"{when.minute} {when.hour} * * *"


@on_linux
def test_a5_the_disk_is_full_when_a_run_is_claimed() -> None:
    """What cannot be written down is neither decided nor started; with space again all of it is."""
    with FastLab(agents=0) as lab:
        lab.up()
        again = f"{{cron: '* * * * *', missed: all, {QUEUED}, {lab.telling()}}}"
        lab.apply({"clerk": {"again": again}})
        fails_first = lab.telling(after="; exit $((2 - CONSTELLAGENT_ATTEMPT))")
        once = f"{{cron: '{at_minute(lab.soon(6))}', retries: {{max: 1, backoff: 6m}}, {fails_first}}}"
        lab.apply({"clerk": {"again": again, "once": once}})
        wait_for(lambda: lab.states()["failed"] == 1, "the first try of `once` to fail")
        with no_space(lab):
            before = lab.clock.moment()
            lab.wait_until(before + MINUTE * 8)
            status = lab.json("status")
            lines = [line for line in lab.lines() if line.fire_at >= before or line.attempt == 2]
            queued = [row.attempt for row in lab.known() if row.state == "queued"]
        until = lab.settle()
        told, known = lab.lines(), lab.known()
        log = lab.daemon_log()
        lab.down()

    assert status[0]["agents"][0]["name"] == "clerk"
    assert lines == []
    assert queued == [2]
    assert [line.attempt for line in told if line.schedule == "clerk/once"] == [1, 2]
    fires = sorted(line.fire_at for line in told if line.schedule == "clerk/again" and line.fire_at <= until)
    assert fires == [fires[0] + MINUTE * number for number in range(len(fires))]
    assert fires[-1] > before + MINUTE * 4
    assert Counter(row.state for row in known if row.schedule == "clerk/once") == {
        "failed": 1,
        "succeeded": 1,
    }
    assert "the scheduler goes on" in log


@on_linux
def test_a_second_daemon_is_refused() -> None:
    """Of two daemons on one state the second one ends and says why; the first goes on."""
    with FastLab(agents=0) as lab:
        lab.up()
        second = lab.spawn()
        assert second.wait(30) == 75
        assert lab.answers()
        log = lab.daemon_log()
        lab.down()
    assert "error: busy: the daemon by pid" in log


@on_linux
def test_two_schedulers_on_one_state() -> None:
    """Even with nothing to keep two daemons apart, each fire has one row and is started by one of them."""
    with FastLab(agents=0, speed=240) as lab:
        lab.up()
        lab.apply({"clerk": {f"s{number}": "{cron: '* * * * *'}" for number in range(8)}})
        lab.down()
        command = [sys.executable, "-m", "tests.reliability.bare_scheduler", str(lab.told)]
        both = [subprocess.Popen(command, cwd=ROOT, env=lab.environment()) for _ in range(2)]
        try:
            until = lab.clock.moment() + MINUTE * 40
            lab.wait_until(until)
            wait_for(lambda: len(lab.known()) > 300, "both to work")
        finally:
            for process in both:
                process.terminate()
        assert [process.wait(30) for process in both] == [0, 0]
        lines, known = lab.lines(), lab.known()

    runs = Counter(line.run for line in lines)
    places = Counter((row.schedule, row.fire_at) for row in known)
    by = Counter(line.attempt for line in lines)
    print(f"\n{len(known)} rows; started by each of both: {sorted(by.values())}")
    assert set(runs.values()) == {1}
    assert set(places.values()) == {1}
    assert set(runs) <= {row.run for row in known}


@on_linux
def test_runs_that_never_end_end_at_once_or_cannot_start() -> None:
    """A run beyond its timeout ends with its whole tree; the others end as they do, each with its own row."""
    endless = 'trap "" TERM HUP; (setsid sleep 1000 &); sleep 1001 & while :; do sleep 1; done'
    commands = {
        "endless": f"[sh, -c, '{endless}'], timeout: 8m",
        "done": '["true"]',
        "failing": "[sh, -c, 'exit 7']",
        "missing": "[no-such-program]",
    }
    with FastLab(agents=0) as lab:
        lab.up()
        lab.apply({name: {"s": SELDOM} for name in commands})
        when = at_minute(lab.soon(6))
        lab.apply(
            {
                name: {"s": f"{{cron: '{when}', workspace: agent, command: {command}}}"}
                for name, command in commands.items()
            }
        )
        wait_for(lambda: any("sleep 1000" in line for line in lab.tree().values()), "what it started")
        wait_for(lambda: lab.states()["timeout"] == 1, "its time to be up")
        lab.settle()
        assert lab.process is not None
        alone = {lab.process.pid}
        wait_for(lambda: set(lab.tree()) == alone, "nothing to be left of them")
        found = {row.schedule: (row.state, row.why) for row in lab.known()}
        lab.down()

    assert found["endless/s"] == ("timeout", "it took longer than its timeout")
    assert found["done/s"][0] == "succeeded"
    assert found["failing/s"] == ("failed", "exit status 7")
    assert found["missing/s"][0] == "failed"
    assert "no-such-program" in found["missing/s"][1]


async def test_a_queue_overflows(home: Settings, tmp_path: Path) -> None:
    """A thousand runs wait behind one that does not end; what comes on top is dropped, with a row each."""
    clock = VirtualClock(BEGIN.timestamp())
    runner = FakeRunner(clock, FakeSessions())
    schedule = "{cron: '* * * * *', missed: all, max_catch_up: 1000, overlap: queue_all}"
    async with virtual(home, tmp_path / "repo", clock, runner) as lab:
        await lab.put({"clerk": {"s": schedule}})
        runner.scheduler = lab.scheduler
        clock.sleep(1200 * 60.0)
        await lab.look()
        await run_until(lab.scheduler, clock.time + 180)
        full = Counter(row["state"] for row in await lab.history())
        await runner.end(runner.started[0][1].run)
        await run_until(lab.scheduler, clock.time + 60)
        rows = await lab.history()

    assert full["running"] == 1
    assert full["queued"] == MOST_QUEUED
    after = Counter(row["state"] for row in rows)
    assert (after["succeeded"], after["running"], after["queued"]) == (1, 1, MOST_QUEUED)
    assert after["dropped"] >= 1
    assert {row["why"] for row in rows if row["state"] == "dropped"} == {
        f"the queue is full: {MOST_QUEUED} runs of clerk/s wait already"
    }
    assert [fire.fire_at for _, fire, _ in runner.started] == sorted(
        datetime.fromisoformat(row["fire_at"]) for row in rows if row["reason"] == "catchup"
    )[:2]
    assert sum(row["count"] for row in rows) == 1200 + 4


def _took(lab: FastLab, call: Callable[[], object]) -> float:
    """Return the seconds that a call takes, but for those in which we or the daemon got no processor."""
    assert lab.process is not None
    pids = (os.getpid(), lab.process.pid)
    before, begin = queues(*pids), time.monotonic()
    call()
    took = time.monotonic() - begin
    return max(0.0, took - starved(before, queues(*pids)))


def start_in_one_minute(agents: int, each: int, speed: float) -> None:
    """Let so many schedules of so many agents be due in one minute, and look at the daemon meanwhile."""
    with FastLab(agents=0, speed=speed) as lab:
        lab.up()
        names = [f"agent-{number}" for number in range(agents)]
        lab.apply({name: {"s0": SELDOM} for name in names})
        minute = lab.soon(6)
        schedule = f"{{cron: '{at_minute(minute)}', {QUEUED}, {lab.telling()}}}"
        lab.apply({name: {f"s{number}": schedule for number in range(each)} for name in names})
        assert lab.clock.moment() < minute, "the machine is too slow"
        wait_for(lambda: bool(lab.known()), "them to be decided")
        decided = len(lab.known())
        informed, shown, most, begin = list[float](), list[float](), 0, time.monotonic()
        with BlockingClient.connect(Paths(lab.home).control_socket) as client:
            while set(lab.states()) - {"succeeded"}:
                assert time.monotonic() < begin + 120, lab.states()
                informed.append(_took(lab, client.info))
                shown.append(_took(lab, partial(client.status, str(lab.file))))
                time.sleep(0.1)  # nobody asks without a pause
                states = lab.states()
                most = max(most, states["claimed"] + states["running"])
        took = time.monotonic() - begin
        runs = Counter(line.run for line in lab.lines())
        lab.down()
    print(
        f"\n{decided} decided at once, run in {took:.1f} s, {most} at once;"
        f" info took {max(informed):.3f} s at most, status {max(shown):.3f} s, mostly {median(shown):.3f} s"
    )
    assert decided == agents * each
    assert len(runs) == agents * each
    assert set(runs.values()) == {1}
    assert 2 <= most <= Settings(home=lab.home).run_parallel
    assert max(informed) < 1.0, "the daemon's loop was blocked"
    assert sorted(shown)[len(shown) * 9 // 10] < 1.0, "who asks how things are waits too long"


@on_linux
def test_many_schedules_are_due_in_the_same_minute() -> None:
    """They are decided at once; so many run at once as may, all run, and the daemon answers meanwhile."""
    start_in_one_minute(agents=10, each=6, speed=60)


@on_linux
@pytest.mark.long
@pytest.mark.timeout(600)
def test_300_schedules_are_due_in_the_same_minute() -> None:
    """The same with three hundred."""
    start_in_one_minute(agents=10, each=30, speed=20)


@on_linux
def test_a_zone_that_is_gone() -> None:
    """A schedule whose zone is not known any more is shown and not run; the others run."""
    with FastLab(agents=0) as lab:
        lab.up()
        schedules = {
            name: f"{{cron: '* * * * *', timezone: {zone}, {QUEUED}, {lab.telling()}}}"
            for name, zone in (("here", "Europe/London"), ("gone", "Europe/Paris"))
        }
        lab.apply({"clerk": schedules})
        wait_for(
            lambda: {line.schedule for line in lab.lines()} == {"clerk/here", "clerk/gone"}, "both to run"
        )
        lab.settle()
        lab.down()
        lab.change("UPDATE schedules SET declared = replace(declared, 'Europe/Paris', 'Europe/Atlantis')")
        begin = lab.clock.moment()
        lab.up()
        wait_for(lambda: sum(line.fire_at > begin for line in lab.lines()) >= 3, "the other one to run")
        shown = {view["schedule"]: view for view in lab.json("schedule", "show")}
        since = [line for line in lab.lines() if line.fire_at > begin]
        lab.apply({"clerk": schedules})
        back = lab.clock.moment()
        wait_for(lambda: ("clerk/gone", True) in told_since(lab, back), "it to run again")
        lab.down()

    assert {line.schedule for line in since} == {"clerk/here"}
    assert shown["clerk/here"]["state"] == "on"
    assert (shown["clerk/gone"]["state"], shown["clerk/gone"]["next"]) == ("never", [])
    assert "constellagent apply" in shown["clerk/gone"]["why"]


def told_since(lab: FastLab, when: datetime) -> set[tuple[str, bool]]:
    """Return which schedules ran for fires before and after a time."""
    return {(line.schedule, line.fire_at > when) for line in lab.lines()}
