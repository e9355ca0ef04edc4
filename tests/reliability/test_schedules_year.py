"""The dry-run is what happens: the ledger of a daemon on a virtual clock equals `schedule list`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from constellagent.plan.fires import shown
from constellagent.runtime.settings import Settings
from tests.reliability.virtual_daemon import virtual
from tests.runtime.scheduler.virtual import VirtualClock, run_until

pytestmark = pytest.mark.timeout(300)

ZONED = (
    ("night", '{cron: "30 2 * * *", timezone: America/New_York}'),  # in the gap, and in the stretch before
    ("fold", '{cron: "30 1 * * *", timezone: America/New_York}'),  # twice on the day of the fold
    ("late", '{cron: "15 1 * * 1-5", timezone: Europe/London, jitter: 20m}'),
    ("half", '{cron: "15 2 * * *", timezone: Australia/Lord_Howe}'),  # a gap of half an hour
    ("midnight", '{cron: "@daily", timezone: America/Sao_Paulo}'),  # a gap at midnight, until 2019
    ("evening", '{cron: "30 23 * * 0,6", timezone: America/Sao_Paulo}'),  # a fold before midnight
    ("friday", '{cron: "30 0 * * 5", timezone: Africa/Cairo, overlap: queue_all}'),  # a gap on Fridays
    ("winter", '{cron: "0 1,2 * * 0", timezone: Europe/Dublin}'),  # where winter time is the odd one
    ("steady", '{cron: "45 5 * * *", timezone: Asia/Kolkata, workspace: agent, overlap: queue_all}'),
    ("hashed", '{cron: "H H * * *", jitter: 45s}'),
    ("either", '{cron: "0 12 13 * 5"}'),  # the 13th, and every Friday
    ("both", '{cron: "0 12 */3 * 1"}'),  # a Monday of every third day
    ("hours", '{cron: "0 */8 * * *", timezone: America/New_York}'),
    ("island", '{cron: "*/30 0-3 * * *", timezone: Australia/Lord_Howe}'),  # by real time, gap or not
    ("office", '{cron: "*/30 9-17 * * 1-5", timezone: Africa/Cairo}'),
    ("month", '{cron: "@monthly", timezone: Europe/London}'),
    ("bounded", '{cron: "20 4 * * *", timezone: Europe/London, BOUNDS}'),
    ("paused", '{cron: "0 0 * * *", paused: true}'),
)
"""Schedules, one of each kind of trouble; some thirty fires a day."""


def declared(begin: datetime, days: int) -> dict[str, dict[str, str]]:
    """Return the schedules of two agents that share them; the window of one is half of the days."""
    start, end = (begin + timedelta(days=days * quarter // 4, hours=4, minutes=20) for quarter in (1, 3))
    bounds = f'start: "{shown(start)}", end: "{shown(end)}"'
    specs = {name: spec.replace("BOUNDS", bounds) for name, spec in ZONED}
    names = list(specs)
    return {
        "clerk": {name: specs[name] for name in names[::2]},
        "guard": {name: specs[name] for name in names[1::2]},
    }


async def live_through(home: Settings, repo: Path, begin: datetime, days: int) -> None:
    """Let so many virtual days pass, and compare the ledger with the list that was made beforehand."""
    end = begin + timedelta(days=days)
    window = ("--from", shown(begin), "--window", f"{days}d")
    async with virtual(home, repo, VirtualClock(begin.timestamp())) as lab:
        await lab.put(declared(begin, days))
        wanted = await lab.said("schedule", "list", *window, "-o", "plain")
        await run_until(lab.scheduler, (end + timedelta(hours=1)).timestamp())  # jitter is due by then, too
        found = await lab.said("schedule", "history", "-o", "plain", "--until", shown(end))
    lines = wanted.decode().splitlines()
    count = len(found.splitlines())
    print(f"\n{days} days from {begin:%Y-%m-%d}: {len(lines)} fires listed, {count} in the ledger")
    assert {line.split("/")[1] for line in lines} == {name for name, _ in ZONED} - {"paused"}
    assert found == wanted


@pytest.mark.parametrize(
    "begin",
    [datetime(2018, 9, 20, 0, 0, 30, tzinfo=UTC), datetime(2027, 3, 1, 0, 0, 30, tzinfo=UTC)],
    ids=["autumn", "spring"],
)
async def test_a9_the_ledger_of_two_months_is_as_listed(
    home: Settings, tmp_path: Path, begin: datetime
) -> None:
    """Sixty days with the changes of the clocks of all zones: the ledger has exactly the listed fires."""
    await live_through(home, tmp_path / "repo", begin, days=60)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("year", [2018, 2026])
async def test_a9_the_ledger_of_400_days_is_as_listed(home: Settings, tmp_path: Path, year: int) -> None:
    """The same over four hundred days: in 2018 with Brazil's summer time, from 2026 on with Egypt's."""
    begin = datetime(year, 6, 1, 0, 0, 30, tzinfo=UTC)
    await live_through(home, tmp_path / "repo", begin, days=400)
