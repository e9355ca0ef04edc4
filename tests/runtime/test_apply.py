"""The laws of apply, over worlds in any state, with an oracle that does not use the planner."""

import copy
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from constellagent.errors import RefusedError, UnavailableError, WorldError
from constellagent.plan.actions import Plan, StartSession
from constellagent.plan.diff import Options
from constellagent.plan.observed import SessionFacts
from constellagent.runtime.apply import Apply
from constellagent.runtime.events import Event
from constellagent.runtime.ports import Record
from tests.fake_world import FakeWorld, Person, Session, Tree
from tests.fakes import ports_of
from tests.runtime.scenes import (
    BARE,
    OLD,
    ROOT,
    Found,
    Wish,
    apply,
    apply_cut_short,
    build,
    drop,
    expected,
    removed,
    state,
    wishes,
)

CALLS = ("ensure", "register", "write", "fill", "launch environment", "finish", "launch", "start", "repair")


def restart_all(scene: list[Wish]) -> Options:
    """Return leave to end every session."""
    return Options(restart=frozenset(wish.name for wish in scene))


@given(wishes, st.booleans())
def test_after_apply_the_world_is_as_declared(scene: list[Wish], restart: bool) -> None:
    """Whatever was found, everything declared is there, once, and nothing else of it changed."""
    desired, world = build(scene)
    outcome = apply(desired, world, restart_all(scene) if restart else None)
    assert (outcome.failed, outcome.skipped, outcome.exit_code) == ({}, {}, 0)
    for wish in scene:
        assert state(world, wish) == expected(desired, wish, restart=restart)
    assert len(world.live("db")) == 1
    assert world.open == []


@given(wishes)
def test_a_second_apply_writes_nothing(scene: list[Wish]) -> None:
    """Once applied, there is nothing left to do: the second apply changes no part of the world."""
    desired, world = build(scene)
    apply(desired, world)
    world.revive()
    before = copy.deepcopy(world)
    outcome = apply(desired, world)
    assert (outcome.changed, outcome.done, world.writes) == (0, [], 0)
    assert world == before


@given(wishes, st.booleans(), st.integers(0, 60))
def test_an_apply_that_is_cut_short_converges(scene: list[Wish], restart: bool, point: int) -> None:
    """Killed anywhere, even twice, the next apply ends where an undisturbed one would have."""
    desired, world = build(scene)
    options = restart_all(scene) if restart else None
    world.die_at = point
    assume(apply_cut_short(desired, world, options))
    world.die_at = point // 2
    apply_cut_short(desired, world, options)
    apply(desired, world, options)
    for wish in scene:
        assert state(world, wish) == expected(desired, wish, restart=restart)


def test_every_point_of_an_apply_can_be_the_last() -> None:
    """Dying at each single point of an apply of agents in all states, one run a point, always converges."""
    scene = [Wish(found.name.lower(), found, needs=True) for found in Found]
    desired, world = build(scene)
    apply(desired, world)
    points = len(world.points)
    assert points > 100
    for point in range(points):
        desired, world = build(scene)
        world.die_at = point
        assert apply_cut_short(desired, world), point
        apply(desired, world)
        for wish in scene:
            assert state(world, wish) == expected(desired, wish), point


@given(wishes, st.integers(0, 40))
def test_a_destroy_that_is_cut_short_converges(scene: list[Wish], point: int) -> None:
    """A destroy ends with nothing of ours left, with or without a death on the way; branches are kept."""
    options = Options(destroy=True)
    desired, world = build(scene)
    world.die_at = point
    apply_cut_short(desired, world, options)
    outcome = apply(desired, world, options)
    assert outcome.failed == {}
    for wish in scene:
        assert state(world, wish) == removed(wish)
    world.revive()
    apply(desired, world, options)
    assert world.writes == 0


@given(
    wishes,
    st.data(),
    st.sampled_from([Options(), Options(prune=True), Options(destroy=True, force=True)]),
    st.sampled_from(["worktree", "identity", "session"]),
)
def test_a_failed_look_changes_nothing_of_its_agent(
    scene: list[Wish], data: st.DataObject, options: Options, what: str
) -> None:
    """Where one look fails, nothing of that agent is created or deleted; the others are made as declared."""
    desired, world = build(scene)
    blind = data.draw(st.sampled_from(scene))
    assume(what != "identity" or blind.identity)
    world.blind = {(what, blind.name)}
    before = state(world, blind)
    outcome = apply(desired, world, options)
    assert state(world, blind) == before
    assert blind.name not in outcome.done
    for wish in scene:
        if wish != blind:
            assert state(world, wish) == (removed(wish) if options.destroy else expected(desired, wish))


