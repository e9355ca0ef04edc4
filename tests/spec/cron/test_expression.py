"""A cron expression's fires: one question asked in many ways, and against a search of every minute."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from constellagent.spec.cron import WORDS, Cron, CronError, Shift, parse_cron
from tests.spec.cron.minutes import CHANGES, MINUTE, Matcher, expressions, fires, utc

DAY = timedelta(days=1)
NEW_YORK = "America/New_York"


@st.composite
def windows(draw: st.DrawFn) -> tuple[Cron, str, datetime, datetime]:
    """Draw an expression, and a zone with a window around a moment at which its offset changes."""
    try:
        cron = parse_cron(draw(expressions()))
    except CronError as error:
        assume(error.rule != "CS003")
        raise
    zone, change = draw(st.sampled_from(CHANGES))
    seconds = draw(st.sampled_from([0, 0, 0, 1, 59]))
    after = utc(change) + draw(st.integers(-2000, 500)) * MINUTE + timedelta(seconds=seconds)
    return cron, zone, after, after + draw(st.integers(-10, 2000)) * MINUTE + timedelta(seconds=seconds)


@given(windows())
def test_fires_are_those_of_a_clock_that_is_watched_every_minute(
    window: tuple[Cron, str, datetime, datetime],
) -> None:
    """Around offset changes the fires are those that a simulated clock would start."""
    cron, zone, after, until = window
    assert list(cron.between(after, until, zone)) == list(fires(cron.text, after, until, zone))


@given(windows(), st.floats(0, 1))
def test_all_questions_have_one_answer(window: tuple[Cron, str, datetime, datetime], part: float) -> None:
    """The first, the last, the number and the parts of a window agree with the window."""
    cron, zone, after, until = window
    found = list(cron.between(after, until, zone))
    assert all(before < fire for before, fire in pairwise(found))
    assert all(after < fire <= until and fire.tzinfo is UTC and not fire.second for fire in found)
    assert cron.count(after, until, zone) == len(found)
    following, last = cron.next(after, zone), cron.previous(until + timedelta(microseconds=1), zone)
    if found:
        assert (following, last) == (found[0], found[-1])
        assert [cron.next(fire, zone) for fire in found[:-1][:20]] == found[1:21]
        assert [cron.previous(fire, zone) for fire in found[1:][-20:]] == found[:-1][-20:]
    else:
        assert following is None or following > until or after >= until
        assert last is None or last <= after or after >= until
    middle = after + (until - after) * part
    assert [*cron.between(after, middle, zone), *cron.between(middle, until, zone)] == found or after > until
    assert list(cron.between(after, until, ZoneInfo(zone))) == found


@given(
    expressions(),
    st.sampled_from(["UTC", "Asia/Kolkata", NEW_YORK, "Africa/Cairo", "Europe/London"]),
    st.datetimes(datetime(1975, 1, 1), datetime(2120, 1, 1)),  # noqa: DTZ001 - given UTC below
)
def test_years_away_next_and_previous_are_neighbours(text: str, zone: str, moment: datetime) -> None:
    """There is nothing between the fires on both sides of a moment, however far away they are."""
    try:
        cron = parse_cron(text)
    except CronError:
        return
    now = moment.replace(tzinfo=UTC)
    before, after = cron.previous(now, zone), cron.next(now, zone)
    assert before is None or before < now
    assert after is None or after > now
    if before and after:
        expected = 1 if now in set(cron.between(before, now, zone)) else 0
        assert cron.count(before, after, zone) == expected + 1


@given(windows())
def test_shifts_say_what_the_fires_do(window: tuple[Cron, str, datetime, datetime]) -> None:
    """Each shift's effect is seen in the fires around it, and no change that touches the job is left out."""
    cron, zone, after, until = window
    match, place = Matcher(cron.text), ZoneInfo(zone)
    told = {shift.at: shift for shift in cron.shifts(after, until, zone)}
    assert list(told) == sorted(told)
    moment = after.replace(second=0)
    while moment < until.replace(second=0):
        moment += MINUTE
        offsets = [(at.astimezone(place).utcoffset() or timedelta()) for at in (moment - MINUTE, moment)]
        jump = offsets[1] - offsets[0]
        if not jump:
            assert moment not in told
            continue
        low, high = sorted((moment + offset).replace(tzinfo=None) for offset in offsets)
        touched = [
            low + MINUTE * step for step in range((high - low) // MINUTE) if match(low + MINUTE * step)
        ]
        assert (moment in told) == bool(touched)
        if not touched:
            continue
        shift, around = told[moment], set(cron.between(moment - abs(jump) - MINUTE, moment + abs(jump), zone))
        assert shift.local.startswith(f"{touched[0]:%H:%M}")
        passes = [{(at - offset).replace(tzinfo=UTC) for at in touched} for offset in offsets]
        match shift:
            case Shift(kind="gap", effect="moved"):
                assert not match.wildcard
                assert moment in around
            case Shift(kind="gap", effect="skipped"):
                assert match.wildcard or jump > timedelta(hours=3)
                assert (moment in around) == match((moment + offsets[1]).replace(tzinfo=None))
            case Shift(kind="fold", effect="twice"):
                assert passes[0] | passes[1] <= around
            case _:
                assert (shift.kind, shift.effect) == ("fold", "once")
                assert passes[0] <= around
                assert not passes[1] & around


@given(expressions(), st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1)))  # noqa: DTZ001 - given UTC below
def test_no_two_fires_are_closer_than_the_smallest_gap(text: str, moment: datetime) -> None:
    """In a zone without offset changes, fires keep their distance, and no day has more than it may."""
    try:
        cron = parse_cron(text)
    except CronError:
        return
    found = list(islice(cron.between(moment.replace(tzinfo=UTC), utc("2200-01-01"), "UTC"), 60))
    assert all(after - before >= cron.smallest_gap for before, after in pairwise(found))
    day = found[0].replace(hour=0, minute=0) - MINUTE
    assert cron.count(day, day + DAY, "UTC") == cron.most_per_day


