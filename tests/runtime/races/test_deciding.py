"""Keeping one agent's work, or nobody's: what is merged, what is removed, and what is refused."""

from pathlib import Path

import pytest

from constellagent.errors import ConflictError, RefusedError, UsageError, WorldError
from constellagent.runtime.race_views import RaceView
from tests.runtime.races.track import COMMIT, Track, folder, of

WORK = f"echo $CONSTELLAGENT_AGENT > $CONSTELLAGENT_AGENT.txt; {COMMIT}"


async def two(track: Track, ada: str = WORK, bob: str = WORK) -> RaceView:
    """Let a race of two go to its end."""
    await track.declare(ada=ada, bob=bob)
    return await track.whole("ada", "bob")


def standing(view: RaceView) -> list[str]:
    """Return whose worktrees are there."""
    return [run["agent"] for run in view["runs"] if Path(run["path"]).exists()]


async def test_the_winner_goes_into_the_base_and_all_worktrees_go(track: Track) -> None:
    """Its commits are in the base's branch and its checkout; the branches of all stay."""
    view = await two(track)

    done = await track.keep(view["race"], "bob")

    assert track.lab.git("log", "--format=%an %s", "main").splitlines()[0] == "bob by-bob"
    assert (track.lab.repo / "bob.txt").exists()
    assert not (track.lab.repo / "ada.txt").exists()
    assert standing(view) == []
    assert track.branches() == [of(view, name)["branch"] for name in ("ada", "bob")]
    assert done["stay"] == []
    assert done["done"][0].startswith(f"fast-forwarded races/{view['race']}/bob into main: 1 commit")
    after = done["race"]
    assert (after["decision"], after["kept"]) == ("kept", "bob")
    assert after["merged"] == track.lab.git("rev-parse", "main")
    assert [run["cleared"] for run in after["runs"]] == [True, True]
    assert of(await track.show(view["race"]), "ada")["commits"] == 1


@pytest.mark.parametrize(("method", "parents"), [("squash", 1), ("rebase", 1), ("merge", 2)])
async def test_every_method_of_merging_is_there(track: Track, method: str, parents: int) -> None:
    """A base that moved on gets one commit of all, the same commits again, or a merge."""
    view = await two(track, bob=f"echo 1 > 1; {COMMIT}; echo 2 > 2; {COMMIT}")
    track.lab.git("commit", "-q", "--allow-empty", "-m", "moved on")

    await track.keep(view["race"], "bob", method=method, message="Both" if method != "rebase" else "")

    assert len(track.lab.git("log", "-1", "--format=%P", "main").split()) == parents
    assert (track.lab.repo / "1").exists()
    assert (track.lab.repo / "2").exists()


async def test_another_branch_may_be_merged_into(track: Track) -> None:
    """`into` names it; the base stays as it is."""
    view = await two(track)
    track.lab.git("branch", "next")
    before = track.lab.git("rev-parse", "main")

    preview = await track.races.answer(track.request("preview", race=view["race"], agent="ada", into="next"))
    assert (preview["base"], preview["commits"], preview["fast_forward"]) == ("next", 1, True)
    await track.keep(view["race"], "ada", into="next")

    assert track.lab.git("rev-parse", "main") == before
    assert track.lab.git("log", "-1", "--format=%s", "next") == "by-ada"


async def test_uncommitted_work_of_the_winner_is_not_left_behind(track: Track) -> None:
    """It is refused, or committed first, as the agent, where a message is given."""
    view = await two(track, bob="echo b > b; echo c > c")

    with pytest.raises(ConflictError, match="bob left 2 changes that no commit holds") as refused:
        await track.keep(view["race"], "bob")
    assert "--commit MESSAGE" in refused.value.hint
    done = await track.keep(view["race"], "bob", commit="Take it along")

    assert done["done"][0] == "committed 2 changes of bob"
    said = track.lab.git("log", "-1", "--format=%an <%ae> %s", "main")
    assert said == "bob <bob@acme.test> Take it along"
    assert standing(view) == []


