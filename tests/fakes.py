"""In-memory twins of the ports, over one shared `FakeWorld`.

They keep the contract that `tests/runtime/test_ports.py` asserts of them and of the real adapters alike.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from constellagent.errors import ConflictError, RefusedError
from constellagent.plan.desired import DesiredAgent, DesiredIdentity, DesiredService
from constellagent.plan.observed import (
    FOLDER_GONE,
    Absent,
    BranchFacts,
    IdentityFacts,
    Look,
    SessionFacts,
    There,
    Unknown,
    WorktreeFacts,
    WorktreeState,
)
from constellagent.runtime.apply import World
from constellagent.runtime.observe import Eyes
from constellagent.runtime.ports import Launch, Record, Removal, Report, Step, WorktreeLook
from tests.fake_schedules import FakeSchedules
from tests.fake_world import FakeWorld, Person, Session, Tree


def ports_of(world: FakeWorld) -> World:
    """Return what actions act on."""
    journal, records = FakeJournal(world), FakeRecords(world)
    identities, worktrees = FakeIdentities(world, journal), FakeWorktrees(world, journal, records)
    schedules = FakeSchedules(world)
    return World(worktrees, identities, FakeSessions(world), records, FakeLaunches(world), schedules, journal)


def eyes_of(world: FakeWorld) -> Eyes:
    """Return what a look needs."""
    ports = ports_of(world)
    return Eyes(ports.worktrees, ports.identities, ports.sessions, ports.records, ports.schedules)


class FakeJournal:
    """The port `Journal`."""

    def __init__(self, world: FakeWorld) -> None:
        self._world = world

    @asynccontextmanager
    async def step(self, step: Step, subject: str, **detail: str) -> AsyncIterator[None]:
        """Note the intent, let the body act, settle the intent."""
        self._world.write()
        self._world.open.append((step, subject))
        self._world.reach(f"{step.value}:before")
        yield
        self._world.reach(f"{step.value}:after")
        self._world.open = [intent for intent in self._world.open if intent != (step, subject)]

    async def open_steps(self, subject: str) -> Sequence[Step]:
        """Return the unsettled steps of a subject, oldest first."""
        return [step for step, whose in self._world.open if whose == subject]


class FakeRecords:
    """The port `Records`."""

    def __init__(self, world: FakeWorld) -> None:
        self._world = world

    async def all(self) -> Mapping[str, Record]:
        """Return all records."""
        await self._world.call("records", "")
        return dict(self._world.records)

    async def put(self, record: Record) -> None:
        """Remember."""
        await self._world.call("put", record.agent)
        self._world.reach("record.put:before")
        self._world.write()
        self._world.records[record.agent] = record
        self._world.reach("record.put:after")

    async def drop(self, agent: str) -> None:
        """Forget."""
        await self._world.call("drop", agent)
        self._world.write()
        self._world.records.pop(agent, None)


class FakeWorktrees:
    """The port `Worktrees`."""

    def __init__(self, world: FakeWorld, journal: FakeJournal, records: FakeRecords) -> None:
        self._world = world
        self._journal = journal
        self._records = records

    async def look(self, agents: Sequence[DesiredAgent]) -> Mapping[str, WorktreeLook]:
        """Look at each agent's worktree, branch and base."""
        await self._world.call("look worktrees", "")
        return {agent.name: self._look(agent) for agent in agents}

    async def register(self, agent: DesiredAgent, commit: str, *, new_branch: bool) -> None:
        """Create branch and empty worktree."""
        world, path = self._world, Path(agent.path)
        await world.call("register", agent.name)
        if new_branch:
            async with self._journal.step(Step.BRANCH_CREATE, agent.name):
                world.write()
                world.branches.setdefault(agent.branch, commit)
        async with self._journal.step(Step.WORKTREE_ADD, agent.name):
            own = self._own(agent.name)
            if own is None or own.folder is None:
                self._refuse_taken(agent)
                world.write()
                world.trees = [tree for tree in world.trees if tree is not own]
                world.trees.append(Tree(path, path, agent.branch, agent.name, complete=False))

    async def fill(self, agent: DesiredAgent) -> None:
        """Check out and copy."""
        await self._world.call("fill", agent.name)
        for step in (Step.WORKTREE_CHECKOUT, Step.WORKTREE_INCLUDE):
            async with self._journal.step(step, agent.name):
                self._world.write()

    async def finish(self, agent: DesiredAgent, env: Mapping[str, str], report: Report) -> None:
        """Set up and mark complete."""
        await self._world.call("finish", agent.name)
        async with self._journal.step(Step.WORKTREE_SETUP, agent.name):
            self._world.write()
        async with self._journal.step(Step.WORKTREE_COMPLETE, agent.name):
            own = self._own(agent.name)
            assert own is not None
            self._world.write()
            own.complete = True

    async def repair(self, agent: DesiredAgent, path: Path) -> None:
        """Tell git where the worktree lies now."""
        await self._world.call("repair", agent.name)
        async with self._journal.step(Step.WORKTREE_REPAIR, agent.name):
            own = self._own(agent.name)
            assert own is not None
            self._world.write()
            own.registered = path
            await self._records.put(
                replace(
                    self._world.records.get(agent.name, Record(agent.name, path, agent.branch)), path=path
                )
            )

    async def losses(self, agent: str, path: Path, *, own_sessions: Sequence[str] = ()) -> Sequence[str]:
        """Return what removing would lose."""
        await self._world.call("losses", agent)
        own = self._own(agent)
        if own is None and any(tree.folder == path for tree in self._world.trees):
            raise ConflictError(f"{path} is a worktree that we did not make")
        if own is None or own.folder is None:
            return ()
        users = [s for s in self._world.sessions if s.facts.live and s.cwd == own.folder]
        busy = [f"in use by session {s.facts.id}" for s in users if s.facts.id not in own_sessions]
        return (*own.unsaved, *busy)

    async def remove(self, agent: str, path: Path, *, force: bool) -> Removal:
        """Remove, keeping the branch."""
        losses = await self.losses(agent, path)
        await self._world.call("remove", agent)
        if losses and not force:
            raise RefusedError(f"removing {path} would lose work", losses)
        ref = f"refs/constellagent/rescue/{agent}/now" if losses else None
        if ref is not None:
            async with self._journal.step(Step.WORKTREE_RESCUE, agent):
                self._world.write()
                self._world.rescued[ref] = tuple(losses)
        async with self._journal.step(Step.WORKTREE_REMOVE, agent):
            self._world.write()
            self._world.trees = [tree for tree in self._world.trees if tree.owner != agent]
        return Removal(ref, f"git checkout {ref}" if ref else "")

    def _own(self, agent: str) -> Tree | None:
        return next((tree for tree in self._world.trees if tree.owner == agent), None)

    def _look(self, agent: DesiredAgent) -> WorktreeLook:
        world = self._world
        held = next((tree.registered for tree in world.trees if tree.branch == agent.branch), None)
        commit, base = world.branches.get(agent.branch), world.bases.get(agent.base)
        return WorktreeLook(
            worktree=self._blind("worktree", agent) or self._worktree(agent),
            branch=self._blind("branch", agent) or (There(BranchFacts(commit, held)) if commit else Absent()),
            base=self._blind("base", agent) or (There(base) if base else Absent()),
        )

    def _blind(self, what: str, agent: DesiredAgent) -> Unknown | None:
        return Unknown(f"no look at {what}") if (what, agent.name) in self._world.blind else None

    def _worktree(self, agent: DesiredAgent) -> Look[WorktreeFacts]:
        own, path = self._own(agent.name), Path(agent.path)
        if own is not None:
            state = WorktreeState.READY if own.complete else WorktreeState.UNFINISHED
            if own.folder is None:
                state = WorktreeState.MISSING
            elif own.folder != own.registered:
                state = WorktreeState.MOVED
            return There(WorktreeFacts(own.folder or own.registered, own.branch, "h", state))
        foreign = next((tree for tree in self._world.trees if tree.folder == path), None)
        if foreign is not None:
            return There(WorktreeFacts(path, foreign.branch, "h", WorktreeState.FOREIGN))
        if path in self._world.occupied:
            return There(WorktreeFacts(path, None, None, WorktreeState.OCCUPIED, "a folder"))
        return Absent()

    def _refuse_taken(self, agent: DesiredAgent) -> None:
        path = Path(agent.path)
        others = [tree for tree in self._world.trees if tree.owner != agent.name]
        if path in self._world.occupied or any(tree.folder == path for tree in others):
            raise ConflictError(f"{path} is taken")
        if any(tree.branch == agent.branch for tree in others):
            raise ConflictError(f"{agent.branch} is checked out elsewhere")


