"""One look at the world: every answer that could not be had is unknown, and nothing is written."""

import copy

import pytest

from constellagent.errors import ConstellagentError, UnavailableError, WorldError
from constellagent.plan.desired import Desired
from constellagent.plan.observed import Absent, Observed, SessionFacts, There, Unknown, WorktreeState
from constellagent.runtime.observe import observe
from constellagent.runtime.ports import Record
from tests.fake_world import FakeWorld, Person, Session, Tree
from tests.fakes import eyes_of
from tests.runtime.scenes import MOVED, ROOT, Found, Wish, build


async def seen(desired: Desired, world: FakeWorld, env: frozenset[str] | None = None) -> Observed:
    """Look, and check that looking wrote nothing."""
    world.writes = 0
    before = copy.deepcopy(world)
    found = await observe(desired, eyes_of(world), available_env=env)
    assert world == before
    return found


async def test_what_is_there_is_seen_whole() -> None:
    """Worktree, branch, base, identity and session of a settled agent are all found."""
    desired, world = build([Wish("docs", Found.SETTLED)])
    docs = (await seen(desired, world)).agents["docs"]
    assert isinstance(docs.worktree, There)
    assert docs.worktree.value.state is WorktreeState.READY
    for look in (docs.branch, docs.base, docs.identity, docs.session):
        assert isinstance(look, There)
    assert docs.made_by_us


async def test_what_is_not_there_is_absent() -> None:
    """Of an agent that was never applied only its base is there, and it is not ours."""
    desired, world = build([Wish("docs", Found.NOTHING)])
    found = await seen(desired, world)
    docs = found.agents["docs"]
    assert {docs.worktree, docs.branch, docs.identity, docs.session} == {Absent()}
    assert docs.base == There("c" * 40)
    assert not docs.made_by_us
    assert found.services["db"].session == Absent()


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        ("look worktrees", {"worktree", "branch", "base"}),
        ("look identities", {"identity"}),
        ("look sessions", {"session"}),
    ],
)
@pytest.mark.parametrize("error", [WorldError("it broke"), UnavailableError("nobody there")])
async def test_a_port_that_fails_makes_its_answers_unknown(
    call: str, parts: set[str], error: ConstellagentError
) -> None:
    """A failing port blinds exactly its own answers, with its own words, for every agent and service."""
    desired, world = build([Wish("docs", Found.SETTLED), Wish("site", Found.NOTHING)])
    world.broken = {(call, ""): error}
    found = await seen(desired, world)
    unknown = Unknown(error.message, unavailable=isinstance(error, UnavailableError))
    for agent in found.agents.values():
        blind = {
            part
            for part in ("worktree", "branch", "base", "identity", "session")
            if getattr(agent, part) == unknown
        }
        assert blind == parts
    assert (found.services["db"].session == unknown) == (call == "look sessions")
    assert found.unavailable == (call == "look identities" and unknown.unavailable)


async def test_our_own_memory_cannot_be_done_without() -> None:
    """Where our records cannot be read there is no look at all: nobody could say what is ours."""
    desired, world = build([Wish("docs", Found.SETTLED)])
    world.broken = {("records", ""): WorldError("disk on fire")}
    with pytest.raises(WorldError, match="disk on fire"):
        await observe(desired, eyes_of(world))


@pytest.mark.parametrize(
    ("available", "missing"),
    [(None, ()), (frozenset({"KEY"}), ("TOKEN",)), (frozenset({"KEY", "TOKEN", "MORE"}), ())],
)
async def test_variables_that_cannot_be_given_are_named(
    available: frozenset[str] | None, missing: tuple[str, ...]
) -> None:
    """Names of `env.pass` that the caller does not have are listed in the order of the file."""
    desired, world = build([Wish("docs", Found.SETTLED)])
    agent = desired.agents["docs"]
    env = agent.spec.env.model_copy(update={"pass_": ("TOKEN", "KEY")})
    object.__setattr__(agent, "spec", agent.spec.model_copy(update={"env": env}))
    assert (await seen(desired, world, available)).agents["docs"].missing_env == missing


async def test_what_we_made_before_is_looked_at_too() -> None:
    """An agent and a service that nobody declares any more are seen as far as they are ours."""
    desired, world = build([Wish("docs", Found.SETTLED)])
    world.records["old"] = Record("old", ROOT / "old", "agents/old", "u-old", "old")
    world.records["older"] = Record("older", ROOT / "older", "agents/older")
    world.trees.append(Tree(ROOT / "old", ROOT / "old", "agents/old", "old"))
    world.people["u-old"] = Person("u-old", "old", "old@acme.test", None)
    world.bindings["old"] = "u-old"
    relic = SessionFacts("s-relic", live=True, fingerprint="")
    run = SessionFacts("s-run", live=True, fingerprint="")
    world.sessions += [Session(relic, "service", "relic", ROOT), Session(run, "run", "docs", ROOT)]
    found = await seen(desired, world)
    old = found.agents["old"]
    assert isinstance(old.worktree, There)
    assert isinstance(old.identity, There)
    assert old.identity.value.bound
    assert old.made_by_us
    assert found.agents["older"].identity == Absent()
    assert found.services["relic"].session == There(relic)
    assert set(found.services) == {"db", "relic"}


async def test_an_identity_is_read_where_the_worktree_lies() -> None:
    """The identity file of a worktree that was moved and repaired is found in its new place."""
    desired, world = build([Wish("docs", Found.MOVED_AWAY)])
    world.trees[0].registered = MOVED / "docs"
    world.records["docs"] = Record("docs", MOVED / "docs", "agents/docs")
    docs = (await seen(desired, world)).agents["docs"]
    assert isinstance(docs.identity, There)
    assert docs.identity.value.written
