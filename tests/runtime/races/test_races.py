"""Races from a prompt to a decision: real git, real sessions, agents that are scripts."""

import pytest

from constellagent.errors import ConflictError, UsageError
from tests.runtime.races.track import COMMIT, Track, folder, of


async def test_all_work_at_once_from_one_commit_as_themselves(track: Track) -> None:
    """Each has a worktree and a branch of its own, its identity, and the prompt."""
    script = f'echo "$CONSTELLAGENT_PROMPT" > $CONSTELLAGENT_AGENT.txt; {COMMIT}'
    await track.declare(ada=script, bob=script)

    begun = await track.start("ada", "bob", prompt="Say hello.")
    assert [run["state"] for run in begun["runs"]] == ["claimed", "claimed"]
    view = await track.over(begun["race"])

    race = view["race"]
    assert (view["base"], view["commit"]) == ("auto", track.lab.git("rev-parse", "main"))
    assert track.branches() == [f"races/{race}/ada", f"races/{race}/bob"]
    for name in ("ada", "bob"):
        run = of(view, name)
        assert (run["state"], run["exit_status"], run["commits"], run["files"]) == ("succeeded", 0, 1, 1)
        assert (run["added"], run["removed"], run["uncommitted"]) == (1, 0, 0)
        assert run["seconds"] is not None
        said = track.lab.git("log", "-1", "--format=%an <%ae> %s", f"races/{race}/{name}")
        assert said == f"{name} <{name}@acme.test> by-{name}"
        assert (folder(view, name) / f"{name}.txt").read_text() == "Say hello.\n"
    assert sorted(track.admission.runs) == [("ada", False), ("bob", False)]
    assert view["overlaps"] == []


async def test_one_that_fails_does_not_hold_up_the_others(track: Track) -> None:
    """Each run has a verdict of its own."""
    await track.declare(ada=f"echo a > a; {COMMIT}", bob="exit 3")

    view = await track.whole("ada", "bob")

    assert (of(view, "ada")["state"], of(view, "bob")["state"]) == ("succeeded", "failed")
    assert of(view, "bob")["exit_status"] == 3
    assert (await track.show(view["race"], brief=True))["runs"][0]["commits"] == 1


async def test_what_several_changed_is_shown(track: Track) -> None:
    """Files count that more than one changed, also where that is not committed."""
    await track.declare(ada=f"echo a > same; echo a > a; {COMMIT}", bob="echo b > same")

    view = await track.whole("ada", "bob")

    assert view["overlaps"] == [{"path": "same", "agents": ["ada", "bob"]}]
    assert (of(view, "bob")["commits"], of(view, "bob")["uncommitted"]) == (0, 1)


async def test_a_race_is_found_by_the_beginning_of_its_id_and_listed(track: Track) -> None:
    """The newest is the first of a list."""
    await track.declare(ada="true", bob="true")
    first = await track.whole("ada", "bob")
    second = await track.whole("bob", "ada", prompt="Again.")

    listed = await track.races.answer(track.request("list"))
    assert [one["race"] for one in listed] == [second["race"], first["race"]]
    assert [run["agent"] for run in listed[0]["runs"]] == ["bob", "ada"]
    shown = await track.show(first["race"][:6])
    assert shown["race"] == first["race"]
    with pytest.raises(UsageError, match="there is no race 'zz'"):
        await track.show("zz")


async def test_what_a_limit_refuses_has_failed(track: Track) -> None:
    """A run that may not be started says why, unless the race passes in spite of limits."""
    await track.declare(ada="true", bob="true")
    track.admission.refuses = ConflictError("2 runs a day, and there were 2")

    view = await track.whole("ada", "bob")
    assert {run["state"] for run in view["runs"]} == {"failed"}
    assert of(view, "ada")["why"] == "it could not be started: 2 runs a day, and there were 2"

    view = await track.whole("ada", "bob", over_limit=True)
    assert {run["state"] for run in view["runs"]} == {"succeeded"}
    assert {over for _, over in track.admission.runs} == {True}


async def test_what_a_constellation_never_applied_cannot_race(track: Track) -> None:
    """Setup steps run in each worktree, and only an apply approves them."""
    track.lab.declare("  ada: {shell: 'true'}\n  bob: {shell: 'true'}\n")
    with pytest.raises(ConflictError, match="was never applied"):
        await track.start("ada", "bob")
