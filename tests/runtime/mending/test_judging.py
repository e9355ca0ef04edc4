"""What follows from what was seen: nothing unknown, young, held or foreign is ever offered to be mended."""

from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from constellagent.plan.observed import Absent, There, Unknown, WorktreeFacts, WorktreeState
from constellagent.runtime.mending import judging
from constellagent.runtime.mending.facts import (
    ConstellationTrace,
    DatabaseTrace,
    Health,
    IdentityTrace,
    LockFacts,
    Owner,
    SessionTrace,
    WorktreeTrace,
)

_PIDS = st.lists(st.integers(2, 99), max_size=2).map(tuple)
_NAMES = st.sampled_from(["", "a", "docs"])
LOCKS = st.builds(
    LockFacts,
    path=st.just("/r/.git/config.lock"),
    age=st.floats(-1e6, 1e9),
    owner=st.sampled_from(Owner),
    own_file=st.booleans(),
    holders=st.none() | _PIDS,
    gits=st.none() | _PIDS,
)
SESSIONS = st.builds(
    SessionTrace,
    id=st.just("0" * 32),
    subject=_NAMES,
    noted=st.booleans(),
    holders=_PIDS,
    members=_PIDS,
    known=st.booleans(),
    live=st.booleans(),
    rival=st.booleans(),
    own=st.booleans(),
)
_FACTS = st.builds(
    WorktreeFacts,
    path=st.just(PurePosixPath("/w/docs")),
    branch=st.none() | st.just("docs"),
    head=st.none(),
    state=st.sampled_from(WorktreeState),
    detail=_NAMES,
)
WORKTREES = st.builds(
    WorktreeTrace,
    constellation=st.just("acme"),
    agent=st.just("docs"),
    seen=st.just(Absent()) | st.builds(Unknown, reason=_NAMES) | st.builds(There, _FACTS),
    cut_short=st.lists(st.just("/r/.git/worktrees/docs"), max_size=1).map(tuple),
    recorded=st.booleans(),
    approved=st.booleans(),
)
IDENTITIES = st.builds(
    IdentityTrace,
    constellation=st.just("acme"),
    agent=st.just("docs"),
    provider=st.sampled_from(["local", "ravi"]),
    bound=_NAMES,
    written=_NAMES,
    there=st.none() | st.booleans(),
    proven=st.booleans(),
    taken=st.booleans(),
)
DATABASES = st.builds(
    DatabaseTrace,
    path=st.just("/s/state.db"),
    health=st.sampled_from(Health),
    said=_NAMES,
    wanted=st.booleans(),
    lost=st.lists(st.just("rows of usage"), max_size=1).map(tuple),
    backups=st.lists(st.just("/s/state.db.before"), max_size=1).map(tuple),
    log=st.sampled_from(["", "/s/state.db-wal"]),
)


@given(LOCKS)
def test_c5_only_an_old_lock_of_ours_without_an_owner_is_removed(seen: LockFacts) -> None:
    """It takes all of: ten minutes, our own file in our own place, and two looks that found nobody."""
    found = judging.lock(seen)
    removable = (
        seen.age >= judging.LOCK_AGE
        and seen.owner is Owner.OURS
        and seen.own_file
        and seen.holders == ()
        and seen.gits == ()
    )
    assert (found is not None and found.offer != "") == removable
    assert (found is None) == (seen.age < judging.LOCK_AGE)


@given(SESSIONS)
def test_a_session_that_lives_as_recorded_is_left_alone(seen: SessionTrace) -> None:
    """What the state knows as live is the daemon's; this very session is never stopped."""
    found = judging.session(seen)
    if seen.own or (seen.known and seen.live) or not (seen.holders or seen.members):
        assert found is None
    else:
        assert found is not None
        assert found.offer


@given(SESSIONS)
def test_a_held_session_is_stopped_only_with_a_yes_of_its_own(seen: SessionTrace) -> None:
    """Somebody may still want it: `--yes` takes it up where that can be done, and never ends it."""
    found = judging.session(seen)
    if found is not None and seen.holders:
        assert found.safe == ("take" in found.offer) == (seen.noted and not seen.rival)