@given(wishes, st.data(), st.sampled_from(["branch", "base"]))
def test_a_failed_look_at_the_branch_makes_no_worktree(
    scene: list[Wish], data: st.DataObject, what: str
) -> None:
    """Where branch or base could not be looked at, no branch and no worktree comes of it."""
    desired, world = build(scene)
    blind = data.draw(st.sampled_from(scene))
    assume(what == "branch" or blind.found in BARE - {Found.BRANCH})
    world.blind = {(what, blind.name)}
    before = state(world, blind)
    apply(desired, world)
    after = state(world, blind)
    # A worktree that is complete needs neither, so the rest of its agent may go on.
    whole = before.complete or blind.found is Found.MOVED_AWAY
    assert after == (expected(desired, blind) if whole else before)


@given(wishes, st.sampled_from(["look worktrees", "look identities", "look sessions"]), st.booleans())
def test_a_port_that_cannot_look_at_all_changes_nothing(scene: list[Wish], call: str, destroy: bool) -> None:
    """Where git, the provider or the sessions cannot be asked, no agent that needs the answer changes."""
    desired, world = build(scene)
    world.broken = {(call, ""): UnavailableError("nobody answers")}
    before = [state(world, wish) for wish in scene]
    apply(desired, world, Options(destroy=destroy, force=destroy))
    for wish, was in zip(scene, before, strict=True):
        if call != "look identities" or wish.identity or destroy:
            assert state(world, wish) == was


@given(wishes, st.data(), st.sampled_from(CALLS))
def test_one_failing_agent_does_not_stop_the_others(
    scene: list[Wish], data: st.DataObject, call: str
) -> None:
    """Any step of one agent may fail: the others end as declared, and the failure is named and retried."""
    desired, world = build(scene)
    broken = data.draw(st.sampled_from(scene))
    error = WorldError("this step failed")
    world.broken = {(call, broken.name): error}
    outcome = apply(desired, world)
    assert set(outcome.failed) <= {broken.name}
    assert outcome.exit_code == (1 if outcome.failed else 0)
    for wish in scene:
        if wish != broken or not outcome.failed:
            assert state(world, wish) == expected(desired, wish)
    world.broken = {}
    apply(desired, world)
    assert state(world, broken) == expected(desired, broken)


@given(wishes, st.sampled_from(["launch", "start", "wait_ready"]))
def test_agents_are_not_started_on_a_service_that_failed(scene: list[Wish], call: str) -> None:
    """A service that does not come up keeps only the sessions of the agents that need it from starting."""
    desired, world = build(scene)
    world.broken = {(call, "db"): WorldError("no such port")}
    outcome = apply(desired, world)
    assert set(outcome.failed) == {"db"}
    assert outcome.exit_code == 1
    for wish in scene:
        full = expected(desired, wish)
        if wish.needs:
            was = state(build(scene)[1], wish)
            assert state(world, wish).live == was.live
            assert (wish.name in outcome.skipped) == (full.live != was.live)
        else:
            assert state(world, wish) == full


def add_strangers(world: FakeWorld, taken: set[str]) -> None:
    """Put things into the world that look like ours and are not."""
    world.branches |= {"main": OLD, "agents/stranger": OLD}
    world.trees.append(
        Tree(ROOT / "stranger", ROOT / "stranger", "agents/stranger", None, unsaved=("a file",))
    )
    world.occupied.add(ROOT / "other")
    world.people["u-stranger"] = Person("u-stranger", "stranger", "stranger@acme.test", None)
    for name in taken:
        world.trees.append(Tree(ROOT / name, ROOT / name, f"own/{name}", None, unsaved=("a file",)))


def strangers(world: FakeWorld) -> Any:
    """Return all that is not ours."""
    return copy.deepcopy(
        (
            [tree for tree in world.trees if tree.owner is None],
            world.occupied,
            world.people["u-stranger"],
            {name: world.branches[name] for name in ("main", "agents/stranger")},
        )
    )


@given(
    wishes,
    st.sampled_from([Options(), Options(prune=True, force=True), Options(destroy=True, force=True)]),
    st.data(),
)
def test_what_is_not_ours_is_never_touched(scene: list[Wish], options: Options, data: st.DataObject) -> None:
    """Worktrees, folders, branches and identities of others stay as they are, even in the place of ours."""
    desired, world = build(scene)
    bare = [wish.name for wish in scene if wish.found in BARE]
    taken = data.draw(st.sets(st.sampled_from(bare))) if bare else set()
    add_strangers(world, taken)
    before = strangers(world)
    outcome = apply(desired, world, options)
    assert strangers(world) == before
    # Nor is it tried: the ports would refuse, and that would show as a failure.
    assert (outcome.failed, world.rescued) == ({}, {})


def add_leftover(desired_name: str, world: FakeWorld) -> Wish:
    """Put a settled agent of ours into the world that is not declared any more."""
    wish = Wish(desired_name, Found.SETTLED)
    _, with_it = build([wish])
    world.trees += with_it.trees
    world.people |= with_it.people
    world.bindings |= with_it.bindings
    world.branches |= with_it.branches
    world.sessions += with_it.sessions
    uuid = with_it.bindings[wish.name]
    world.records[wish.name] = Record(wish.name, ROOT / wish.name, wish.branch, uuid, wish.name)
    return wish


