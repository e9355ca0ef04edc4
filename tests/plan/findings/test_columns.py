"""CS011 and CS017: what other cron programs read differently."""

import pytest

from constellagent.plan.findings.columns import check_columns
from constellagent.plan.findings.finding import Bounds
from tests.plan.findings.files import NOW, desired, file, one, told


def test_both_day_columns_count_as_either() -> None:
    """The next two fires show what it comes to."""
    finding = one(file("cron: '0 9 13 * 5'"))
    assert (finding.rule, finding.severity, finding.line, finding.column) == ("CS011", "warning", 8, 18)
    assert finding.message == (
        "day of month 13 and day of week 5 are both restricted: a day that fits either of them counts; "
        "next on Fri 2026-11-27 09:00 and Fri 2026-12-04 09:00"
    )


@pytest.mark.parametrize(
    ("cron", "starred"), [("0 9 */2 * 1", "day of month"), ("0 9 15 * */2", "day of week")]
)
def test_a_star_makes_it_both(cron: str, starred: str) -> None:
    """The column that begins with a star is named."""
    finding = one(file(f"cron: '{cron}'"))
    assert f"{starred} begins with a star: only a day that fits both counts" in finding.message
    assert "such as 1-31/2 for */2" in finding.help


@pytest.mark.parametrize(
    "cron",
    ["0 9 * * 1", "0 9 1 * *", "0 9 */2 * *", "0 9 * * */2", "0 9 1-31 * 0-6", "0 9 */1 * 1", "@weekly"],
)
def test_one_restricted_column_is_clear(cron: str) -> None:
    """Also where the other one is written out in full."""
    assert told(file(f"cron: '{cron}'")) == []


def test_a_column_written_out_makes_every_day_count() -> None:
    """`1-31` is no star, so either column is enough."""
    assert (
        "next on Mon 2026-11-23 09:00 and Tue 2026-11-24 09:00" in one(file("cron: '0 9 1-31 * 1'")).message
    )


def test_the_end_of_a_schedule_leaves_fewer_examples() -> None:
    """Only fires that will come are told, none where none comes."""
    (once,) = check_columns(desired("cron: '0 9 13 * 5', end: 2026-12-01"), Bounds(NOW))
    assert once.message.endswith("; next on Fri 2026-11-27 09:00")
    (never,) = check_columns(desired("cron: '0 9 13 * 5', end: 2026-11-01"), Bounds(NOW))
    assert never.message.endswith("counts")


@pytest.mark.parametrize(
    ("cron", "item", "number"),
    [
        ("0 2-2 * * *", "2-2", "2"),
        ("5-5/2 2 * * *", "5-5/2", "5"),
        ("0 2 * * 1,MON-mon", "MON-mon", "MON"),
        ("0 02-2 * * *", "02-2", "02"),
    ],
)
def test_a_range_of_one_number(cron: str, item: str, number: str) -> None:
    """It is accepted as the number, which is what to write."""
    finding = one(file(f"cron: '{cron}'"))
    assert (finding.rule, finding.line, finding.column) == ("CS017", 8, 18)
    assert finding.message.startswith(f"{item} stands for {number} alone")
    assert finding.help == f"write {number}"


@pytest.mark.parametrize("cron", ["0 2-3 * * *", "H(2-2) 3 * * *", "0 2 * * 1-5", "0-10/2 2 * * *"])
def test_ranges_of_several_numbers_are_clear(cron: str) -> None:
    """So is a hash that has one number to choose from."""
    assert told(file(f"cron: '{cron}'")) == []


def test_what_an_event_wakes_has_no_columns() -> None:
    """A schedule without an expression is passed over."""
    assert [*check_columns(desired("on: {webhook: h}"), Bounds(NOW))] == []
