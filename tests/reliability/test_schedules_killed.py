"""Killing the daemon, and holders, while schedules fire: every fire runs once, or its row says why not."""

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from constellagent.plan import timetable
from constellagent.plan.fires import OPEN
from tests.reliability.fast_lab import FastLab, Known
from tests.reliability.lab import wait_for

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(3600),
]

Declare = Callable[[FastLab], dict[str, dict[str, str]]]
QUEUED = (
    '{{cron: "{cron}", timezone: {zone}, workspace: agent, overlap: queue_all, missed: all,'
    " max_catch_up: 1000, catch_up_window: 30d, {telling}}}"
)
AGENTS = {"agent-0": "UTC", "agent-1": "Asia/Kolkata", "agent-2": "America/New_York"}
"""Three agents, and the zones of their schedules."""
LONGEST = 3.5
"""Seconds that a daemon lives at most; to start it takes about one of them."""


OFTEN = '{{cron: "* * * * *", {rest}}}'
BACKLOG = "missed: all, max_catch_up: 1000, catch_up_window: 30d"


def queued(lab: FastLab) -> dict[str, dict[str, str]]:
    """Return agents with two schedules each: one run ends at once, the other takes a moment."""
    return {
        agent: {
            "often": QUEUED.format(cron="* * * * *", zone=zone, telling=lab.telling()),
            "odd": QUEUED.format(cron="1-59/2 * * * *", zone=zone, telling=lab.telling("sleep 0.1; ")),
        }
        for agent, zone in AGENTS.items()
    }


def mixed(lab: FastLab) -> dict[str, dict[str, str]]:
    """Return a schedule for each thing that can become of a run, in worktrees of all kinds."""
    retried = lab.telling(after="; exit $((2 - CONSTELLAGENT_ATTEMPT))")
    rests = {
        "fresh": f"{BACKLOG}, overlap: queue_all, {lab.telling()}",
        "retried": f"{BACKLOG}, overlap: queue_all, retries: {{max: 1, backoff: 1m}}, {retried}",
        "replaced": f"overlap: replace, workspace: agent, {lab.telling(after='; sleep 3')}",
        "limited": f"overlap: skip, workspace: agent, timeout: 30s, {lab.telling(after='; sleep 60')}",
        "allowed": f"{BACKLOG}, overlap: allow, {lab.telling(after='; sleep 0.3')}",
    }
    return {agent: {"s": OFTEN.format(rest=rest)} for agent, rest in rests.items()}


@dataclass
class Reckoning:
    """What became of every fire up to some time.

    Attributes:
        fires: all nominal times of all schedules.
        ran: those that left a line.
        doubled: runs, or fires, that left more than one.
        absent: those that neither left a line nor have a row that says what became of them.
        told: those that left no line and have a row that says why.
        false: lines that have no row, and rows of runs that succeeded and left no line.
        states: how many rows are in each state.
        rows: of the ledger, by run.
    """

    fires: int = 0
    ran: int = 0
    doubled: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    rows: dict[str, Known] = field(default_factory=dict)


def reckon(lab: FastLab, until: datetime) -> Reckoning:
    """Compare the nominal times of each schedule, what ran, and the ledger."""
    found = Reckoning()
    lines = [line for line in lab.lines() if line.fire_at <= until]
    ran = Counter((line.schedule, line.fire_at, line.attempt) for line in lines)
    runs = Counter(line.run for line in lines)
    rows = [row for row in lab.known() if row.fire_at <= until]
    found.states = Counter(row.state for row in rows)
    found.rows = {row.run: row for row in rows}
    found.doubled = [str(name) for counter in (ran, runs) for name, count in counter.items() if count > 1]
    found.doubled += [
        f"two rows of {place}"
        for place, count in Counter((row.schedule, row.fire_at, row.attempt) for row in rows).items()
        if count > 1
    ]
    of_fire = {(row.schedule, row.fire_at): row for row in rows if row.attempt == 1}
    for each in lab.in_effect():
        key = each.schedule.key
        for fire_at in timetable.fires(each.schedule, each.created_at, until):
            found.fires += 1
            row = of_fire.get((key, fire_at)) or _summary(rows, key, fire_at)
            if row is None or row.state in OPEN:
                found.absent.append(f"{key} {fire_at} {row}")
            elif ran[key, fire_at, 1]:
                found.ran += 1
            else:
                found.told.append(f"{row.run} {key} {fire_at} {row.state}: {row.why}")
    found.false += [f"no line of {row}" for row in rows if row.state == "succeeded" and not runs[row.run]]
    found.false += [f"no row of {line}" for line in lines if line.run not in found.rows]
    return found


def _summary(rows: list[Known], key: str, fire_at: datetime) -> Known | None:
    """Return the row that tells of a stretch of missed fires with this one in it."""
    for row in rows:
        if row.schedule == key and row.first is not None and row.first <= fire_at <= row.fire_at:
            return row
    return None


