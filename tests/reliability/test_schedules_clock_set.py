"""The wall clock is set while the daemon runs: forward is like sleep, back runs nothing a second time."""

import sys
from collections import Counter
from datetime import datetime, timedelta

import pytest

from constellagent.plan import timetable
from tests.reliability.fast_lab import FastLab
from tests.reliability.lab import wait_for

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(300),
]

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
YEAR = timedelta(days=370)
EVERY_MINUTE = '{{cron: "* * * * *", missed: {missed}, workspace: agent, overlap: queue_all, {telling}}}'


@pytest.mark.parametrize("span", [HOUR, DAY, YEAR], ids=["hour", "day", "year"])
def test_a9_the_clock_is_set_forward_and_back(span: timedelta) -> None:
    """Forward: one row for what is between. Back: nothing fires until a person resets. Never twice."""
    with FastLab(agents=0, speed=30.0 if span == YEAR else 60.0) as lab:
        lab.up()
        lab.apply(
            {
                missed: {"s": EVERY_MINUTE.format(missed=missed, telling=lab.telling())}
                for missed in ("latest", "skip")
            }
        )
        wait_for(lambda: len(lab.lines()) >= 2, "them to fire")
        before = lab.clock.moment()

        lab.clock.set(span.total_seconds())
        wait_for(lambda: _fired_since(lab, before + span) >= 4, "them to fire in the future")
        ahead = lab.settle()
        _compare(lab, ahead)
        gaps = _missed_over(lab, before + span / 2)

        lab.clock.set(-span.total_seconds())
        wait_for(lambda: "the clock was set back by" in lab.daemon_log(), "the daemon to see it")
        wait_for(lambda: not {"queued", "claimed", "running"} & set(lab.states()), "the last ones to end")
        begin, told, known = lab.clock.moment(), len(lab.lines()), len(lab.known())
        lab.wait_until(begin + 4 * MINUTE)
        states = {view["state"] for view in lab.json("schedule", "show")}
        assert (len(lab.lines()), len(lab.known())) == (told, known)

        lab.run("schedule", "reset", "--all")
        wait_for(lambda: len(lab.lines()) >= told + 2, "them to fire in the present again")
        fires = Counter((line.schedule, line.fire_at) for line in lab.lines())
        log = lab.daemon_log()
        lab.down()

    assert set(fires.values()) == {1}
    assert len(gaps) == 2
    assert all(abs(gap * MINUTE - span) <= 5 * MINUTE for gap in gaps)
    assert states == {"on" if span == HOUR else "behind"}
    assert ("far behind what is decided" in log) == (span != HOUR)
    assert ("nothing is started until it has said so for 60 s" in log) == (span == YEAR)
    assert "the clock was set forward by" in log
    assert "the clock was set back by" in log


def _missed_over(lab: FastLab, when: datetime) -> list[int]:
    """Return how many fires each row tells of that were missed before and after a moment.

    A daemon that got no processor for a second has missed a minute, and left a row for that alone.
    """
    missed = [row for row in lab.known() if row.state == "missed"]
    return [row.count for row in missed if row.first and row.first < when < row.fire_at]


def _fired_since(lab: FastLab, when: datetime) -> int:
    return sum(line.fire_at > when for line in lab.lines())


def _compare(lab: FastLab, until: datetime) -> None:
    """Every fire of each schedule has left a line, or is one of those that a row tells of."""
    lines, known = lab.lines(), lab.known()
    for each in lab.in_effect():
        key = each.schedule.key
        ran = sum(line.schedule == key and line.fire_at <= until for line in lines)
        missed = sum(row.count for row in known if row.schedule == key and row.state == "missed")
        assert ran + missed == timetable.count(each.schedule, each.created_at, until)
