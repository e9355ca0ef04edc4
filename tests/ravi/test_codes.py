"""One-time codes found in messages: what services write, in ten languages, and what only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.codes import find_codes
from tests.growth import assert_linear
from tests.ravi.code_messages import WITH, WITHOUT

PIECES = st.sampled_from(
    [
        "code",
        " is ",
        ": ",
        "1234",
        "482913",
        "12 34 56",
        "A1B2C3",
        "\n",
        "@x.y #",
        "://",
        "a@b",
        "验证码",
        "-",
        ".",
        " ",
    ]
)
HOSTILE = [
    "1",
    "1 ",
    "1234 ",
    "1234\0",
    "code 123456\n",
    "code(",
    "a.",
    "a@",
    "-",
    "\n",
    "A1-",
    "\n@a.b",
    "a://",
    "\u0301\u0327",
]


@pytest.mark.parametrize(("text", "code"), WITH)
def test_the_code_is_found_first(text: str, code: str) -> None:
    """Whatever else a message holds, the code that it is about comes first."""
    assert find_codes(text)[:1] == [code]


@pytest.mark.parametrize("text", WITHOUT)
def test_what_only_looks_like_a_code_is_none(text: str) -> None:
    """Orders, prices, dates, phone numbers, links, colours and other kinds of code are left alone."""
    assert find_codes(text) == []


def test_the_tables_are_long_enough() -> None:
    """The tables above hold what they promise, each message once."""
    assert len({text for text, _ in WITH}) == len(WITH) >= 60
    assert len(set(WITHOUT)) == len(WITHOUT) >= 40


def test_several_codes_come_likeliest_first() -> None:
    """A number that is linked to the word goes before one that only stands near; each comes once."""
    text = "Your code is 482913. (Sent to device 55120 as 482913.)"
    assert find_codes(text) == ["482913", "55120"]


@given(st.text() | st.lists(PIECES, max_size=30).map("".join))
def test_any_text_is_read(text: str) -> None:
    """Whatever a stranger sends, the answer is a list of different codes of a sensible form."""
    codes = find_codes(text)
    assert len(set(codes)) == len(codes)
    assert all(4 <= len(code) <= 11 and code.replace("-", "").isalnum() and code.isascii() for code in codes)


@given(st.integers(min_value=0, max_value=99_999_999), st.text(alphabet=" \nabcdefghij.,!", max_size=80))
def test_a_code_survives_what_surrounds_it(number: int, around: str) -> None:
    """A six-digit code after its word is found whatever plain words stand around the sentence."""
    code = f"{number % 1_000_000:06}"
    assert find_codes(f"{around}\nYour verification code is {code}.\n{around}")[:1] == [code]


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_text_takes_no_longer(unit: str) -> None:
    """As much as is looked at, made to be slow, costs by its length, not by the square of that."""
    assert_linear(lambda size: (unit * (size // len(unit) + 1))[:size], find_codes, 100_000)


def test_an_endless_text_is_not_looked_at_to_its_end() -> None:
    """A megabyte costs by its length at most, and a code so far behind is none."""
    unit = HOSTILE[4]
    assert_linear(lambda size: unit * (size // len(unit)), find_codes, 1_000_000)
    assert find_codes(f"{'.' * 1_000_000}\nYour verification code is 123456.\n") == []
