"""One column of a cron expression."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.spec.cron.columns import FIELDS, Column, read_column
from constellagent.spec.cron.faults import CronError


def read(place: int, text: str, seed: str = "") -> Column:
    """Read one column that begins the text."""
    return read_column(FIELDS[place], text, 0, seed)


@pytest.mark.parametrize(
    ("place", "text", "shown", "numbers"),
    [
        (0, "*", "*", set(range(60))),
        (0, "5", "5", {5}),
        (0, "05,5", "5,5", {5}),
        (0, "*/20", "*/20", {0, 20, 40}),
        (0, "*/1", "*", set(range(60))),
        (0, "10-20/5,59", "10-20/5,59", {10, 15, 20, 59}),
        (1, "2-2", "2", {2}),
        (1, "2-2/7", "2", {2}),
        (1, "1-3/1", "1-3", {1, 2, 3}),
        (1, "*/45", "*/45", {0}),
        (2, "*/45", "*/45", {1}),
        (3, "jan,JUL-Sep", "1,7-9", {1, 7, 8, 9}),
        (4, "mon-FRI", "1-5", {1, 2, 3, 4, 5}),
        (4, "5-7", "5-7", {5, 6, 0}),
        (4, "7", "7", {0}),
        (4, "*/7", "*/7", {0}),
        (4, "0-7", "0-7", set(range(7))),
    ],
)
def test_a_column_becomes_numbers(place: int, text: str, shown: str, numbers: set[int]) -> None:
    """Names, ranges, steps and lists become numbers; Sunday is 0, however it was written."""
    column = read(place, text)
    assert column.text == shown
    assert column.numbers == numbers
    assert column.starred == text.startswith("*")


@pytest.mark.parametrize(
    ("place", "text", "rule", "message", "start", "length"),
    [
        (0, "60", "CS001", "minute 60 is not in 0 to 59", 0, 2),
        (0, "1,,2", "CS001", "nothing is no minute; write a number from 0 to 59", 2, 1),
        (0, "1,", "CS001", "nothing is no minute", 2, 1),
        (0, "-5", "CS001", "nothing is no minute", 0, 1),
        (0, "0-5-9", "CS001", "5-9 is no minute", 2, 3),
        (0, "99999", "CS001", "99999 is no minute", 0, 5),
        (0, "a", "CS001", "a is no minute", 0, 1),
        (0, "h", "CS001", "did you mean H?", 0, 1),
        (0, "*/0", "CS001", "the step of the minute must be 1 to 59", 2, 1),
        (0, "*/60", "CS001", "the step of the minute must be 1 to 59", 2, 2),
        (0, "0-5/", "CS001", "the step of the minute must be 1 to 59", 4, 1),
        (0, "5/2", "CS017", "a step needs a range: write 5-59/2 or */2", 0, 3),
        (4, "5/2", "CS017", "a step needs a range: write 5-6/2 or */2", 0, 3),
        (1, "22-2", "CS017", "runs backwards; write two ranges with a comma, as in 22-23,0-2", 0, 4),
        (3, "nov-jan", "CS017", "write two ranges with a comma, as in 11-12,1", 0, 7),
        (4, "fri-sun", "CS017", "the range fri-sun of the day of week runs backwards; write 5-7", 0, 7),
        (4, "6-1", "CS017", "write two ranges with a comma, as in 6,0-1", 0, 3),
        (4, "8", "CS001", "day of week 8 is not in 0 to 7", 0, 1),
        (4, "mo", "CS001", "write a number from 0 to 7 or sun to sat; did you mean mon?", 0, 2),
        (3, "sept", "CS001", "or jan to dec; did you mean sep?", 0, 4),
        (2, "?", "CS001", "? is no day of month; write * for every day", 0, 1),
        (2, "1,L", "CS001", "L is no day of month; cron has no last day; write 28-31", 2, 1),
        (2, "L-3", "CS001", "cron has no last day", 0, 3),
        (4, "5L", "CS001", "cron has no last day", 0, 2),
        (2, "LW", "CS001", "cron has no last day", 0, 2),
        (2, "15W", "CS001", "cron has no nearest weekday", 0, 3),
        (4, "fri#2", "CS001", "cron has no n-th weekday", 0, 5),
        (0, "R", "CS001", "a random time would differ at each reading; write H", 0, 1),
        (0, "R(0-9)/2", "CS001", "a random time", 0, 8),
        (0, "H5", "CS001", "H5 is no minute; write H, H/s, H(a-b) or H(a-b)/s with numbers", 0, 2),
        (0, "H(5)", "CS001", "write H, H/s, H(a-b)", 0, 4),
        (0, "H(0-60)", "CS001", "minute 60 is not in 0 to 59", 4, 2),
        (0, "H(9-5)", "CS017", "the range 9-5 of the minute runs backwards", 0, 6),
        (0, "H/", "CS001", "the step of the minute must be 1 to 59", 2, 1),
        (0, "H(0-9)/0", "CS001", "the step of the minute must be 1 to 59", 7, 1),
    ],
)
def test_refuses_what_is_no_number_or_unclear(
    place: int, text: str, rule: str, message: str, start: int, length: int
) -> None:
    """A refusal says what to write instead, which rule it is, and where the fault stands."""
    with pytest.raises(CronError) as caught:
        read(place, text)
    assert message in caught.value.message
    assert (caught.value.rule, caught.value.start, caught.value.length) == (rule, start, length)


@pytest.mark.parametrize(
    ("place", "text", "shown"),
    [
        (0, "H", "36"),
        (0, "H/15", "6-51/15"),
        (0, "H(0-29)/10", "6-26/10"),
        (0, "H/59", "11"),
        (1, "H(9-17)", "13"),
        (2, "H", "28"),
        (3, "H", "11"),
        (4, "H(mon-fri)", "1"),
        (4, "H/1", "0-6"),
    ],
)
def test_h_stays_what_it_was(place: int, text: str, shown: str) -> None:
    """What `H` stands for is part of what is promised: it depends on the seed and the column alone."""
    assert read(place, text, "docs/nightly").text == shown
    assert not read(place, text, "docs/nightly").starred


@given(
    st.sampled_from(range(5)),
    st.text(max_size=8),
    st.sampled_from(["H", "H/2", "H/7", "H/45", "H(2-4)", "H(1-5)/3"]),
)
def test_h_is_one_of_its_choices(place: int, seed: str, text: str) -> None:
    """Whatever the seed, the numbers are in the range and a step apart; `H` alone is one number."""
    column = read(place, text, seed)
    (item,) = column.items
    assert item.numbers in item.choices
    low, high = (
        (2, 4)
        if "2-4" in text
        else (1, 5)
        if "1-5" in text
        else (FIELDS[place].low, [59, 23, 28, 12, 6][place])
    )
    assert min(item.numbers) >= low
    assert max(item.numbers) <= high
    step = int(text.partition("/")[2] or 1)
    if "/" in text:
        assert item.numbers[0] < low + step
        assert item.numbers[-1] + step > high
    else:
        assert len(item.numbers) == 1
    assert read(place, item.text).numbers == column.numbers


def test_h_spreads() -> None:
    """Sixty schedules with `H` do not fire in the same few minutes, and columns are chosen apart."""
    minutes = {read(0, "H", f"agent/{number}").text for number in range(60)}
    assert len(minutes) > 30
    pairs = {(read(1, "H", str(seed)).text, read(4, "H", str(seed)).text) for seed in range(100)}
    assert len(pairs) > 60
