"""Declarations and worlds to apply them to, and what must come of it, worked out without the planner.

A scene is a set of wishes, each with the state in which its agent is found. `expected` says what must be
true after an apply; it is written from the promises to the user and shares no rule with `plan`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from hypothesis import strategies as st

from constellagent.plan.desired import Desired, desire
from constellagent.plan.diff import Options, plan
from constellagent.plan.observed import SessionFacts
from constellagent.runtime.apply import Apply, Outcome
from constellagent.runtime.events import Event
from constellagent.runtime.observe import observe
from constellagent.runtime.ports import Record
from constellagent.spec.models import Constellation
from tests.fake_world import Died, FakeWorld, Person, Session, Tree
from tests.fakes import eyes_of, ports_of

REPO = Path("/repos/acme")
ROOT = Path("/repos/acme.worktrees")
MOVED = Path("/moved")
OLD, BASE = "b" * 40, "c" * 40
NAMES = ("auth", "docs", "site", "triage")


class Found(StrEnum):
    """The state in which an agent is found."""

    NOTHING = "nothing of it is there"
    BRANCH = "only its branch is there"
    PERSON = "only its identity is there, bound to nobody"
    ARCHIVED = "only its identity is there, its own and put away"
    BOUND = "only its identity is there, its own"
    SETTLED = "all is as declared"
    UNFINISHED = "its worktree was cut short"
    MISSING = "its worktree's folder is gone"
    MOVED_AWAY = "its worktree was moved by hand"
    OTHER_BRANCH = "it went to another branch by itself"
    UNWRITTEN = "its identity is not in its worktree"
    ENDED = "it ended by itself"
    LOST = "it was lost in a reboot"
    CHANGED = "its declaration changed while it ran"
    ENDED_CHANGED = "its declaration changed after it ended by itself"


BARE = {Found.NOTHING, Found.BRANCH, Found.PERSON, Found.ARCHIVED, Found.BOUND}
RUNNING = {Found.SETTLED, Found.MOVED_AWAY, Found.OTHER_BRANCH, Found.UNWRITTEN, Found.CHANGED}
HOW_ENDED: dict[Found, Literal["itself", "lost"]] = {
    Found.ENDED: "itself",
    Found.ENDED_CHANGED: "itself",
    Found.LOST: "lost",
}


@dataclass(frozen=True)
class Wish:
    """One agent as declared, and as found."""

    name: str
    found: Found
    identity: bool = True
    autostart: bool = True
    needs: bool = False

    @property
    def branch(self) -> str:
        """The branch that follows from the name."""
        return f"agents/{self.name}"


@dataclass(frozen=True)
class State:
    """What can be said of one agent."""

    path: Path | None
    branch: str | None
    commit: str | None
    complete: bool
    identified: bool
    identities: int
    live: tuple[str, ...]
    remembered: bool


wishes = st.lists(
    st.builds(
        Wish,
        name=st.sampled_from(NAMES),
        found=st.sampled_from(Found),
        identity=st.booleans(),
        autostart=st.booleans(),
        needs=st.booleans(),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda wish: wish.name,
)
"""Up to three agents, each in any state."""


def build(scene: Sequence[Wish]) -> tuple[Desired, FakeWorld]:
    """Return what the scene declares, and the world in which it is found."""
    agents: dict[str, Any] = {
        wish.name: {
            "command": ["true"],
            "autostart": wish.autostart,
            "needs": ["db"] if wish.needs else [],
            **({} if wish.identity else {"identity": False}),
        }
        for wish in scene
    }
    raw = {"version": 1, "name": "acme", "agents": agents, "services": {"db": {"command": ["true"]}}}
    desired = desire(Constellation.model_validate(raw), REPO)
    world = FakeWorld()
    for wish in scene:
        _place(world, wish, desired.agents[wish.name].fingerprint)
    return desired, world


def _place(world: FakeWorld, wish: Wish, fingerprint: str) -> None:
    """Put one agent into the world as it is found."""
    person = Person(f"u-{wish.name}", wish.name, f"{wish.name}@acme.test", "+15550100")
    if wish.identity and wish.found not in {Found.NOTHING, Found.BRANCH}:
        world.people[person.uuid] = person
        person.archived = wish.found is Found.ARCHIVED
        if wish.found is not Found.PERSON:
            world.bindings[wish.name] = person.uuid
    if wish.found is Found.BRANCH or wish.found not in BARE:
        world.branches[wish.branch] = OLD
    if wish.found not in BARE:
        _place_worktree(world, wish, person.uuid if wish.identity else None, fingerprint)


def _place_worktree(world: FakeWorld, wish: Wish, identity: str | None, fingerprint: str) -> None:
    name, path = wish.name, ROOT / wish.name
    tree = Tree(path, path, wish.branch, name, identity=identity)
    world.trees.append(tree)
    world.records[name] = Record(name, path, wish.branch)
    if wish.found is Found.UNFINISHED:
        tree.complete, tree.identity = False, None
    if wish.found is Found.UNWRITTEN:
        tree.identity = None
    if wish.found is Found.OTHER_BRANCH:
        tree.branch = "elsewhere"
    if wish.found in {Found.MISSING, Found.MOVED_AWAY}:
        tree.folder = MOVED / name if wish.found is Found.MOVED_AWAY else None
    if wish.found in RUNNING | HOW_ENDED.keys():
        stale = wish.found in {Found.CHANGED, Found.ENDED_CHANGED}
        facts = SessionFacts(
            f"s-{name}",
            live=wish.found in RUNNING,
            fingerprint="stale" if stale else fingerprint,
            ended_by=HOW_ENDED.get(wish.found, ""),
        )
        world.sessions.append(Session(facts, "agent", name, tree.folder or path))


def state(world: FakeWorld, wish: Wish) -> State:
    """Return what is true of an agent now."""
    trees = [tree for tree in world.trees if tree.owner == wish.name]
    assert len(trees) <= 1, "two worktrees of one agent"
    tree = trees[0] if trees else None
    person = world.person_of(wish.name)
    return State(
        path=tree.folder if tree else None,
        branch=tree.branch if tree else None,
        commit=world.branches.get(wish.branch),
        complete=tree is not None and tree.complete and tree.registered == tree.folder,
        identified=tree is not None and person is not None and tree.identity == person.uuid,
        identities=sum(known.name == wish.name for known in world.people.values()),
        live=tuple(session.facts.fingerprint for session in world.live(wish.name)),
        remembered=wish.name in world.records,
    )


def expected(desired: Desired, wish: Wish, *, restart: bool = False) -> State:
    """Return what must be true of an agent after an apply."""
    fingerprint = desired.agents[wish.name].fingerprint
    found = wish.found
    live: tuple[str, ...] = (fingerprint,)
    if not restart and found is Found.CHANGED:
        live = ("stale",)
    elif not restart and (found is Found.ENDED or not (wish.autostart or found in RUNNING)):
        live = ()
    return State(
        path=(MOVED if found is Found.MOVED_AWAY else ROOT) / wish.name,
        branch="elsewhere" if found is Found.OTHER_BRANCH else wish.branch,
        commit=BASE if found in BARE - {Found.BRANCH} else OLD,
        complete=True,
        identified=wish.identity,
        identities=int(wish.identity),
        live=live,
        remembered=True,
    )


def removed(wish: Wish) -> State:
    """Return what must be true of an agent after a destroy: the branch and the mail are kept."""
    return State(
        path=None,
        branch=None,
        commit=OLD if wish.found is Found.BRANCH or wish.found not in BARE else None,
        complete=False,
        identified=False,
        identities=int(wish.identity and wish.found not in {Found.NOTHING, Found.BRANCH}),
        live=(),
        remembered=False,
    )


def apply(desired: Desired, world: FakeWorld, options: Options | None = None) -> Outcome:
    """Look, plan and apply, as the daemon does; the report is dropped."""

    async def work() -> Outcome:
        found = plan(desired, await observe(desired, eyes_of(world)), options or Options())
        return await Apply(desired, ports_of(world), drop, parallel=4).run(found)

    return asyncio.run(work())


def apply_cut_short(desired: Desired, world: FakeWorld, options: Options | None = None) -> bool:
    """Apply until the world's `die_at` is reached; returns whether it was. The next process then begins."""
    died = False
    try:
        apply(desired, world, options)
    except* Died:
        died = True
    world.revive()
    return died


def drop(event: Event) -> None:
    """Take an event and do nothing with it."""
