"""Which tmux the comparisons are with."""

import pytest

from tests.term.recorded.pane import version

COMPARED = "tmux 3.3a"


@pytest.fixture(autouse=True, scope="session")
def tmux() -> None:
    """Skip where there is another tmux: the known differences are those of this one."""
    found = version()
    if found != COMPARED:
        pytest.skip(f"the differences that are listed are from {COMPARED}, this is {found or 'no tmux'}")