class FakeIdentities:
    """The port `Identities`."""

    def __init__(self, world: FakeWorld, journal: FakeJournal) -> None:
        self._world = world
        self._journal = journal

    async def look(self, agents: Sequence[DesiredAgent]) -> Mapping[str, Look[IdentityFacts]]:
        """Look at each identity that is wanted or held."""
        await self._world.call("look identities", "")
        return {a.name: self._look(a) for a in agents if a.identity or self._world.person_of(a.name)}

    async def ensure(self, agent: str, wanted: DesiredIdentity) -> IdentityFacts:
        """Create or adopt, once."""
        world = self._world
        await world.call("ensure", agent)
        person = world.people.get(world.bindings.get(agent, ""))
        if person is None:
            matching = self._matches(wanted)
            if len(matching) > 1:
                raise ConflictError(f"several identities match {wanted.name}")
            person = next(iter(matching), None)
        if person is None:
            async with self._journal.step(Step.IDENTITY_CREATE, agent):
                world.write()
                number = len(world.people) + 1
                phone = f"+155501{number:02}" if wanted.phone else None
                address = f"{wanted.email}@{wanted.domain or 'provider.test'}"
                person = Person(f"u-{number}", wanted.name, address, phone)
                world.people[person.uuid] = person
        if world.person_of(agent) is None:
            world.write()
            person.archived = False
            world.bindings[agent] = person.uuid
        return IdentityFacts(person.uuid, person.name, person.address, person.phone, written=False)

    async def write(self, agent: str, worktree: Path) -> None:
        """Write the identity into the worktree that lies there."""
        await self._world.call("write", agent)
        person = self._bound(agent)
        for tree in self._world.trees:
            if tree.folder == worktree and tree.identity != person.uuid:
                async with self._journal.step(Step.IDENTITY_WRITE, agent):
                    self._world.write()
                    tree.identity = person.uuid

    async def environment(self, agent: str) -> Mapping[str, str]:
        """Return who the agent is, for its processes."""
        await self._world.call("environment", agent)
        person = self._bound(agent)
        names = {f"GIT_{role}_NAME": person.name for role in ("AUTHOR", "COMMITTER")}
        addresses = {f"GIT_{role}_EMAIL": person.address for role in ("AUTHOR", "COMMITTER")}
        return {
            "RAVI_API_URL": "http://provider.test",
            "RAVI_API_KEY": f"key of {person.uuid}",
            **names,
            **addresses,
        }

    async def session_identity(self, agent: str) -> str:
        """Return whose key each session gets."""
        return self._bound(agent).uuid

    async def archive(self, agent: str, uuid: str) -> None:
        """Put the identity away."""
        await self._world.call("archive", agent)
        async with self._journal.step(Step.IDENTITY_ARCHIVE, agent):
            self._world.write()
            self._world.people[uuid].archived = True

    def _bound(self, agent: str) -> Person:
        person = self._world.person_of(agent)
        if person is None:
            raise ConflictError(f"agent {agent} has no identity yet")
        return person

    def _matches(self, wanted: DesiredIdentity) -> list[Person]:
        used = set(self._world.bindings.values())
        return [p for p in self._world.people.values() if p.name == wanted.name and p.uuid not in used]

    def _look(self, agent: DesiredAgent) -> Look[IdentityFacts]:
        if ("identity", agent.name) in self._world.blind:
            return Unknown("no look at identity")
        bound = self._world.people.get(self._world.bindings.get(agent.name, ""))
        matching = [bound] if bound else self._matches(agent.identity) if agent.identity else []
        if not matching:
            return Absent()
        person, *others = matching
        written = any(t.folder == Path(agent.path) and t.identity == person.uuid for t in self._world.trees)
        in_use = bound is not None and not bound.archived
        twins = tuple(other.uuid for other in others)
        facts = IdentityFacts(person.uuid, person.name, person.address, person.phone, in_use, written, twins)
        return There(facts)


