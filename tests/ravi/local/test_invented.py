"""What the provider makes up: numbers, names and addresses."""

import re

from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.local.addresses import check_local_part, invent_local_part, invent_name
from constellagent.ravi.local.numbers import COUNT, number


def test_all_numbers_are_fictional_and_different() -> None:
    """Thousands of numbers, each within 555-0100 to 555-0199 of its area code."""
    numbers = {number(index) for index in range(COUNT)}
    assert len(numbers) == COUNT
    assert COUNT > 10_000
    assert all(re.fullmatch(r"\+1[2-9]\d\d55501\d\d", each) for each in numbers)


@given(st.text(max_size=120))
def test_an_invented_address_is_allowed(name: str) -> None:
    """Whatever the name is, the local part made from it passes our own check."""
    check_local_part(invent_local_part(name), "email")


def test_invented_names_read_well() -> None:
    """A made-up name is two words."""
    assert re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+", invent_name())
