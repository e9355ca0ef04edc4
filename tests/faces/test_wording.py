"""Numbers and commands in words."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui.words import clean
from constellagent.faces.wording import counted, readable


@pytest.mark.parametrize(("number", "words"), [(0, "no agents"), (1, "1 agent"), (2, "2 agents")])
def test_counted(number: int, words: str) -> None:
    """Counts read as words."""
    assert counted(number, "agent") == words


def test_readable_leaves_nothing_out() -> None:
    """A command is shown as a shell would take it, and a script in it line by line."""
    assert readable(["echo", "a b", "$HOME"], clean) == ["echo 'a b' '$HOME'"]
    assert readable(["bash", "-c", "one\ntwo\x1b[0m\n"], clean) == [
        "bash -c <text 1>",
        "one",
        "two\N{REPLACEMENT CHARACTER}[0m",
    ]


@given(st.lists(st.text("ab '$\\;|", min_size=1), min_size=1, max_size=4))
def test_readable_is_exact(argv: list[str]) -> None:
    """Of a command on one line the words can be had back."""
    assert shlex.split(readable(argv, clean)[0]) == argv
