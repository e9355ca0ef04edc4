"""Spans of time."""

import contextlib
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.spec.durations import LONGEST, PATTERN, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("1h30m", 5400),
        ("500ms", 0.5),
        ("7d", 604800),
        ("2w", 1209600),
        ("0s", 0),
        ("1.5h", 5400),
    ],
)
def test_reads_what_people_write(text: str, seconds: float) -> None:
    """Each unit means what it says."""
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (90, "90s for seconds or 90m for minutes"),
        (1.5, "1.5s for seconds"),
        ("90", "90s for seconds or 90m for minutes"),
        ("-5m", "zero or more"),
        (timedelta(seconds=-1), "-1s is negative"),
        ("", "write a number and a unit"),
        ("soon", "write a number and a unit"),
        (True, "expected a span"),
        (None, "expected a span"),
        ("30m1h", "the largest first"),
        ("1h1h", "each unit once"),
        ("1 h", "write a number"),
        ("5m\n", "no span"),
        ("٣m", "no span"),
        ("9" * 70 + "s", "..."),
        ("0.0001ms", "finer than a microsecond"),
        ("99999w", "longer than 3650d"),
        (timedelta(days=4000), "4000d is longer"),
    ],
)
def test_refuses_the_rest_and_says_what_to_write(value: object, advice: str) -> None:
    """A bare number, a negative or empty span and a wrong order are each explained."""
    with pytest.raises(ValueError, match=re.escape(advice)):
        parse_duration(value)


@given(st.timedeltas(min_value=timedelta(0), max_value=LONGEST))
def test_every_span_survives_being_written(span: timedelta) -> None:
    """Writing and reading again gives the same span, in the form of the schema."""
    text = format_duration(span)
    assert parse_duration(text) == span
    assert re.search(PATTERN, text)
    assert parse_duration(span) == span


@given(st.text() | st.integers() | st.floats() | st.none())
def test_every_value_is_read_or_explained(value: object) -> None:
    """No value leads to another error."""
    with contextlib.suppress(ValueError):
        assert timedelta(0) <= parse_duration(value) <= LONGEST
