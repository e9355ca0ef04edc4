"""Numbers in words."""

import pytest

from constellagent.faces.wording import counted


@pytest.mark.parametrize(("number", "words"), [(0, "no agents"), (1, "1 agent"), (2, "2 agents")])
def test_counted(number: int, words: str) -> None:
    """Counts read as words."""
    assert counted(number, "agent") == words