@given(WORKTREES)
def test_what_is_not_ours_or_unknown_is_named_only(seen: WorktreeTrace) -> None:
    """A foreign, occupied, deleted or unknown worktree is offered nothing."""
    named = {WorktreeState.FOREIGN, WorktreeState.OCCUPIED, WorktreeState.MISSING}
    for found in judging.worktree(seen):
        if isinstance(seen.seen, There) and seen.seen.value.state in named:
            assert not found.offer or seen.cut_short
        if isinstance(seen.seen, Unknown):
            assert not found.offer or seen.cut_short


@given(WORKTREES)
def test_what_was_not_approved_is_not_run(seen: WorktreeTrace) -> None:
    """Finishing a worktree runs its setup, so it is offered only for the content that was approved."""
    for found in judging.worktree(seen):
        if found.later:
            assert seen.approved
            assert isinstance(seen.seen, There)
            assert seen.seen.value.state is WorktreeState.UNFINISHED


@given(IDENTITIES)
def test_an_identity_is_bound_without_asking_only_where_its_key_proves_it(seen: IdentityTrace) -> None:
    """An agent can write any uuid into its worktree; a bound identity that is gone is never made anew."""
    found = judging.identity(seen)
    if found is not None and found.offer:
        assert seen.there
        assert not seen.bound
        assert not seen.taken
        assert found.safe == seen.proven
    if seen.there is None:
        assert found is None


@given(DATABASES)
def test_a_database_is_made_anew_only_where_it_is_damaged_or_gone(seen: DatabaseTrace) -> None:
    """A newer one, and one that cannot be read now, are left as they are."""
    for found in (judging.state(seen), judging.provider(seen)):
        if found is not None and found.offer:
            assert seen.health in {Health.DAMAGED, Health.EMPTY}
    assert judging.state(seen) is not None or seen.health in {Health.FINE, Health.EMPTY}


@given(DATABASES)
def test_no_row_of_the_provider_is_given_up_unasked(seen: DatabaseTrace) -> None:
    """Where rows of vaults or mail cannot be read, it is not safe, and a backup is named."""
    found = judging.provider(seen)
    if found is not None and found.offer:
        assert found.safe == (not seen.lost)
        assert not seen.backups or seen.backups[0] in found.found


@given(DATABASES)
def test_a_log_without_its_file_is_named(seen: DatabaseTrace) -> None:
    """It is what is left of the database, and would be replayed over whatever comes in its place."""
    if seen.health is Health.EMPTY:
        own, local = judging.state(seen), judging.provider(seen)
        assert (own is None) == (local is None) == (not seen.wanted and not seen.log)
        if own is not None and local is not None:
            assert seen.log in own.found
            assert ("set the log aside" in own.offer) == bool(seen.log)
            assert (local.offer, f"move {seen.log} away" in local.advice) == ("", bool(seen.log))


def test_a_constellation_counts_as_applied_only_where_sessions_prove_it() -> None:
    """What is remembered as applied runs without another question."""
    proven = ConstellationTrace("c0ffee", "acme", "/r/constellation.yaml", 2, known=False)
    offered = judging.constellation(proven)
    assert offered is not None
    assert offered.offer
    unproven = ConstellationTrace(
        "c0ffee", "acme", "/r/constellation.yaml", 2, known=False, unproven=("docs",)
    )
    named = judging.constellation(unproven)
    assert named is not None
    assert not named.offer
    assert "docs" in named.advice
    gone = judging.constellation(ConstellationTrace("c0ffee", "c0ffee", "", 2, known=False))
    assert gone is not None
    assert not gone.offer
    assert judging.constellation(ConstellationTrace("c0ffee", "acme", "/f", 0, known=False)) is None
    assert judging.constellation(ConstellationTrace("c0ffee", "acme", "/f", 2, known=True)) is None