def kill_at_random(lab: FastLab, chance: random.Random, *, holders: bool) -> tuple[bool, str]:
    """Start the daemon and kill it after a moment; says whether it answered, and which run it killed, too."""
    lab.process = lab.spawn()
    time.sleep(chance.uniform(0.05, LONGEST))
    victim = ""
    if holders and chance.random() < 0.15:
        live = lab.holders()
        if live:
            victim = chance.choice(sorted(live))
            os.kill(live[victim], signal.SIGKILL)
            time.sleep(chance.uniform(0.0, 0.2))
    answered = lab.answers()
    lab.kill()
    return answered, victim


def kill_while_schedules_fire(
    kills: int, declare: Declare, expected: Mapping[str, Collection[str]], *, speed: float, holders: bool
) -> None:
    """Kill the daemon so many times; then let the next one settle everything, and compare.

    A row may have another state than the `expected` ones of its agent only where the run's holder was
    killed, too.
    """
    chance = random.Random(int(os.environ.get("CONSTELLAGENT_TEST_SEED", "3")))
    up, victims = 0, set[str]()
    with FastLab(agents=0, speed=speed) as lab:
        lab.up()
        lab.apply(declare(lab), identities=True)
        lab.kill()
        for _ in range(kills):
            answered, victim = kill_at_random(lab, chance, holders=holders)
            up += answered
            victims |= {victim} - {""}
        lab.up()
        waiting = lab.states()["queued"]
        begin = time.monotonic()
        found = reckon(lab, lab.settle(seconds=600))
        print(
            f"\n{kills} kills of the daemon ({kills - up} while it started), {len(victims)} of holders; "
            f"{found.fires} fires: {found.ran} ran, doubled {len(found.doubled)}, "
            f"absent {len(found.absent)}, without a line but with a row {len(found.told)}; "
            f"rows {dict(found.states)}; {waiting} waited at the end, settled in "
            f"{time.monotonic() - begin:.1f} s"
        )
        assert not found.doubled
        assert not found.absent
        assert not found.false
        assert found.fires >= kills
        odd = {
            run
            for run, row in found.rows.items()
            if row.state not in expected[row.schedule.partition("/")[0]]
        }
        assert odd <= victims, [found.rows[run] for run in odd - victims]
        lab.down()


def test_kills_of_the_daemon_while_schedules_fire() -> None:
    """Whenever the daemon is killed, each fire runs exactly once."""
    kill_while_schedules_fire(6, queued, dict.fromkeys(AGENTS, ("succeeded",)), speed=60, holders=False)


@pytest.mark.long
def test_200_kills_of_the_daemon_and_of_holders_while_schedules_fire() -> None:
    """The same two hundred times; only a run whose holder was killed, too, is not said to have succeeded."""
    kill_while_schedules_fire(200, queued, dict.fromkeys(AGENTS, ("succeeded",)), speed=60, holders=True)


@pytest.mark.long
def test_100_kills_while_runs_of_all_kinds_end_in_all_ways() -> None:
    """Fresh worktrees, retries, replacements and timeouts: each run ends as it should, and runs once."""
    expected = {
        "fresh": {"succeeded"},
        "retried": {"failed", "succeeded"},
        "replaced": {"replaced", "succeeded", "dropped", "missed"},
        "limited": {"timeout", "skipped_overlap", "missed"},
        "allowed": {"succeeded"},
    }
    kill_while_schedules_fire(100, mixed, expected, speed=20, holders=False)


def test_what_keeps_a_run_from_starting_twice_outlives_all_that_is_kept() -> None:
    """Runs of one schedule that ended together while no daemon ran are not run again, though one is kept."""
    with FastLab(agents=0) as lab:
        kept = {"CONSTELLAGENT_KEEP_SESSIONS": "1"}
        lab.up(**kept)
        lab.apply({"clerk": {"s": f'{{cron: "* * * * *", overlap: allow, missed: all, {lab.telling()}}}'}})
        hit, deadline = False, time.monotonic() + 240
        while not hit:
            assert time.monotonic() < deadline, "the daemon never died at the moment that is meant"
            lab.kill()
            lab.wait_until(lab.clock.moment() + timedelta(minutes=2.5))
            lab.up(**kept)
            hit = _die_with_two_begun(lab)
        lab.up(**kept)
        lab.settle()
        runs = Counter(line.run for line in lab.lines())
        lab.down()
    assert len(runs) > 2
    assert set(runs.values()) == {1}


def _die_with_two_begun(lab: FastLab) -> bool:
    """Kill the daemon once two runs have begun of which the ledger does not know it, and let them end."""
    hit, deadline = False, time.monotonic() + 4
    while not hit and time.monotonic() < deadline:
        begun = {marker.parent.name for marker in (lab.home / "sessions").glob("*/started")}
        claimed = {run for (run,) in lab.asked("SELECT run FROM fires WHERE state = 'claimed'")}
        hit = len(begun & claimed) >= 2
    lab.kill()
    wait_for(lambda: not lab.holders(), "the runs to end")
    return hit
