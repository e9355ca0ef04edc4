"""Which schedule is to be decided about next."""

from hypothesis import given
from hypothesis import strategies as st

from constellagent.plan.declared import resolve
from constellagent.runtime.scheduler.board import Entry
from constellagent.runtime.scheduler.dues import Dues
from tests.runtime.scheduler.lab import declaration
from tests.runtime.scheduler.virtual import NOON

SCHEDULE = resolve("docs", "daily", declaration(cron="0 13 * * *"))


def entry(constellation: str = "c") -> Entry:
    """Return a schedule."""
    return Entry(constellation, SCHEDULE, "", NOON)


def test_what_is_due_is_taken_once_and_in_order() -> None:
    """The first ones first, no more than asked for, and none whose time has not come."""
    dues = Dues()
    first, second, later = entry(), entry(), entry()
    for one, look_at in ((second, 2.0), (later, 9.0), (first, 1.0)):
        dues.put(one, look_at)

    assert dues.next() == 1.0
    assert dues.take(5.0, 1) == [first]
    assert dues.take(5.0, 9) == [second]
    assert dues.take(5.0, 9) == []
    assert dues.next() == 9.0


def test_what_was_said_before_does_not_count() -> None:
    """Only the last word about a schedule does; none at all means never."""
    dues = Dues()
    one, other = entry(), entry()
    dues.put(one, 1.0)
    dues.put(one, 5.0)
    dues.put(other, 2.0)
    dues.put(other, None)

    assert dues.next() == 5.0
    assert dues.take(4.0, 9) == []
    assert dues.take(5.0, 9) == [one]
    assert dues.next() is None


def test_each_time_one_constellation_is_taken() -> None:
    """The others stay due, in their order."""
    dues = Dues()
    entries = [entry("cd"[number % 2]) for number in range(4)]
    for number, one in enumerate(entries):
        dues.put(one, float(number))

    assert dues.take(9.0, 9) == entries[::2]
    assert dues.next() == 1.0
    assert dues.take(9.0, 9) == entries[1::2]


@given(st.lists(st.tuples(st.integers(0, 4), st.none() | st.integers(0, 9)), max_size=40), st.integers(0, 9))
def test_taking_gives_exactly_those_whose_last_word_is_due(
    words: list[tuple[int, int | None]], now: int
) -> None:
    """Whatever is said in whatever order."""
    dues = Dues()
    entries = [entry() for _ in range(5)]
    last: dict[int, int | None] = {}
    for number, look_at in words:
        dues.put(entries[number], None if look_at is None else float(look_at))
        last[number] = look_at

    taken = dues.take(float(now), 99)

    due = {number: at for number, at in last.items() if at is not None and at <= now}
    assert sorted(entries.index(one) for one in taken) == sorted(due)
    assert [due[entries.index(one)] for one in taken] == sorted(due.values())
