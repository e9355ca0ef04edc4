"""Sleep over fires: `latest` makes up for one, `skip` for none, `all` for each; rows tell of the others."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from constellagent.plan.fires import shown
from constellagent.runtime.schedule_views import RunView
from constellagent.runtime.settings import Settings
from tests.reliability.fast_lab import FastLab, Known
from tests.reliability.virtual_daemon import virtual
from tests.runtime.scheduler.virtual import VirtualClock, run_until

pytestmark = pytest.mark.timeout(300)

MISSED = ("latest", "skip", "all")
BEGIN = datetime(2026, 11, 22, 12, 30, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURLY = '{{cron: "0 * * * *", missed: {missed}, catch_up_window: 60d, max_catch_up: 1000}}'
FOUR = '{{cron: "{minutes} * * * *", missed: {missed}, workspace: agent, overlap: queue_all, {telling}}}'


@pytest.mark.parametrize("how", ["asleep", "down"])
@pytest.mark.parametrize("hours", [8, 720], ids=["night", "month"])
async def test_a9_a_virtual_sleep_over_fires(home: Settings, tmp_path: Path, hours: int, how: str) -> None:
    """After a night or a month: one run for `latest`, none for `skip`, one for each hour for `all`."""
    async with virtual(home, tmp_path / "repo", VirtualClock(BEGIN.timestamp())) as lab:
        await lab.put({"clerk": {missed: HOURLY.format(missed=missed) for missed in MISSED}})
        if how == "down":
            await lab.close()
        lab.clock.sleep(hours * 3600.0)
        if how == "down":
            await lab.start()
        await lab.look()
        await run_until(lab.scheduler, lab.clock.time + 1500)  # a second between starts; no fire is in this
        latest, skip, every = [await lab.history(f"clerk/{missed}") for missed in MISSED]

    first, last = (BEGIN.replace(minute=0, second=0) + HOUR * number for number in (1, hours))
    assert [_told(row) for row in latest] == [
        ("missed", "schedule", shown(first), shown(last - HOUR), hours - 1),
        ("succeeded", "catchup", "", shown(last), 1),
    ]
    assert latest[1]["missed"] == hours - 1
    assert [_told(row) for row in skip] == [("missed", "schedule", shown(first), shown(last), hours)]
    assert [_told(row) for row in every] == [
        ("succeeded", "catchup", "", shown(first + HOUR * number), 1) for number in range(hours)
    ]
    ends = [row["ended_at"] for row in every]
    assert ends == sorted(ends)


def _told(row: RunView) -> tuple[str, str, str, str, int]:
    return row["state"], row["reason"], row["first"], row["fire_at"], row["count"]


@pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc")
def test_a9_a_frozen_daemon_over_fires() -> None:
    """A daemon that stood still over four fires: one run for `latest`, none for `skip`, four for `all`."""
    with FastLab(agents=0) as lab:
        lab.up()
        lab.apply(_declared(lab, lab.clock.moment() - HOUR / 2))  # worktrees take their time
        first = lab.soon(8)
        last = first + timedelta(minutes=3)
        lab.apply(_declared(lab, first))
        assert lab.clock.moment() < first, "the machine is too slow"
        lab.wait_until(first - timedelta(seconds=100))  # long before: to stop it takes a moment, too
        with lab.frozen():
            lab.wait_until(last + timedelta(seconds=70))  # the newest is then missed, and not just late
        until = lab.settle()
        rows = {
            missed: [row for row in lab.known() if row.schedule == f"{missed}/{missed}"] for missed in MISSED
        }
        ran = [(line.schedule, line.fire_at) for line in lab.lines()]
        lab.down()

    minute = timedelta(minutes=1)
    fires = [first + minute * number for number in range(4)]
    assert until > last
    assert sorted(ran) == [*(("all/all", fire) for fire in fires), ("latest/latest", last)]
    assert [_brief(row) for row in rows["latest"]] == [
        ("missed", first, last - minute, 3),
        ("succeeded", None, last, 1),
    ]
    assert [_brief(row) for row in rows["skip"]] == [("missed", first, last, 4)]
    assert [_brief(row) for row in rows["all"]] == [("succeeded", None, fire, 1) for fire in fires]
    assert {row.reason for row in rows["all"]} == {"catchup"}


def _declared(lab: FastLab, first: datetime) -> dict[str, dict[str, str]]:
    """Return schedules that fire in four minutes of every hour, from this one on; each has its agent."""
    minutes = ",".join(str((first.minute + number) % 60) for number in range(4))
    return {
        missed: {missed: FOUR.format(minutes=minutes, missed=missed, telling=lab.telling())}
        for missed in MISSED
    }


def _brief(row: Known) -> tuple[str, datetime | None, datetime, int]:
    return row.state, row.first, row.fire_at, row.count
