"""The text of a cron expression: what is read, what is refused, and how it is told."""

import gc
import random
import string
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.spec.cron import WORDS, CronError, check_cron, parse_cron
from tests.spec.cron.minutes import expressions, utc


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
        "0 0 31 2 0",
        "0 0 5-5 * *",
        "59 23 31 12 0-7",
        "0 12 * * 5-7",
        "H H(1-5) H * *",
        *WORDS,
    ],
)
def test_accepts_the_grammar(text: str) -> None:
    """Numbers, names, ranges, steps, lists, hashes and the words are returned as they are."""
    assert check_cron(text) == text


def test_blanks_between_columns_are_made_single() -> None:
    """Tabs and runs of blanks separate columns."""
    assert check_cron("  0\t9  * * 1-5 ") == "0 9 * * 1-5"
    assert check_cron(" @daily ") == "@daily"


@pytest.mark.parametrize(
    ("text", "rule", "message"),
    [
        ("61 * * * *", "CS001", "minute 61 is not in 0 to 59\n    61 * * * *\n    ^^"),
        ("* 22-2 * * *", "CS017", "as in 22-23,0-2\n    * 22-2 * * *\n      ^^^^"),
        (" 5/2\t* * * *", "CS017", "write 5-59/2 or */2\n     5/2 * * * *\n     ^^^"),
        ("0-5/ * * * *", "CS001", "must be 1 to 59\n    0-5/ * * * *\n        ^"),
        ("0 0 * * 8", "CS001", "day of week 8 is not in 0 to 7\n    0 0 * * 8\n            ^"),
        ("* * * *", "CS001", "month, day of week), this one has 4\n    * * * *\n           ^"),
        ("", "CS001", "this one has 0\n    \n    ^"),
        ("0 0 9 * * 1-5", "CS001", "has 6; leave out the first, the seconds\n    0 0 9 * * 1-5\n    ^"),
        (
            "0 9 * * 1 2026",
            "CS001",
            "6; leave out the last, the year\n    0 9 * * 1 2026\n              ^^^^",
        ),
        ("0 9 * * 1 2026-2030/2", "CS001", "leave out the last, the year"),
        ("0 0 9 * * ? 2026", "CS001", "leave out the first, the seconds, and the last, the year"),
        ("1 2 3 4 5 6 7 8 ", "CS001", "has 8\n    1 2 3 4 5 6 7 8 \n              ^^^^^"),
        (
            "0 0 30 2 *",
            "CS003",
            "never fires: none of these months has such a day\n    0 0 30 2 *\n        ^^^^",
        ),
        ("0 0 31 4,6,9,11 *", "CS003", "never fires"),
        ("0 0 31 2 */2", "CS003", "never fires"),
        ("0 0 */30 2 1", "", ""),
        ("0 0 H(30-31) 2 *", "CS003", "never fires"),
        ("0 0 H(28-31) H *", "CS003", "never fires"),
        ("0 0 H(28-31),4 H *", "", ""),
        (
            "@reboot",
            "CS001",
            "@reboot is no time; an agent with autostart is started by apply\n    @reboot\n    ^",
        ),
        ("@dayly", "CS001", "did you mean @daily?"),
        ("@daily x", "CS001", "nothing may follow @daily\n    @daily x\n           ^"),
    ],
)
def test_refuses_the_rest_and_points_at_it(text: str, rule: str, message: str) -> None:
    """What is ambiguous or can never fire is refused, with its rule and a caret under the fault."""
    if not rule:
        assert check_cron(text) == text
        return
    with pytest.raises(CronError) as caught:
        check_cron(text)
    assert message in str(caught.value)
    assert str(caught.value).startswith(caught.value.message + "\n")
    assert caught.value.rule == rule


@pytest.mark.parametrize("seed", range(20))
def test_no_seed_makes_a_good_expression_bad(seed: int) -> None:
    """Where one seed would choose a day that never comes, the expression is refused for every seed."""
    with pytest.raises(CronError, match="never fires"):
        parse_cron("0 0 H(29-30) 2 *", seed=f"agent/{seed}")
    assert parse_cron("0 0 H(28-29) 2 *", seed=f"agent/{seed}").next(utc("2026-01-01"), "UTC")


@pytest.mark.parametrize(
    ("text", "message", "start", "length"),
    [
        ("0 9 * * ①", "the cron expression holds '①'; only ASCII on one line is read", 8, 1),
        ("0 9 * * *\n", "the cron expression holds '\\n'; only ASCII on one line is read", 9, 1),
        ("1," * 300, "the cron expression is longer than 500 characters", 0, 0),
        (5, 'expected a cron expression as text, such as "0 9 * * 1-5"', 0, 0),
        (None, 'expected a cron expression as text, such as "0 9 * * 1-5"', 0, 0),
    ],
)
def test_what_cannot_be_shown_in_a_line_is_told_without_a_caret(
    text: object, message: str, start: int, length: int
) -> None:
    """Other values than text, odd characters and endless lists have a message of one line."""
    with pytest.raises(CronError) as caught:
        parse_cron(text)
    assert str(caught.value) == caught.value.message == message
    assert (caught.value.start, caught.value.length) == (start, length)


@pytest.fixture(autouse=True, scope="module")
def _no_garbage() -> Iterator[None]:
    """Collect no garbage here: that of a long test run takes longer than what is measured."""
    gc.disable()
    yield
    gc.enable()


def told_in_time(text: str) -> bool:
    """Parse the text, which takes no second of CPU and ends in a CronError if in any; tell which."""
    began, accepted, refused = time.process_time(), "", None
    try:
        accepted = check_cron(text)
    except CronError as error:
        refused = error
    assert time.process_time() - began < 1
    if refused is None:
        return check_cron(accepted) == accepted
    assert refused.message
    # What is missing is behind the text.
    assert 0 <= refused.start <= refused.start + refused.length <= len(text) + 1
    return False


@given(
    st.text(max_size=600)
    | st.text("0123456789*,-/ @", max_size=600)
    | st.lists(st.sampled_from(["*", "1", "1-5", "*/2", "30", "feb", "H", "H/7"]), max_size=8).map(" ".join)
)
def test_every_text_is_read_or_explained_in_time(text: str) -> None:
    """No text leads to another error or takes long, and what is accepted stays accepted."""
    told_in_time(text)


def test_five_thousand_hostile_texts() -> None:
    """Random texts, of the grammar's own characters, of printable ones and of any, are read or explained."""
    chosen = random.Random(2026)
    words = ["*", "*/", "-", ",", "H", "H(", ")", "/", "#", "L", "?", "mon", "JAN", "@daily", " ", " ", " "]
    accepted = 0
    for number in range(5000):
        length = chosen.choice([1, 5, 20, 60, 400])
        match number % 4:
            case 0:
                text = "".join(chosen.choices([*words, *string.digits], k=length))
            case 1:
                text = "".join(chosen.choices(string.printable, k=length))
            case 2:
                text = "".join(chr(chosen.randrange(0xD800)) for _ in range(length))
            case _:
                columns = (
                    chosen.choice(["*", "*/5", "1", "1-5", "7,9", "H", "60", "x", ""]) for _ in range(5)
                )
                text = " ".join(columns)
        accepted += told_in_time(text)
    assert accepted > 50


@given(expressions(), st.integers(0, 20))
def test_what_is_refused_at_one_place_says_where(text: str, place: int) -> None:
    """A stray character in a good expression is refused with the caret on or before it."""
    place = min(place, len(text))
    broken = f"{text[:place]}!{text[place:]}"
    with pytest.raises(CronError) as caught:
        parse_cron(broken)
    assert caught.value.start <= place
