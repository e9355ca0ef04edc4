"""A second reading of cron, minute by minute: slow, short, and written apart from the package."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

MINUTE = timedelta(minutes=1)
NAMES = {3: {"JAN": 1, "feb": 2, "Oct": 10}, 4: {"SUN": 0, "mon": 1, "Fri": 5}}
"""Some names of months and weekdays, by column."""
ENDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))

CHANGES = [
    ("America/New_York", "2027-03-14T07:00"),
    ("America/New_York", "2027-11-07T06:00"),
    ("Europe/London", "2027-03-28T01:00"),
    ("Europe/London", "2027-10-31T01:00"),
    ("Europe/Dublin", "2027-03-28T01:00"),
    ("Europe/Dublin", "2027-10-31T01:00"),
    ("Australia/Lord_Howe", "2027-04-03T15:00"),
    ("Australia/Lord_Howe", "2027-10-02T15:30"),
    ("America/Sao_Paulo", "2018-11-04T03:00"),
    ("America/Sao_Paulo", "2019-02-17T02:00"),
    ("Africa/Cairo", "2027-04-29T22:00"),
    ("Africa/Cairo", "2027-10-28T21:00"),
    ("Antarctica/Troll", "2027-03-28T01:00"),
    ("Antarctica/Troll", "2027-10-31T01:00"),
    ("Antarctica/Casey", "2009-10-17T18:00"),
    ("Antarctica/Casey", "2010-03-04T15:00"),
    ("Pacific/Apia", "2011-12-30T10:00"),
    ("Pacific/Kwajalein", "1969-09-30T13:00"),
    ("UTC", "2028-02-29T00:00"),
    ("Asia/Kolkata", "2027-12-31T18:30"),
]
"""Zones, each with a moment (UTC) at which its offset changes, or which is odd otherwise."""


def utc(text: str) -> datetime:
    """Return the moment in UTC that the text gives."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def numbers(text: str, column: int) -> set[int]:
    """Return the numbers that one column stands for."""
    (low, high), names = ENDS[column], NAMES.get(column, {})
    found: set[int] = set()
    for item in text.split(","):
        span, _, step = item.partition("/")
        first, _, last = (
            ("0-7" if column == 4 else f"{low}-{high}").partition("-") if span == "*" else span.partition("-")
        )
        ends = [names[end] if end in names else int(end) for end in (first, last or first)]
        found |= set(range(ends[0], ends[1] + 1, int(step or 1)))
    return {number % 7 for number in found} if column == 4 else found


class Matcher:
    """Tells whether a wall clock's time matches an expression without words and `H`."""

    def __init__(self, text: str) -> None:
        columns = text.split()
        self.sets = [numbers(column, place) for place, column in enumerate(columns)]
        self.wildcard = columns[0][0] == "*" or columns[1][0] == "*"
        self.either = columns[2][0] != "*" and columns[4][0] != "*"

    def __call__(self, local: datetime) -> bool:
        """Whether this naive time matches."""
        minutes, hours, days, months, weekdays = self.sets
        if local.minute not in minutes or local.hour not in hours or local.month not in months:
            return False
        in_month, in_week = local.day in days, local.isoweekday() % 7 in weekdays
        return (in_month or in_week) if self.either else (in_month and in_week)


def fires(text: str, after: datetime, until: datetime, zone: str) -> Iterator[datetime]:
    """Yield what Debian's cron would start in (after, until], with each gap's fires made one."""
    match, place = Matcher(text), ZoneInfo(zone)
    moment = after.replace(second=0, microsecond=0) - timedelta(days=2)
    highest = moment.astimezone(place).replace(tzinfo=None, fold=0)
    while moment < until.replace(second=0, microsecond=0):
        moment += MINUTE
        local = moment.astimezone(place).replace(tzinfo=None, fold=0)
        if match.wildcard or local - highest > timedelta(hours=3) + MINUTE:
            found = match(local)
        else:
            found = any(match(highest + MINUTE * step) for step in range(1, (local - highest) // MINUTE + 1))
        highest = max(highest, local)
        if found and moment > after:
            yield moment


def _column(column: int, likely: list[int]) -> st.SearchStrategy[str]:
    low, high = ENDS[column]
    number = st.sampled_from(likely) | st.integers(low, high)
    step = st.integers(1, 59 if column < 2 else 9)
    item = st.one_of(
        st.just("*"),
        number.map(str),
        st.sampled_from(sorted(NAMES.get(column, [str(low)]))),
        st.tuples(number, number).map(sorted).map(lambda ends: f"{ends[0]}-{ends[1]}"),
        st.tuples(number, number, step).map(lambda three: f"{min(three[:2])}-{max(three[:2])}/{three[2]}"),
        step.map(lambda every: f"*/{every}"),
    )
    return st.just("*") | st.lists(item, min_size=1, max_size=3).map(",".join)


def expressions() -> st.SearchStrategy[str]:
    """Expressions that fire often enough to be seen, most of them where offsets change; some never fire."""
    columns = [
        _column(0, [0, 15, 30, 59]),
        _column(1, [0, 1, 2, 3, 23]),
        _column(2, [1, 13, 28, 29, 30, 31]),
        _column(3, [2, 3, 10, 11]),
        _column(4, [0, 1, 5, 7]),
    ]
    daily = st.tuples(columns[0], columns[1], st.just("* * *"))
    return (daily | st.tuples(*columns)).map(" ".join)
