"""Spans of time on the command line."""

import pytest

from constellagent.errors import UsageError
from constellagent.faces.cli.spans import seconds


@pytest.mark.parametrize(
    ("text", "found"), [("60", 60), ("0", 0), ("1.5", 1.5), ("2m", 120), ("1h30m", 5400), (None, 7)]
)
def test_reads_seconds_and_units(text: str | None, found: float) -> None:
    """A bare number means seconds; nothing at all the default."""
    assert seconds(text, "--wait", default=7) == found


@pytest.mark.parametrize("text", ["", "-1", "soon", "1.2.3", "5 m", "\u0663"])
def test_says_what_is_none(text: str) -> None:
    """The message names the option."""
    with pytest.raises(UsageError, match="--wait"):
        seconds(text, "--wait", default=7)
