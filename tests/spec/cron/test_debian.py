"""What Debian's cron does: its own answers, and each place where cron programs part ways.

The lists come from Debian's own code under a simulated clock, over nine zones and their offset changes, with
fires of the same minute made one.
"""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from constellagent.spec.cron import CronError, parse_cron
from tests.spec.cron.minutes import utc

GOLDEN = Path(__file__).with_name("schedule-golden.jsonl.gz")
DAY = timedelta(days=1)


def test_every_list_of_fires_is_debians() -> None:
    """All 1,271 lists are equal, and so are their lengths as `count` finds them."""
    differences, lists = [], 0
    with gzip.open(GOLDEN, "rt", encoding="ascii") as lines:
        for line in lines:
            row = json.loads(line)
            after, until = (datetime.fromtimestamp(row[key], UTC) for key in ("after", "until"))
            cron = parse_cron(row["cron"])
            found = [int(fire.timestamp()) for fire in cron.between(after, until, row["tz"])]
            if found != row["fires"] or cron.count(after, until, row["tz"]) != len(found):
                differences.append((row["cron"], row["tz"], found[:5], row["fires"][:5]))
            lists += 1
    assert lists == 1271
    assert not differences, f"{len(differences)} lists differ, the first ones: {differences[:5]}"


def local(text: str, zone: str, day: str) -> list[str]:
    """Return the wall-clock times, with their offsets, of the fires of one day in a zone."""
    midday = utc(f"{day}T12:00")
    fires = (
        fire.astimezone(ZoneInfo(zone)) for fire in parse_cron(text).between(midday - DAY, midday + DAY, zone)
    )
    return [f"{fire:%H:%M%z}" for fire in fires if f"{fire:%Y-%m-%d}" == day]


def test_01_a_fixed_time_in_a_fold_runs_once() -> None:
    """01:30 comes twice in New York; the job runs at the first one, in daylight time."""
    assert local("30 1 * * *", "America/New_York", "2027-11-07") == ["01:30-0400"]


def test_02_a_fixed_time_in_a_gap_runs_right_after_it() -> None:
    """There is no 02:30 in New York; the job runs at 03:00."""
    assert local("30 2 * * *", "America/New_York", "2028-03-12") == ["03:00-0400"]


def test_03_a_starred_minute_in_a_gap_does_not_run() -> None:
    """`*/30 2` goes by real time, in which there is no hour 2."""
    assert local("*/30 2 * * *", "America/New_York", "2028-03-12") == []


def test_04_a_starred_hour_in_a_gap_does_not_run() -> None:
    """`30 */2` leaves out 02:30, and invents no 03:00."""
    assert local("30 */2 * * *", "America/New_York", "2028-03-12")[:3] == [
        "00:30-0500",
        "04:30-0400",
        "06:30-0400",
    ]


def test_05_an_hourly_job_runs_in_both_passes_of_a_fold() -> None:
    """01:00 comes twice, an hour apart, and so does the job."""
    assert local("0 * * * *", "America/New_York", "2027-11-07")[:4] == [
        "00:00-0400",
        "01:00-0400",
        "01:00-0500",
        "02:00-0500",
    ]


def test_06_a_gap_at_midnight_moves_the_daily_job() -> None:
    """São Paulo had no midnight on that day; the job ran at 01:00."""
    assert local("0 0 * * *", "America/Sao_Paulo", "2018-11-04") == ["01:00-0200"]


def test_07_a_fold_before_midnight_runs_once() -> None:
    """23:30 came twice in São Paulo; the job ran at the first one."""
    assert local("30 23 * * *", "America/Sao_Paulo", "2019-02-16") == ["23:30-0200"]


def test_08_a_gap_of_half_an_hour_moves_too() -> None:
    """Lord Howe jumps from 02:00 to 02:30; 02:15 runs at 02:30."""
    assert local("15 2 * * *", "Australia/Lord_Howe", "2027-10-03") == ["02:30+1100"]


def test_09_what_is_after_half_a_gap_is_there() -> None:
    """02:36 exists on Lord Howe's short day."""
    assert local("36 * * * *", "Australia/Lord_Howe", "2027-10-03")[:4] == [
        "00:36+1030",
        "01:36+1030",
        "02:36+1100",
        "03:36+1100",
    ]


def test_10_nothing_is_missing_right_after_a_gap() -> None:
    """From 01:00, the first minute of the day in São Paulo, every fourth minute runs."""
    found = local("*/4 1-3/2 * * 0", "America/Sao_Paulo", "2018-11-04")
    assert found[:15] == [f"01:{minute:02}-0200" for minute in range(0, 60, 4)]
    assert found[15:] == [f"03:{minute:02}-0200" for minute in range(0, 60, 4)]


