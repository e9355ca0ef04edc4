"""Cron expressions."""

import time
from datetime import UTC, datetime

import pytest
from croniter import croniter
from hypothesis import given
from hypothesis import strategies as st

from constellagent.spec.cron import WORDS, check_cron


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "*/5 * * * *",
        "0 9 * * 1-5",
        "0 9 * * MON-fri",
        "5,10-20/3,30 0-23/2 1 jan,jul 7",
        "0 0 29 2 *",
        "0 0 30 2 1",
        "0 0 5-5 * *",
        "59 23 31 12 0-7",
        *WORDS,
    ],
)
def test_accepts_the_grammar(text: str) -> None:
    """Numbers, names, ranges, steps, lists and the words are returned as they are."""
    assert check_cron(text) == text


def test_blanks_between_fields_are_made_single() -> None:
    """Tabs and runs of blanks separate fields."""
    assert check_cron("  0\t9  * * 1-5 ") == "0 9 * * 1-5"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("61 * * * *", "minute 61 is not in 0 to 59\n    61 * * * *\n    ^^"),
        ("* 22-2 * * *", "runs backwards; write two ranges with a comma\n    * 22-2 * * *\n      ^^^^"),
        ("0 0 * * fri-sun", "runs backwards"),
        ("5/2 * * * *", "write 5-59/2 or */2"),
        ("*/0 * * * *", "the step of the minute must be 1 to 59"),
        ("*/x * * * *", "must be 1 to 59"),
        ("*/60 * * * *", "must be 1 to 59"),
        ("0-5/ * * * *", "must be 1 to 59\n    0-5/ * * * *\n        ^"),
        ("a * * * *", "a is no minute"),
        ("1,,2 * * * *", "nothing is no minute"),
        ("0 0 ? * *", "? is no day of month"),
        ("0 0 L * *", "L is no day of month"),
        ("R * * * *", "R is no minute"),
        ("0 0 * * 8", "day of week 8 is not in 0 to 7"),
        ("0 0 * * mo", "from 0 to 7 or sun to sat"),
        ("0 0 * foo *", "or jan to dec"),
        ("99999 * * * *", "99999 is no minute"),
        ("* * * *", "this one has 4\n    * * * *\n           ^"),
        ("0 * * * * *", "this one has 6\n    0 * * * * *\n              ^"),
        ("", "this one has 0"),
        ("0 0 30 2 *", "never fires: none of these months has such a day\n    0 0 30 2 *\n        ^^^^"),
        ("0 0 31 4,6,9,11 *", "never fires"),
        ("0 0 31 2 */2", "never fires"),
        ("@reboot", "@reboot is no time"),
        ("@dayly", "did you mean @daily?"),
        ("@daily x", "nothing may follow @daily"),
        ("0 9 * * ①", "holds '①'; only ASCII"),
        ("0 9 * * *\n", "only ASCII on one line"),
        ("1," * 300, "longer than 500 characters"),
        (5, "expected a cron expression as text"),
    ],
)
def test_refuses_the_rest_and_points_at_it(text: object, message: str) -> None:
    """What is ambiguous or can never fire is refused, with a caret under the fault."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below, carets and all
        check_cron(text)
    assert message in str(caught.value)


@given(
    st.text(max_size=600)
    | st.text("0123456789*,-/ @", max_size=600)
    | st.lists(st.sampled_from(["*", "1", "1-5", "*/2", "30", "feb"]), max_size=6).map(" ".join)
)
def test_every_text_is_read_or_explained_in_time(text: str) -> None:
    """No text leads to another error or takes long, and what is accepted stays accepted."""
    began = time.process_time()
    try:
        accepted = check_cron(text)
    except ValueError:
        accepted = "@daily"
    assert time.process_time() - began < 0.05
    assert check_cron(accepted) == accepted


def _field(lowest: int, highest: int) -> st.SearchStrategy[str]:
    number = st.integers(lowest, highest)
    spans = st.tuples(number, number).map(sorted)
    item = st.one_of(
        st.just("*"),
        number.map(str),
        spans.map(lambda span: f"{span[0]}-{span[1]}"),
        st.integers(1, highest).map(lambda step: f"*/{step}"),
    )
    return st.lists(item, min_size=1, max_size=3).map(",".join)


@given(st.tuples(_field(0, 59), _field(0, 23), _field(1, 31), _field(1, 12), _field(0, 7)).map(" ".join))
def test_what_is_accepted_fires_by_another_reader_too(text: str) -> None:
    """croniter, which will compute the fires, finds one for every expression that the check lets pass."""
    try:
        accepted = check_cron(text)
    except ValueError:
        return
    after = datetime(2024, 1, 1, tzinfo=UTC)
    assert croniter(accepted, after, max_years_between_matches=100).get_next(datetime) > after
