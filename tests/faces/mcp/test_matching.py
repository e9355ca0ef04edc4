"""Which messages a model waits for."""

import pytest

from constellagent.errors import UsageError
from constellagent.faces.mcp.matching import searcher


def test_any_case_and_anywhere() -> None:
    """The pattern may be anywhere in the text, in any case; an empty one is in every text."""
    assert searcher("verify")("Please VERIFY it")
    assert searcher("")("")
    assert not searcher("^verify")("Please verify")


def test_a_long_text_is_searched_at_its_beginning() -> None:
    """What comes after the first 20,000 characters does not count, so that no search takes long."""
    assert not searcher("end")("x" * 20_000 + "end")


def test_what_is_no_expression_is_a_mistake_of_the_caller() -> None:
    """The error says what is wrong with it."""
    with pytest.raises(UsageError, match="unterminated"):
        searcher("[a")
