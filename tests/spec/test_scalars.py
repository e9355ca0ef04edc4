"""What plain scalars mean."""

import math

import pytest

from constellagent.spec.scalars import resolve, unfit


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("on", "on"),
        ("12", 12),
        ("-007", -7),
        ("0o17", 15),
        ("0xff", 255),
        ("1.0", 1.0),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("1_000", "1_000"),
        ("2026-01-01", "2026-01-01"),
        ("9" * 301, "9" * 301),
    ],
)
def test_follows_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    """`yes`, `on`, dates and absurdly long numbers are texts."""
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_reads_not_a_number() -> None:
    """`.nan` is a number too."""
    assert math.isnan(float(str(resolve(".NaN"))))


def test_refuses_what_no_program_can_be_given() -> None:
    """Escapes can write NUL and half characters, which no argument may hold."""
    assert "NUL" in unfit("a\0")
    assert "surrogate" in unfit("\ud800")
    assert unfit("Grüße 🚀") == ""