@pytest.mark.parametrize(
    ("text", "gap", "most"),
    [
        ("* * * * *", "0:01:00", 1440),
        ("*/25 * * * *", "0:10:00", 72),
        ("0 */5 * * *", "4:00:00", 5),
        ("50 0,23 * * *", "1:00:00", 2),
        ("5,50 0,23 * * *", "0:15:00", 4),
        ("5,50 0,23 * * 1", "0:45:00", 4),
        ("30 9,17 * * *", "8:00:00", 2),
        ("0 9 * * *", "1 day, 0:00:00", 1),
        ("0 9 * * 1", "7 days, 0:00:00", 1),
        ("0 9 1 * *", "28 days, 0:00:00", 1),
        ("0 9 1 * 1", "1 day, 0:00:00", 1),
        ("@yearly", "365 days, 0:00:00", 1),
    ],
)
def test_the_smallest_gap_and_the_most_fires(text: str, gap: str, most: int) -> None:
    """Both follow from the numbers of the columns, over midnight too."""
    assert str(parse_cron(text).smallest_gap) == gap
    assert parse_cron(text).most_per_day == most


def test_the_parts_of_an_expression() -> None:
    """It keeps what was written and shows the numbers that this means."""
    cron = parse_cron(" */20  2-2 * JAN mon-fri,7 ")
    assert cron.text == "*/20 2-2 * JAN mon-fri,7"
    assert cron.resolved == "*/20 2 * 1 1-5,7"
    assert (sorted(cron.minutes), sorted(cron.hours), sorted(cron.months)) == ([0, 20, 40], [2], [1])
    assert (sorted(cron.days), sorted(cron.weekdays)) == ([*range(1, 32)], [0, 1, 2, 3, 4, 5])
    assert cron.wildcard
    assert repr(cron) == "Cron(text='*/20 2-2 * JAN mon-fri,7', resolved='*/20 2 * 1 1-5,7')"


@pytest.mark.parametrize(
    ("text", "wildcard"),
    [("* 2 * * *", True), ("0 */2 * * *", True), ("H 0-23 * * *", False), ("5,* 1 * * *", False)],
)
def test_a_star_at_the_start_makes_a_job_go_by_real_time(text: str, wildcard: bool) -> None:
    """As in Debian it is the first character of minute or hour that counts, not what the column covers."""
    assert parse_cron(text).wildcard == wildcard


@pytest.mark.parametrize(("word", "text"), WORDS.items())
def test_words_are_never_hashed(word: str, text: str) -> None:
    """A word is its five columns, whatever the seed, and equal to them."""
    cron = parse_cron(word, seed="agent/name")
    assert (cron.text, cron.resolved) == (word, text)
    assert cron == parse_cron(text)
    assert hash(cron) == hash(parse_cron(text))
    assert cron != parse_cron("1 2 3 4 5")


