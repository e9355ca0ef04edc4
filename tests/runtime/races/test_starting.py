"""What a race is refused before anything of it is made."""

from typing import Any

import pytest

from constellagent.errors import ConflictError, UsageError
from tests.runtime.races.track import COMMIT, Track, of


@pytest.mark.parametrize(
    ("agents", "more", "said"),
    [
        (["ada", "bop"], {}, "there is no agent 'bop'.*bob"),
        (["ada", "ada"], {}, "ada is named twice"),
        (["ada"], {}, "two agents or more"),
        ([], {}, "needs agents"),
        (["ada", "bob"], {"prompt": "  "}, "needs a prompt"),
        (["ada", "bob"], {"timeout": 0.0}, "longer than zero"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    track: Track, agents: list[str], more: dict[str, Any], said: str
) -> None:
    """Agents are known and named once, there is a prompt, and time for it."""
    await track.declare(ada="true", bob="true")
    with pytest.raises(UsageError, match=said):
        await track.start(*agents, **more)
    assert await track.races.answer(track.request("list")) == []


async def test_all_begin_from_the_base_that_is_named(track: Track) -> None:
    """A tag will do; a name of no commit will not."""
    await track.declare(ada=f"echo a > a; {COMMIT}", bob="true")
    track.lab.git("tag", "old")
    track.lab.git("commit", "-q", "--allow-empty", "-m", "newer")

    view = await track.whole("ada", "bob", base="old")

    assert (view["base"], view["commit"]) == ("old", track.lab.git("rev-parse", "old"))
    assert track.lab.git("rev-parse", of(view, "ada")["branch"] + "~1") == view["commit"]
    with pytest.raises(ConflictError, match="'nothing' names no commit"):
        await track.start("ada", "bob", base="nothing")


async def test_agents_on_different_bases_need_one_to_be_chosen(track: Track) -> None:
    """All of a race begin from one commit."""
    track.lab.git("branch", "next")
    track.lab.declare(
        "  ada: {shell: 'true', autostart: false}\n  bob: {shell: 'true', autostart: false, base: next}\n"
    )
    await track.lab.apply()

    with pytest.raises(UsageError, match="different bases: auto, next"):
        await track.start("ada", "bob")
    assert (await track.whole("ada", "bob", base="next"))["base"] == "next"


async def test_a_branch_in_the_way_is_named(track: Track) -> None:
    """A branch `races` leaves no room for those below it."""
    await track.declare(ada="true", bob="true")
    track.lab.git("branch", "races")
    with pytest.raises(ConflictError, match="branch races is in the way") as refused:
        await track.start("ada", "bob")
    assert "git branch -m races" in refused.value.hint