async def test_uncommitted_work_of_another_stays_unless_it_is_rescued(track: Track) -> None:
    """The winner is merged all the same; with `force` the rest is kept under a ref and removed."""
    view = await two(track, ada="echo precious > x")

    done = await track.keep(view["race"], "bob")
    assert standing(view) == ["ada"]
    assert done["stay"] == [f"{folder(view, 'ada')}: untracked: x"]
    assert of(done["race"], "ada")["stays"] == "untracked: x"
    assert track.lab.git("log", "-1", "--format=%s", "main") == "by-bob"

    done = await track.keep(view["race"], "bob", force=True)
    assert standing(view) == []
    assert done["stay"] == []
    assert "kept as refs/" in done["done"][0]
    assert len(track.lab.git("log", "--format=%s", "main").splitlines()) == 2


async def test_what_is_decided_stays_decided(track: Track) -> None:
    """Keeping the same again does nothing, keeping another is refused, and so is dropping."""
    view = await two(track)
    await track.keep(view["race"], "ada")

    assert (await track.keep(view["race"], "ada"))["done"] == []
    with pytest.raises(ConflictError, match="ada was kept") as refused:
        await track.keep(view["race"], "bob")
    assert of(view, "bob")["branch"] in refused.value.hint
    with pytest.raises(ConflictError, match="ada was kept"):
        await track.drop(view["race"])


async def test_a_dropped_race_leaves_branches_only(track: Track) -> None:
    """All worktrees go, the base is as it was, and nothing can be kept any more."""
    view = await two(track)
    before = track.lab.git("rev-parse", "main")

    done = await track.drop(view["race"])

    assert standing(view) == []
    assert (done["stay"], done["race"]["decision"]) == ([], "dropped")
    assert track.lab.git("rev-parse", "main") == before
    assert len(track.branches()) == 2
    assert (await track.drop(view["race"]))["done"] == []
    with pytest.raises(ConflictError, match="was dropped"):
        await track.keep(view["race"], "ada")


async def test_nothing_is_kept_of_who_made_nothing(track: Track) -> None:
    """A winner without commits is a mistake, and so is one who takes no part."""
    view = await two(track, ada="true")

    with pytest.raises(ConflictError, match="ada made no commits"):
        await track.keep(view["race"], "ada")
    with pytest.raises(UsageError, match=r"bop does not take part.*bob"):
        await track.keep(view["race"], "bop")
    assert (await track.show(view["race"]))["decision"] == ""


async def test_a_conflict_leaves_everything_as_it_was(track: Track) -> None:
    """The race stays open, so that another can be kept."""
    view = await two(track, ada=f"echo ada > same; {COMMIT}")
    (track.lab.repo / "same").write_text("main\n")
    track.lab.git("add", "-A")
    track.lab.git("commit", "-qm", "in the way")

    with pytest.raises(ConflictError, match="in conflict"):
        await track.keep(view["race"], "ada")
    assert standing(view) == ["ada", "bob"]
    assert (await track.keep(view["race"], "bob"))["race"]["kept"] == "bob"


async def test_a_refused_merge_takes_the_decision_back(track: Track) -> None:
    """What fails between decision and merge leaves the race undecided."""
    view = await two(track)

    with pytest.raises((UsageError, ConflictError)):
        await track.keep(view["race"], "ada", author="nobody")

    after = await track.show(view["race"])
    assert (after["decision"], after["kept"], standing(view)) == ("", "", ["ada", "bob"])


async def test_a_moved_winner_must_be_looked_at_again(track: Track) -> None:
    """The commit that was shown is the one that is merged."""
    view = await two(track)
    with pytest.raises(ConflictError, match="has moved to"):
        await track.keep(view["race"], "ada", tip=view["commit"])