def test_the_seed_decides_what_h_is() -> None:
    """The same seed gives the same expression, another one mostly another, and all equal their numbers."""
    one, two = (parse_cron("H H(1-5) * * *", seed=seed) for seed in ("docs/nightly", "docs/weekly"))
    assert one == parse_cron("H H(1-5) * * *", seed="docs/nightly") == parse_cron(one.resolved)
    assert one != two
    assert one.text == two.text == "H H(1-5) * * *"


def test_leap_days() -> None:
    """29 February comes every four years, not in 2100, and on a Sunday only after 40 years across it."""
    leap, sunday = parse_cron("0 0 29 2 *"), parse_cron("0 0 29 2 */7")
    assert leap.next(utc("2096-02-29"), "UTC") == utc("2104-02-29")
    assert leap.previous(utc("2104-02-29"), "UTC") == utc("2096-02-29")
    assert sunday.next(utc("2088-02-29"), "UTC") == utc("2128-02-29")
    assert sunday.previous(utc("2128-02-29"), NEW_YORK) == utc("2088-02-29T05:00")
    assert sunday.count(utc("2000-01-01"), utc("2128-12-31"), "UTC") == 5
    either = parse_cron("0 0 29 2 1")
    assert [f"{fire:%d}" for fire in either.between(utc("2028-01-01"), utc("2029-01-01"), "UTC")] == [
        "07",
        "14",
        "21",
        "28",
        "29",
    ]


def test_a_time_that_a_zone_never_shows_has_no_fire() -> None:
    """By real time there is no 02:30 on the second Sunday of March in New York, in any year since 2007."""
    cron = parse_cron("*/30 2 8-14 3 */7")
    assert cron.next(utc("2026-01-01"), NEW_YORK) is None
    assert cron.previous(utc("2026-01-01"), NEW_YORK) == utc("2006-03-12T07:30")
    assert cron.previous(utc("2048-01-01"), NEW_YORK) is None
    assert cron.count(utc("2026-01-01"), utc("2066-01-01"), NEW_YORK) == 0
    assert cron.next(utc("2026-01-01"), "UTC") == utc("2026-03-08T02:00")
    assert list(cron.shifts(utc("2026-01-01"), utc("2027-01-01"), NEW_YORK)) == [
        Shift(utc("2026-03-08T07:00"), "gap", "skipped", "02:00, 02:30")
    ]
    fixed = parse_cron("30 2 8-14 3 */7")
    assert fixed.next(utc("2026-01-01"), NEW_YORK) == utc("2026-03-08T07:00")
    assert fixed.count(utc("2026-01-01"), utc("2036-01-01"), NEW_YORK) == 10


@pytest.mark.parametrize(
    ("text", "shifts"),
    [
        ("30 2 * * *", ["03-14T07:00 gap moved 02:30"]),
        ("30 1 * * *", ["11-07T06:00 fold once 01:30"]),
        (
            "*/20 1,2 * * *",
            ["03-14T07:00 gap skipped 02:00, 02:20, 02:40", "11-07T06:00 fold twice 01:00, 01:20, 01:40"],
        ),
        ("*/5 2 * * *", ["03-14T07:00 gap skipped 02:00, 02:05, 02:10 and 9 more"]),
        ("0 3 * * *", []),
        ("30 1,2 * 5 *", []),
    ],
)
def test_a_year_of_shifts(text: str, shifts: list[str]) -> None:
    """Only the changes that touch a job are told, with what happens and the times it is about."""
    found = parse_cron(text).shifts(utc("2027-01-01"), utc("2028-01-01"), NEW_YORK)
    assert [f"{shift.at:%m-%dT%H:%M} {shift.kind} {shift.effect} {shift.local}" for shift in found] == shifts


def test_a_left_out_day_is_told_as_skipped() -> None:
    """A fixed-time job of the day that Apia left out is lost, and the shift says so."""
    (shift,) = parse_cron("0 9 * * *").shifts(utc("2011-12-01"), utc("2012-01-15"), "Pacific/Apia")
    assert shift == Shift(utc("2011-12-30T10:00"), "gap", "skipped", "09:00")


def test_three_hours_are_made_up_for() -> None:
    """Casey's clock jumped three hours ahead and later three back: nothing is lost and nothing runs twice."""
    cron = parse_cron("30 3 * * *")
    assert [*cron.shifts(utc("2009-06-01"), utc("2010-06-01"), "Antarctica/Casey")] == [
        Shift(utc("2009-10-17T18:00"), "gap", "moved", "03:30")
    ]
    assert cron.count(utc("2009-10-16"), utc("2009-10-19"), "Antarctica/Casey") == 3
    (shift,) = parse_cron("30 23 * * *").shifts(utc("2009-06-01"), utc("2010-06-01"), "Antarctica/Casey")
    assert shift == Shift(utc("2010-03-04T15:00"), "fold", "once", "23:30")