def test_11_a_starred_time_at_a_midnight_gap_is_not_moved() -> None:
    """`*/30 */4` has no 00:00 and 00:30 on a day that begins at 01:00, and no 01:00 instead."""
    assert local("*/30 */4 * * */5", "America/Sao_Paulo", "2018-11-04")[:1] == ["04:00-0200"]
    assert local("*/30 */4 * * */5", "Africa/Cairo", "2027-04-30")[:1] == ["04:00+0300"]


def test_12_a_starred_day_of_the_month_and_a_weekday_must_both_match() -> None:
    """`*/7` begins with a star, so it narrows the Sundays instead of adding days."""
    fires = list(parse_cron("0 12 */7 * 0").between(utc("2026-01-01"), utc("2027-01-01"), "UTC"))
    days = (utc("2026-01-01T12:00") + DAY * step for step in range(365))
    assert fires == [day for day in days if day.isoweekday() == 7 and day.day in {1, 8, 15, 22, 29}]


def test_13_a_range_of_one_is_one() -> None:
    """`2-2` is two o'clock and not every hour."""
    assert local("0 2-2 * * *", "UTC", "2026-01-01") == ["02:00+0000"]
    assert parse_cron("0 2-2 * * *") == parse_cron("0 2 * * *")


@pytest.mark.parametrize(
    ("text", "instead"),
    [("5/20 12 * * *", "5-59/20"), ("0 12 * * 7-1", "two ranges"), ("59/15 12 * * *", "59-59/15")],
    ids=["14", "15", "17"],
)
def test_14_15_17_what_programs_disagree_about_is_refused(text: str, instead: str) -> None:
    """A step without a range and a reversed range are refused, with what to write instead."""
    with pytest.raises(CronError, match=instead) as caught:
        parse_cron(text)
    assert caught.value.rule == "CS017"


def test_16_a_range_may_end_with_sunday_as_seven() -> None:
    """`5-7` is Friday to Sunday."""
    fires = parse_cron("0 12 * * 5-7").between(utc("2026-06-01"), utc("2026-06-08"), "UTC")
    assert [f"{fire:%a}" for fire in fires] == ["Fri", "Sat", "Sun"]


def test_18_the_day_after_a_fold_has_the_right_hour() -> None:
    """Once past the fold the job is back at 01:30."""
    assert local("30 1 * * *", "America/New_York", "2027-11-08") == ["01:30-0500"]


def test_19_a_day_that_the_month_lacks_leaves_the_weekdays() -> None:
    """`31 2 0` is every Sunday of February: either day column is enough."""
    fires = list(parse_cron("0 0 31 2 0").between(utc("2026-01-01"), utc("2026-12-31"), "UTC"))
    assert [fire.day for fire in fires] == [1, 8, 15, 22]


def test_20_fires_are_found_however_long_nobody_looked() -> None:
    """A window of 181 minutes, or of a month, holds its fires; what to do about them is decided elsewhere."""
    cron, before = parse_cron("0 3 * * *"), utc("2026-06-01T02:59")
    assert list(cron.between(before, before + timedelta(minutes=181), "UTC")) == [utc("2026-06-01T03:00")]
    assert cron.previous(before + timedelta(days=30), "UTC") == utc("2026-06-30T03:00")


def test_several_entries_of_one_gap_are_one_run() -> None:
    """Debian would start both of `0,30 2` at 03:00; here it is one run, also if 03:00 is an entry itself."""
    before = utc("2028-03-12T06:59")
    for text in ("0,30 2 * * *", "0,30 2,3 * * *"):
        assert local(text, "America/New_York", "2028-03-12")[0] == "03:00-0400"
        assert parse_cron(text).count(before, before + timedelta(minutes=2), "America/New_York") == 1
    assert local("0,30 2,3 * * *", "America/New_York", "2028-03-12") == ["03:00-0400", "03:30-0400"]


def test_a_day_that_was_left_out_does_not_run() -> None:
    """Apia had no 30 December 2011: a gap of a day is a clock that was set."""
    assert local("0 9 * * *", "Pacific/Apia", "2011-12-29") == ["09:00-1000"]
    assert local("0 9 * * *", "Pacific/Apia", "2011-12-30") == []
    assert local("0 9 * * *", "Pacific/Apia", "2011-12-31") == ["09:00+1400"]
    assert parse_cron("0 0 30 12 *").next(utc("2011-12-01"), "Pacific/Apia") == utc("2012-12-29T10:00")