class FakeSessions:
    """The port `Sessions`."""

    def __init__(self, world: FakeWorld) -> None:
        self._world = world

    async def look(self) -> Mapping[tuple[str, str], Look[SessionFacts]]:
        """Return the newest session of each subject."""
        await self._world.call("look sessions", "")
        found: dict[tuple[str, str], Look[SessionFacts]] = {
            (session.role, session.subject): There(session.facts)
            for session in self._world.sessions
            if session.role != "run"
        }
        blind = {subject for what, subject in self._world.blind if what == "session"}
        return found | {
            (role, subject): Unknown("no look at session")
            for role in ("agent", "service")
            for subject in blind
        }

    async def runs(self) -> Mapping[str, Sequence[str]]:
        """Return the live runs by agent."""
        await self._world.call("look runs", "")
        found: dict[str, list[str]] = {}
        for session in self._world.sessions:
            if session.role == "run" and session.facts.live:
                found.setdefault(session.subject.partition("/")[0], []).append(session.facts.id)
        return found

    async def start(self, launch: Launch) -> SessionFacts:
        """Start a session."""
        await self._world.call("start", launch.subject)
        self._world.write()
        facts = SessionFacts(f"s-{len(self._world.sessions) + 1}", live=True, fingerprint=launch.fingerprint)
        self._world.sessions.append(Session(facts, launch.role, launch.subject, launch.cwd))
        return facts

    async def stop(self, session: str) -> None:
        """Stop a session."""
        for known in self._world.sessions:
            if known.facts.id == session and known.facts.live:
                await self._world.call("stop", known.subject)
                self._world.write()
                known.facts = replace(known.facts, live=False, ended_by="stop", outcome="stopped")

    async def outdate(self, agent: str) -> None:
        """Note that the live session runs in a folder that is made anew."""
        for known in self._world.sessions:
            if (known.role, known.subject) == ("agent", agent) and known.facts.live:
                self._world.write()
                known.facts = replace(known.facts, fingerprint=FOLDER_GONE)


class FakeLaunches:
    """The port `Launches`."""

    def __init__(self, world: FakeWorld) -> None:
        self._world = world

    async def environment(self, agent: DesiredAgent, worktree: Path) -> Mapping[str, str]:
        """Return an environment with nothing in it."""
        await self._world.call("launch environment", agent.name)
        return {}

    async def agent(self, agent: DesiredAgent, worktree: Path) -> Launch:
        """Return how to start an agent."""
        await self._world.call("launch", agent.name)
        return Launch(agent.name, "agent", ("true",), worktree, {}, agent.fingerprint)

    async def service(self, service: DesiredService) -> Launch:
        """Return how to start a service."""
        await self._world.call("launch", service.name)
        return Launch(service.name, "service", ("true",), Path("/"), {}, service.fingerprint)

    async def wait_ready(self, service: DesiredService, session: SessionFacts) -> None:
        """Return at once, or fail as asked."""
        await self._world.call("wait_ready", service.name)