@given(wishes, st.booleans(), st.booleans())
def test_what_is_no_longer_declared_goes_only_with_prune(
    scene: list[Wish], prune: bool, service: bool
) -> None:
    """An undeclared agent or service of ours stays whole without prune and is gone with it."""
    desired, world = build(scene)
    old = add_leftover("old", world)
    if service:
        world.sessions.append(
            Session(SessionFacts("s-relic", live=True, fingerprint=""), "service", "relic", ROOT)
        )
    before = state(world, old)
    apply(desired, world, Options(prune=prune))
    assert state(world, old) == (removed(old) if prune else before)
    assert bool(world.live("relic")) == (service and not prune)
    for wish in scene:
        assert state(world, wish) == expected(desired, wish)


@given(wishes, st.integers(0, 40))
def test_a_prune_that_is_cut_short_converges(scene: list[Wish], point: int) -> None:
    """What is no longer declared is not forgotten before it is gone, wherever a prune is killed."""
    desired, world = build(scene)
    old = add_leftover("old", world)
    world.die_at = point
    apply_cut_short(desired, world, Options(prune=True))
    apply(desired, world, Options(prune=True))
    assert state(world, old) == removed(old)


def test_a_refused_removal_ends_no_conversation() -> None:
    """Where something would be lost, destroy touches nothing of that agent, not even its session."""
    scene = [Wish("docs", Found.SETTLED), Wish("site", Found.SETTLED)]
    desired, world = build(scene)
    world.trees[0].unsaved = ("modified: a.py",)
    before = state(world, scene[0])
    outcome = apply(desired, world, Options(destroy=True))
    assert isinstance(outcome.failed["docs"], RefusedError)
    assert outcome.failed["docs"].losses == ("modified: a.py",)
    assert outcome.exit_code == 3
    assert state(world, scene[0]) == before
    assert state(world, scene[1]) == removed(scene[1])


def test_a_service_is_started_anew_only_when_asked() -> None:
    """A second apply leaves a running service alone; a restart ends it and starts one other."""
    desired, world = build([])
    apply(desired, world)
    (first,) = world.live("db")
    apply(desired, world)
    assert world.live("db") == [first]
    apply(desired, world, Options(restart=frozenset({"db"})))
    (second,) = world.live("db")
    assert second.facts.id != first.facts.id


def test_force_rescues_before_it_removes() -> None:
    """With force, what would be lost is kept under a ref and named in the report."""
    scene = [Wish("docs", Found.SETTLED)]
    desired, world = build(scene)
    world.trees[0].unsaved = ("modified: a.py",)
    outcome = apply(desired, world, Options(destroy=True, force=True))
    assert outcome.failed == {}
    assert world.rescued == {"refs/constellagent/rescue/docs/now": ("modified: a.py",)}
    assert state(world, scene[0]) == removed(scene[0])


async def test_progress_names_each_action_and_each_failure() -> None:
    """The report gets a line when an action begins and when it ends, and the error of one that fails."""
    desired, world = build([Wish("docs", Found.SETTLED), Wish("site", Found.SETTLED)])
    world.broken = {("start", "site"): WorldError("no such command", hint="install it")}
    events: list[Event] = []

    def note(event: Event) -> None:
        events.append(event)

    doing = Plan("acme", (StartSession("docs", "why"), StartSession("site", "why")))
    outcome = await Apply(desired, ports_of(world), note, parallel=1).run(doing)
    assert (outcome.done, set(outcome.failed), outcome.changed) == (["docs"], {"site"}, 1)
    assert [(event.subject, event.level) for event in events] == [
        ("docs", "info"),
        ("docs", "done"),
        ("site", "info"),
        ("site", "error"),
    ]
    assert "no such command" in events[-1].text
    assert "install it" in events[-1].text


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ({}, 0),
        ({"docs": UnavailableError("x")}, 69),
        ({"docs": UnavailableError("x"), "site": UnavailableError("x")}, 69),
        ({"docs": UnavailableError("x"), "site": WorldError("x")}, 1),
        ({"docs": RefusedError("x")}, 3),
    ],
)
async def test_the_exit_code_tells_how_it_went(errors: dict[str, Any], code: int) -> None:
    """One kind of failure keeps its own exit code; several kinds are a plain failure."""
    desired, world = build([Wish("docs", Found.SETTLED), Wish("site", Found.SETTLED)])
    world.broken = {("start", name): error for name, error in errors.items()}
    doing = Plan("acme", (StartSession("docs", "why"), StartSession("site", "why")))
    outcome = await Apply(desired, ports_of(world), drop, parallel=2).run(doing)
    assert outcome.exit_code == code
