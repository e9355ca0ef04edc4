"""When zones change their offset, against a scan of every hour."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from importlib import resources
from zoneinfo import ZoneInfo

import pytest

from constellagent.spec.cron.zones import OffsetChange, changes, find_zone, offset_at

HOUR = timedelta(hours=1)


class Turning(tzinfo):
    """A zone that goes from one hour ahead of UTC to two, once."""

    def __init__(self, turn: datetime) -> None:
        self.turn = turn

    def fromutc(self, moment: datetime) -> datetime:
        """Return the wall clock's time."""
        offset = HOUR if moment.replace(tzinfo=None) < self.turn else 2 * HOUR
        return moment + offset

    def utcoffset(self, moment: datetime | None) -> timedelta:
        """Return the offset at a time of the wall clock."""
        assert moment is not None
        return HOUR if moment.replace(tzinfo=None) < self.turn + HOUR else 2 * HOUR

    def dst(self, _moment: datetime | None) -> timedelta | None:
        """Tell nothing."""
        return None

    def tzname(self, _moment: datetime | None) -> str:
        """Return the name."""
        return "turning"


SAMPLE = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Argentina/Tucuman",
    "America/New_York",
    "America/Noronha",
    "America/Sao_Paulo",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Asia/Gaza",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Pacific/Apia",
    "UTC",
)


def at(text: str) -> datetime:
    """Return a naive time."""
    return datetime.fromisoformat(text)


def hourly(zone: tzinfo, first: int, last: int) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Yield the first hour of each new offset, with the offsets, from one year to the end of another."""
    moment, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    while moment < end:
        following = (moment + HOUR).astimezone(zone).utcoffset()
        assert following is not None
        moment += HOUR
        if following != offset:
            yield moment.replace(tzinfo=None), offset, following
            offset = following


def check(name: str, first: int, last: int) -> int:
    """Compare the changes of some years with an hourly scan; return how many there are."""
    zone = ZoneInfo(name)
    found = list(changes(zone, datetime(first, 1, 1, 0, 1), datetime(last + 1, 1, 1, 0, 1)))  # noqa: DTZ001 - naive UTC
    scanned = list(hourly(zone, first, last))
    assert [(change.before, change.after) for change in found] == [(old, new) for _, old, new in scanned], (
        name
    )
    for change, (hour, _, _) in zip(found, scanned, strict=True):
        assert hour - HOUR < change.at <= hour, name
        assert offset_at(zone, change.at) == change.after
        assert offset_at(zone, change.at - timedelta(minutes=1)) == change.before
    return len(found)


@pytest.mark.parametrize("name", SAMPLE)
def test_finds_every_change_of_some_zones(name: str) -> None:
    """Looking once a day misses no change, not even the ones that lie a week apart."""
    for first, last in ((2000, 2000), (2004, 2004), (2009, 2011), (2027, 2027)):
        check(name, first, last)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_finds_every_change_of_every_zone() -> None:
    """Looking once a day misses no change of any zone from 1975 to 2037."""
    folder = resources.files("tzdata")
    names = sorted(folder.joinpath("zones").read_text(encoding="ascii").split())
    # Many names are other ones' aliases.
    alike = {folder.joinpath("zoneinfo", *name.split("/")).read_bytes(): name for name in names}
    total = sum(check(name, 1975, 2037) for name in alike.values())
    assert total > 5000


def test_a_window_takes_its_first_minute_and_leaves_its_last() -> None:
    """A change at the start of the window is in it, one at its end is not."""
    zone, change = ZoneInfo("Europe/London"), at("2027-03-28T01:00")
    minute = timedelta(minutes=1)
    assert [found.at for found in changes(zone, change, change + minute)] == [change]
    assert list(changes(zone, change - HOUR, change)) == []
    assert list(changes(zone, change + HOUR, change)) == []


@pytest.mark.parametrize("shift", [timedelta(minutes=-1), timedelta(0), timedelta(minutes=1)])
def test_a_change_at_the_turn_of_a_year_is_found_once(shift: timedelta) -> None:
    """A change in the first minute of a year, the one before or the one after belongs to one year only."""
    turn = at("2028-01-01T00:00") + shift
    zone = Turning(turn)
    (change,) = changes(zone, at("2026-06-01T00:00"), at("2029-06-01T00:00"))
    assert change == OffsetChange(turn, HOUR, 2 * HOUR)
    assert list(changes(zone, turn, turn + HOUR)) == [change]


def test_odd_seconds_are_cut_to_the_minute() -> None:
    """Monrovia's offset of 44 minutes and 30 seconds counts as 45, so that fires are whole minutes too."""
    zone = ZoneInfo("Africa/Monrovia")
    (change,) = changes(zone, at("1972-01-01T00:00"), at("1973-01-01T00:00"))
    assert change == OffsetChange(at("1972-01-07T00:45"), timedelta(minutes=-45), timedelta(0))


def test_zones_by_name_and_as_objects() -> None:
    """A name is looked up, an object is taken as it is."""
    assert find_zone("Europe/Dublin") is ZoneInfo("Europe/Dublin")
    assert find_zone(UTC) is UTC
    fixed = timezone(timedelta(hours=5, minutes=30))
    assert list(changes(fixed, at("2026-01-01T00:00"), at("2028-01-01T00:00"))) == []
    assert offset_at(fixed, at("2026-01-01T00:00")) == timedelta(hours=5, minutes=30)


@pytest.mark.parametrize("name", ["Europe/Lundon", "", "../etc/passwd", "Europe", "a\0b", "/etc/hosts"])
def test_names_of_no_zone_are_refused(name: str) -> None:
    """What is no zone is told as such, and no file beside the database is read."""
    with pytest.raises(ValueError, match="is no time zone of the tz database, such as Europe/London or UTC"):
        find_zone(name)


class Nowhere(tzinfo):
    """A zone that does not know its offset."""

    def tzname(self, _moment: datetime | None) -> str:
        """Return the name."""
        return "nowhere"

    def dst(self, _moment: datetime | None) -> timedelta | None:
        """Know nothing."""
        return None

    def fromutc(self, moment: datetime) -> datetime:
        """Leave the moment as it is."""
        return moment

    def utcoffset(self, _moment: datetime | None) -> timedelta | None:
        """Know nothing."""
        return None


def test_a_zone_without_an_offset_is_refused() -> None:
    """A zone object that gives no offset is an error and no UTC."""
    with pytest.raises(ValueError, match="has no offset from UTC"):
        offset_at(Nowhere(), at("2026-01-01T00:00"))
