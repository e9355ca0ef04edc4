"""Who a commit is made as."""

import pytest

from constellagent.errors import ConflictError, UsageError
from constellagent.runtime.edits import authors
from constellagent.runtime.edits.authors import Author
from tests.runtime.edits.conftest import AGENT, PERSON, Ground


async def test_the_person_is_whom_git_names(ground: Ground) -> None:
    """The user's configuration counts, the worktree's own before it, and nobody is made up."""
    assert await authors.person(ground.cli, ground.tree) == PERSON
    ground.git("config", "user.name", "Other <x")
    assert await authors.person(ground.cli, ground.tree) == Author("Other x", "pat@example.test")
    ground.git("config", "--unset", "user.name")
    ground.become(None)
    assert await authors.person(ground.cli, ground.tree) is None


@pytest.mark.parametrize(
    ("wanted", "agent", "person", "first", "expected"),
    [
        (None, AGENT, PERSON, "agent", AGENT),
        (None, AGENT, PERSON, "person", PERSON),
        (None, None, PERSON, "agent", PERSON),
        (None, AGENT, None, "person", AGENT),
        ("agent", AGENT, PERSON, "person", AGENT),
        ("person", AGENT, PERSON, "agent", PERSON),
    ],
)
def test_who_is_wanted_is_chosen(
    wanted: str | None, agent: Author | None, person: Author | None, first: str, expected: Author
) -> None:
    """Who is named counts; else the first choice, and the other where that one is not known."""
    assert authors.chosen(wanted, agent=agent, person=person, first=first) == expected


@pytest.mark.parametrize("wanted", ["agent", "person", None])
def test_nobody_stands_in_for_who_is_wanted(wanted: str | None) -> None:
    """Where who is wanted is not known, nothing is guessed."""
    agent, person = (AGENT, None) if wanted == "person" else (None, PERSON if wanted else None)
    with pytest.raises(ConflictError) as caught:
        authors.chosen(wanted, agent=agent, person=person, first="agent")
    assert caught.value.hint
    with pytest.raises(UsageError):
        authors.chosen("boss", agent=AGENT, person=PERSON, first="agent")