ASKING: list[Callable[[Cron, datetime], object]] = [
    lambda cron, moment: cron.between(moment, utc("2030-01-01"), "UTC"),
    lambda cron, moment: cron.between(utc("2020-01-01"), moment, "UTC"),
    lambda cron, moment: cron.next(moment, "UTC"),
    lambda cron, moment: cron.previous(moment, "UTC"),
    lambda cron, moment: cron.count(moment, utc("2030-01-01"), "UTC"),
    lambda cron, moment: cron.shifts(moment, utc("2030-01-01"), "UTC"),
]


@pytest.mark.parametrize("ask", ASKING)
def test_a_naive_datetime_is_refused_at_once(ask: Callable[[Cron, datetime], object]) -> None:
    """Nobody can tell which moment a naive time is; iterators say so when they are made."""
    with pytest.raises(ValueError, match="has no time zone; fires are found for aware datetimes only"):
        ask(parse_cron("@daily"), datetime(2026, 1, 1))  # noqa: DTZ001 - the naive time that is refused


def test_an_unknown_zone_is_refused_at_once() -> None:
    """A zone's name is looked up before the first fire is asked for."""
    with pytest.raises(ValueError, match="'Europe/Lundon' is no time zone"):
        parse_cron("@daily").between(utc("2026-01-01"), utc("2027-01-01"), "Europe/Lundon")


def test_moments_may_be_given_in_any_zone() -> None:
    """What counts is the moment; the fires are UTC."""
    there = datetime(2026, 6, 1, 8, 59, 59, 999999, tzinfo=ZoneInfo(NEW_YORK))
    cron = parse_cron("0 9 * * *")
    assert cron.next(there, NEW_YORK) == utc("2026-06-01T13:00")
    assert cron.next(there, timezone(timedelta(hours=-5))) == utc("2026-06-01T14:00")
    assert cron.previous(utc("2026-06-01T13:00:01"), NEW_YORK) == utc("2026-06-01T13:00")


@pytest.mark.parametrize("hours", [-12, 0, 14])
def test_the_ends_of_the_calendar_are_quiet(hours: int) -> None:
    """At the first and the last moments that a datetime can hold there is an answer, and no overflow."""
    cron, there = parse_cron("0 9 * * *"), timezone(timedelta(hours=hours))
    first, last = datetime.min.replace(tzinfo=there), datetime.max.replace(tzinfo=there)
    for zone in ("UTC", "Pacific/Apia"):
        assert cron.previous(first, zone) is None
        assert cron.next(last, zone) is None
        assert cron.next(first, zone)
        assert cron.previous(last, zone)
        assert cron.count(last, first, zone) == len(list(cron.between(last, first, zone))) == 0
        assert next(cron.between(first, last, zone)) == cron.next(first, zone)


def cpu(run: Callable[[], object], times: int) -> float:
    """Return the seconds of CPU that one call takes: the best of three rounds."""
    rounds = []
    for _ in range(3):
        began = time.process_time()
        for _ in range(times):
            run()
        rounds.append((time.process_time() - began) / times)
    return min(rounds)


def test_counting_does_not_walk() -> None:
    """A count over 30 days or a year of minutes costs by days (goals 100 µs and 2 ms; fivefold here)."""
    cron, now = parse_cron("*/5 * * * *"), utc("2027-04-01T03:12")
    assert cpu(lambda: cron.count(now - 30 * DAY, now, NEW_YORK), 100) < 0.0005
    minutes = parse_cron("* * * * *")
    assert cpu(lambda: minutes.count(now - 365 * DAY, now, NEW_YORK), 10) < 0.01
    assert minutes.count(now - 365 * DAY, now, NEW_YORK) == 365 * 1440


def test_the_neighbours_of_a_moment_are_cheap() -> None:
    """What is next and what was last takes no walk (goal 250 µs; tenfold here, since machines differ)."""
    now = utc("2027-05-05T03:12")
    for text in ("* * * * *", "0 9 * * 1-5", "30 2 1 * *"):
        cron = parse_cron(text)
        for ask in (cron.next, cron.previous):
            assert cpu(partial(ask, now, NEW_YORK), 50) < 0.0025
