"""The way down: what is removed, in which order, and what is never touched."""

from typing import Any

import pytest

from constellagent.plan.actions import (
    ArchiveIdentity,
    Forget,
    RemoveWorktree,
    StopRun,
    StopService,
    StopSession,
)
from constellagent.plan.observed import (
    Absent,
    ObservedAgent,
    ObservedService,
    SessionFacts,
    There,
    Unknown,
    WorktreeState,
)
from constellagent.plan.removal import remove_agent, remove_service
from tests.plan.samples import PATH, docs, identity, nothing, session, settled, worktree


@pytest.mark.parametrize("force", [False, True])
def test_everything_of_ours_goes_from_the_top(force: bool) -> None:
    """First the session, then the worktree, then the identity, and last our memory of them."""
    draft = remove_agent("docs", settled(docs()), "asked for", force=force)
    assert draft.actions == (
        StopSession("docs", "asked for; this ends its session", session="s-1"),
        RemoveWorktree("docs", "asked for", PATH, force=force),
        ArchiveIdentity("docs", "asked for", uuid="u-1", name="docs"),
        Forget("docs", "nothing of it is left"),
    )
    assert draft.notes == []


def test_runs_end_before_anything_is_taken_from_them() -> None:
    """A run acts in a worktree and as an identity, so it is stopped before they go."""
    draft = remove_agent("docs", settled(docs(), runs=("r-1", "r-2")), "asked for", force=False)
    assert draft.actions[:2] == (
        StopRun("docs", "asked for; this ends the run", session="r-1"),
        StopRun("docs", "asked for; this ends the run", session="r-2"),
    )


@pytest.mark.parametrize("part", ["worktree", "identity", "session"])
def test_an_unknown_part_keeps_the_whole(part: str) -> None:
    """Where one part could not be looked at, nothing at all is removed."""
    seen = settled(docs(), **{part: Unknown("no answer")})
    draft = remove_agent("docs", seen, "asked for", force=True)
    assert draft.actions == ()
    assert [(note.symbol, note.text) for note in draft.notes] == [
        ("?", f"nothing of it is removed, since its {part} could not be looked at: no answer")
    ]


def test_every_unknown_part_is_named() -> None:
    """What nobody looked at is unknown, so an empty look removes nothing."""
    draft = remove_agent("docs", ObservedAgent(made_by_us=True), "asked for", force=True)
    assert draft.actions == ()
    assert len(draft.notes) == 3


@pytest.mark.parametrize("state", [WorktreeState.FOREIGN, WorktreeState.OCCUPIED])
def test_what_is_not_ours_is_left_alone(state: WorktreeState) -> None:
    """A worktree that we did not make and a folder in its place stay, and that is said."""
    seen = settled(docs(), worktree=worktree(docs(), state=state))
    draft = remove_agent("docs", seen, "asked for", force=True)
    assert not any(isinstance(action, RemoveWorktree) for action in draft.actions)
    assert [note.text for note in draft.notes] == [f"{PATH} is not ours and is left alone"]


@pytest.mark.parametrize(
    "state", [WorktreeState.UNFINISHED, WorktreeState.MISSING, WorktreeState.MOVED, WorktreeState.READY]
)
def test_worktrees_of_ours_are_removed_where_they_are(state: WorktreeState) -> None:
    """Also what is half made, moved or gone from its folder is taken out of git's books."""
    place = PATH.with_name("there")
    seen = nothing(worktree=worktree(docs(), state=state, path=place))
    draft = remove_agent("docs", seen, "asked for", force=False)
    assert draft.actions == (RemoveWorktree("docs", "asked for", place),)


@pytest.mark.parametrize(
    "changes",
    [
        {"session": Absent()},
        {"session": session(docs(), live=False, ended_by="itself")},
        {"identity": Absent()},
        {"identity": identity(docs(), bound=False)},
        {"worktree": Absent()},
    ],
)
def test_what_is_not_there_or_not_ours_needs_no_step(changes: dict[str, Any]) -> None:
    """Each missing part costs exactly its own step."""
    whole = remove_agent("docs", settled(docs()), "asked for", force=False).actions
    less = remove_agent("docs", settled(docs(), **changes), "asked for", force=False).actions
    (missing,) = set(whole) - set(less)
    expected = {"session": StopSession, "identity": ArchiveIdentity, "worktree": RemoveWorktree}
    assert isinstance(missing, expected[next(iter(changes))])


def test_an_agent_that_we_do_not_know_is_not_forgotten() -> None:
    """Where nothing of ours is left there is nothing to do."""
    assert remove_agent("docs", nothing(), "asked for", force=False).actions == ()


def test_services() -> None:
    """A live service is stopped, one that does not run needs nothing, an unknown one is left alone."""
    live = There(SessionFacts("s-9", live=True, fingerprint="f"))
    assert remove_service("db", ObservedService(live), "asked for").actions == (
        StopService("db", "asked for", session="s-9"),
    )
    ended = There(SessionFacts("s-9", live=False, fingerprint="f"))
    for look in (ended, Absent()):
        draft = remove_service("db", ObservedService(look), "asked for")
        assert (draft.actions, draft.notes) == ((), [])
    unknown = remove_service("db", ObservedService(), "asked for")
    assert unknown.actions == ()
    assert [note.symbol for note in unknown.notes] == ["?"]