async def test_who_still_runs_is_ended_by_force_only(track: Track) -> None:
    """A race can be decided before its end, and what still runs is then stopped."""
    await track.declare(ada=WORK, bob="touch begun; sleep 600")
    begun = await track.start("ada", "bob")
    race = begun["race"]
    await track.until(begun, "ada", lambda run: run["state"] == "succeeded")
    await track.until(begun, "bob", lambda run: (folder(begun, run["agent"]) / "begun").exists())

    with pytest.raises(ConflictError, match="bob still runs"):
        await track.keep(race, "ada")
    with pytest.raises(ConflictError, match="bob still runs"):
        await track.drop(race)
    with pytest.raises(ConflictError, match="bob still runs in race"):
        await track.keep(race, "bob", force=True)
    done = await track.keep(race, "ada", force=True)

    assert "bob stopped" in done["done"]
    assert of(done["race"], "bob")["state"] == "stopped"
    assert standing(begun) == []
    assert not await track.lab.registry.live()


async def test_a_race_that_is_being_started_can_be_dropped(track: Track) -> None:
    """What is half made is taken back, and nothing is started any more."""
    await track.declare(ada="sleep 600", bob="sleep 600")
    begun = await track.start("ada", "bob")

    done = await track.drop(begun["race"], force=True)

    assert done["stay"] == []
    assert {run["state"] for run in done["race"]["runs"]} == {"stopped"}
    assert standing(begun) == []
    assert not await track.lab.registry.live()
    assert "races" not in track.lab.git("worktree", "list")


@pytest.mark.parametrize("method", ["merge", "squash"])
async def test_a_keep_that_died_after_its_merge_merges_once(
    track: Track, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Whoever asks again goes on where it was, though nothing says that the merge was made."""
    view = await two(track)
    track.lab.git("commit", "-q", "--allow-empty", "-m", "moved on")

    async def dies(race: str, commit: str) -> None:
        raise WorldError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(track.rows, "merged", dies)
        with pytest.raises(WorldError):
            await track.keep(view["race"], "bob", method=method)
    assert standing(view) == ["ada", "bob"]
    merged = track.lab.git("rev-parse", "main")
    with pytest.raises(ConflictError, match="bob was kept"):
        await track.keep(view["race"], "ada")

    done = await track.keep(view["race"], "bob", method=method)

    assert done["race"]["merged"] == merged == track.lab.git("rev-parse", "main")
    assert standing(view) == []


async def test_a_keep_that_died_before_its_removals_is_finished_by_the_next_daemon(track: Track) -> None:
    """What was decided and merged is tidied without being asked for; what was refused stays."""
    view = await two(track, ada="echo precious > x")
    await track.keep(view["race"], "bob")
    again = await track.whole("ada", "bob")
    await track.rows.decide(again["race"], "dropped", force=False)

    track.races = track.new_races()
    await track.races.start()
    await track.until(again, "bob", lambda run: run["cleared"])
    await track.until(again, "ada", lambda run: bool(run["stays"]))

    assert standing(again) == ["ada"]
    assert standing(view) == ["ada"]


async def test_a_base_whose_checkout_has_changes_is_left_alone(track: Track) -> None:
    """What a person has not committed in the way of the merge refuses it."""
    view = await two(track)
    (track.lab.repo / "bob.txt").write_text("mine\n")

    with pytest.raises((RefusedError, ConflictError)):
        await track.keep(view["race"], "bob")
    assert (track.lab.repo / "bob.txt").read_text() == "mine\n"
    assert (await track.show(view["race"]))["decision"] == ""


async def test_a_winner_whose_worktree_is_gone_is_found_on_its_branch(track: Track) -> None:
    """The error names the branch that holds its commits."""
    view = await two(track)
    track.lab.git("worktree", "remove", "--force", "--force", str(folder(view, "ada")))

    with pytest.raises(ConflictError, match="is gone") as refused:
        await track.keep(view["race"], "ada")
    assert of(view, "ada")["branch"] in refused.value.hint
    assert of(await track.show(view["race"]), "ada")["commits"] == 1
