"""One contract for every port, asserted of the twin in memory and of the real adapter alike."""

import dataclasses
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest

from constellagent.errors import ConflictError, RefusedError, WorldError
from constellagent.plan.desired import DesiredAgent, DesiredIdentity
from constellagent.plan.observed import (
    Absent,
    BranchFacts,
    IdentityFacts,
    There,
    WorktreeFacts,
    WorktreeState,
)
from constellagent.runtime.events import Event
from constellagent.runtime.ports import Launch, Record, Step, WorktreeLook
from tests.runtime.grounds import FakeGround, Ground, real_ground


@pytest.fixture(params=["fake", "real"])
async def ground(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ground]:
    """Both grounds, one after the other."""
    if request.param == "fake":
        yield FakeGround(tmp_path / "acme")
        return
    async with real_ground(tmp_path) as real:
        yield real


def drop(event: Event) -> None:
    """Take an event and do nothing with it."""


async def seen(ground: Ground, agent: DesiredAgent) -> WorktreeLook:
    """Look at one agent's worktree."""
    return (await ground.ports.worktrees.look([agent]))[agent.name]


async def worktree(ground: Ground, agent: DesiredAgent) -> WorktreeFacts:
    """Return the worktree that must be there."""
    look = (await seen(ground, agent)).worktree
    assert isinstance(look, There), look
    return look.value


async def create(ground: Ground, agent: DesiredAgent) -> Path:
    """Create a whole worktree as apply does, without an identity; returns where it is."""
    ports, path = ground.ports, Path(agent.path)
    await ports.records.put(Record(agent.name, path, agent.branch))
    await ports.worktrees.register(agent, await ground.commit(), new_branch=True)
    await ports.worktrees.fill(agent)
    await ports.worktrees.finish(agent, {"PATH": os.environ["PATH"]}, drop)
    return path


async def person(ground: Ground, agent: DesiredAgent) -> IdentityFacts:
    """Return the identity that must be there."""
    look = (await ground.ports.identities.look([agent]))[agent.name]
    assert isinstance(look, There), look
    return look.value


def wanted(agent: DesiredAgent) -> DesiredIdentity:
    """Return the identity that the agent declares."""
    assert agent.identity is not None
    return agent.identity


class TestJournal:
    """What was about to be done when a process died."""

    async def test_a_step_that_ended_leaves_nothing_open(self, ground: Ground) -> None:
        """The intent is there while the body acts, and gone once it ended."""
        journal = ground.ports.journal
        async with journal.step(Step.WORKTREE_ADD, "docs", path="/w"):
            assert list(await journal.open_steps("docs")) == [Step.WORKTREE_ADD]
            assert list(await journal.open_steps("site")) == []
        assert list(await journal.open_steps("docs")) == []

    async def test_a_step_that_failed_stays_open(self, ground: Ground) -> None:
        """What raised stays open, oldest first, until the same step is done."""
        journal = ground.ports.journal
        for step in (Step.WORKTREE_ADD, Step.SESSION_START, Step.WORKTREE_ADD):
            with pytest.raises(WorldError):
                async with journal.step(step, "docs"):
                    raise WorldError("it broke")
        assert next(iter(await journal.open_steps("docs"))) is Step.WORKTREE_ADD
        assert set(await journal.open_steps("docs")) == {Step.WORKTREE_ADD, Step.SESSION_START}
        async with journal.step(Step.WORKTREE_ADD, "docs"):
            pass
        assert list(await journal.open_steps("docs")) == [Step.SESSION_START]


class TestRecords:
    """What we made, so that it can be found without the file."""

    async def test_what_was_put_is_there_until_it_is_dropped(self, ground: Ground) -> None:
        """A record is replaced by the next of its agent, and dropping twice is harmless."""
        records = ground.ports.records
        first = Record("docs", Path("/w/docs"), "agents/docs")
        second = Record("docs", Path("/moved"), "agents/docs", "u-1", "docs")
        assert await records.all() == {}
        await records.put(first)
        await records.put(second)
        other = Record("site", Path("/w/site"), "agents/site")
        await records.put(other)
        assert await records.all() == {"docs": second, "site": other}
        await records.drop("docs")
        await records.drop("docs")
        assert await records.all() == {"site": other}


class TestWorktrees:
    """The git side."""

    async def test_nothing_is_there_at_first(self, ground: Ground) -> None:
        """An agent that was never applied has no worktree and no branch; its base is resolved."""
        assert await seen(ground, ground.agent()) == WorktreeLook(
            Absent(), Absent(), There(await ground.commit())
        )
        assert await ground.ports.worktrees.look([]) == {}

    async def test_a_base_that_is_not_there_is_absent(self, ground: Ground) -> None:
        """A base that names nothing is a finding and no failure."""
        assert (await seen(ground, ground.agent("lost"))).base == Absent()

    async def test_a_created_worktree_is_ready(self, ground: Ground) -> None:
        """After register, fill and finish it is ready on its new branch, which it holds."""
        agent = ground.agent()
        path = await create(ground, agent)
        look = await seen(ground, agent)
        assert isinstance(look.worktree, There)
        facts = look.worktree.value
        assert (facts.path, facts.branch, facts.state) == (path, agent.branch, WorktreeState.READY)
        assert look.branch == There(BranchFacts(await ground.commit(), path))
        assert isinstance((await seen(ground, ground.agent("site"))).worktree, Absent)

    async def test_a_creation_can_stop_and_go_on(self, ground: Ground) -> None:
        """What was cut short is unfinished; each part can be repeated and ends ready."""
        agent, worktrees = ground.agent(), ground.ports.worktrees
        await ground.ports.records.put(Record(agent.name, Path(agent.path), agent.branch))
        for _ in range(2):
            await worktrees.register(agent, await ground.commit(), new_branch=True)
            assert (await worktree(ground, agent)).state is WorktreeState.UNFINISHED
        for _ in range(2):
            await worktrees.fill(agent)
            assert (await worktree(ground, agent)).state is WorktreeState.UNFINISHED
        for _ in range(2):
            await worktrees.finish(agent, {"PATH": os.environ["PATH"]}, drop)
            assert (await worktree(ground, agent)).state is WorktreeState.READY

    async def test_an_existing_branch_is_used_as_it_is(self, ground: Ground) -> None:
        """A branch that exists is seen, held by nobody, and checked out where asked."""
        agent = ground.agent()
        await ground.branch(agent.branch)
        assert (await seen(ground, agent)).branch == There(BranchFacts(await ground.commit(), None))
        await ground.ports.worktrees.register(agent, await ground.commit(), new_branch=False)
        assert (await worktree(ground, agent)).branch == agent.branch

    async def test_a_branch_that_is_checked_out_elsewhere_is_left_there(self, ground: Ground) -> None:
        """The look says who holds the branch, and registering refuses."""
        agent = ground.agent()
        elsewhere = Path(ground.desired.repo).parent / "elsewhere"
        await ground.foreign(elsewhere, agent.branch)
        look = await seen(ground, agent)
        assert isinstance(look.branch, There)
        assert look.branch.value.held_by == elsewhere
        with pytest.raises(ConflictError):
            await ground.ports.worktrees.register(agent, await ground.commit(), new_branch=False)
        assert (await seen(ground, agent)).worktree == Absent()

    async def test_a_worktree_of_others_is_foreign(self, ground: Ground) -> None:
        """A worktree that a person made in our place is not ours, and is not touched."""
        agent = ground.agent()
        await ground.foreign(Path(agent.path), "mine")
        assert (await worktree(ground, agent)).state is WorktreeState.FOREIGN
        with pytest.raises(ConflictError):
            await ground.ports.worktrees.register(agent, await ground.commit(), new_branch=True)
        for force in (False, True):
            with pytest.raises(ConflictError):
                await ground.ports.worktrees.remove(agent.name, Path(agent.path), force=force)
        facts = await worktree(ground, agent)
        assert (facts.state, facts.branch) == (WorktreeState.FOREIGN, "mine")

    async def test_a_taken_place_is_left_alone(self, ground: Ground) -> None:
        """A folder with something in it is not ours to use."""
        agent = ground.agent()
        await ground.occupy(Path(agent.path))
        facts = await worktree(ground, agent)
        assert facts.state is WorktreeState.OCCUPIED
        assert facts.detail
        with pytest.raises(ConflictError):
            await ground.ports.worktrees.register(agent, await ground.commit(), new_branch=True)
        assert (await worktree(ground, agent)).state is WorktreeState.OCCUPIED

    async def test_a_deleted_folder_is_made_again(self, ground: Ground) -> None:
        """A worktree whose folder is gone is missing, its branch is free, and it can be created anew."""
        agent = ground.agent()
        await ground.delete(await create(ground, agent))
        assert (await worktree(ground, agent)).state is WorktreeState.MISSING
        look = await seen(ground, agent)
        assert isinstance(look.branch, There)
        assert look.branch.value.held_by in {None, agent.path}
        worktrees = ground.ports.worktrees
        await worktrees.register(agent, look.branch.value.commit, new_branch=False)
        await worktrees.fill(agent)
        await worktrees.finish(agent, {"PATH": os.environ["PATH"]}, drop)
        assert (await worktree(ground, agent)).state is WorktreeState.READY

    async def test_a_moved_folder_is_followed(self, ground: Ground) -> None:
        """A worktree that was moved is found, repaired where it lies, and remembered there."""
        agent = ground.agent()
        path = await create(ground, agent)
        place = path.with_name("docs-moved")
        await ground.move(path, place)
        facts = await worktree(ground, agent)
        assert (facts.state, facts.path) == (WorktreeState.MOVED, place)
        await ground.ports.worktrees.repair(agent, place)
        facts = await worktree(ground, agent)
        assert (facts.state, facts.path, facts.branch) == (WorktreeState.READY, place, agent.branch)
        assert (await ground.ports.records.all())["docs"].path == place

    async def test_a_clean_worktree_is_removed_and_its_branch_kept(self, ground: Ground) -> None:
        """Nothing to lose means nothing to rescue; removing again finds nothing to do."""
        agent = ground.agent()
        path = await create(ground, agent)
        assert list(await ground.ports.worktrees.losses("docs", path)) == []
        for _ in range(2):
            removal = await ground.ports.worktrees.remove("docs", path, force=False)
            assert (removal.rescue_ref, removal.recover) == (None, "")
        look = await seen(ground, agent)
        assert (look.worktree, look.branch) == (Absent(), There(BranchFacts(await ground.commit(), None)))

    async def test_unsaved_work_is_refused_and_rescued_with_force(self, ground: Ground) -> None:
        """Removing lists what would be lost and does nothing; with force it is kept under a ref first."""
        agent = ground.agent()
        path = await create(ground, agent)
        await ground.leave_work(path)
        losses = list(await ground.ports.worktrees.losses("docs", path))
        assert any("draft.txt" in loss for loss in losses)
        with pytest.raises(RefusedError) as caught:
            await ground.ports.worktrees.remove("docs", path, force=False)
        assert list(caught.value.losses) == losses
        assert (await worktree(ground, agent)).state is WorktreeState.READY
        removal = await ground.ports.worktrees.remove("docs", path, force=True)
        assert removal.rescue_ref is not None
        assert removal.rescue_ref.startswith("refs/constellagent/rescue/docs/")
        assert removal.rescue_ref in removal.recover
        assert (await seen(ground, agent)).worktree == Absent()


class TestIdentities:
    """Who an agent is."""

    async def test_an_agent_that_wants_none_is_left_out(self, ground: Ground) -> None:
        """Only agents that declare an identity, or hold one, are looked at."""
        found = await ground.ports.identities.look([ground.agent(), ground.agent("nobody")])
        assert found == {"docs": Absent()}

    async def test_an_identity_is_created_once(self, ground: Ground) -> None:
        """Asking for it again gives the same identity, bound and not yet written."""
        agent, identities = ground.agent(), ground.ports.identities
        first = await identities.ensure("docs", wanted(agent))
        assert await identities.ensure("docs", wanted(agent)) == first
        facts = await person(ground, agent)
        assert facts == dataclasses.replace(first, bound=True, written=False)
        assert (facts.name, facts.address, facts.phone) == ("docs", "docs@acme.test", None)

    async def test_two_agents_are_two_people(self, ground: Ground) -> None:
        """Each agent gets an identity of its own."""
        people = [await ground.ports.identities.ensure(n, wanted(ground.agent(n))) for n in ("docs", "site")]
        assert len({facts.uuid for facts in people}) == 2

    async def test_one_that_is_there_already_is_adopted(self, ground: Ground) -> None:
        """What matches and is nobody's is seen as such, and taken over instead of created."""
        agent = ground.agent()
        uuid = await ground.provide("docs", "docs")
        before = await person(ground, agent)
        assert (before.uuid, before.bound) == (uuid, False)
        assert (await ground.ports.identities.ensure("docs", wanted(agent))).uuid == uuid
        assert (await person(ground, agent)).bound

    async def test_several_that_match_need_a_person(self, ground: Ground) -> None:
        """Duplicates are all named, and none of them is chosen or deleted."""
        agent = ground.agent()
        uuids = {await ground.provide("docs", email) for email in ("one", "two")}
        facts = await person(ground, agent)
        assert {facts.uuid, *facts.duplicates} == uuids
        assert not facts.bound
        with pytest.raises(ConflictError):
            await ground.ports.identities.ensure("docs", wanted(agent))
        assert await person(ground, agent) == facts

    async def test_a_written_identity_is_seen_in_its_worktree(self, ground: Ground) -> None:
        """Writing puts it where the look finds it; another place does not count."""
        agent, identities = ground.agent(), ground.ports.identities
        path = await create(ground, agent)
        await identities.ensure("docs", wanted(agent))
        await identities.write("docs", path)
        assert (await person(ground, agent)).written
        await identities.write("docs", path)
        elsewhere = dataclasses.replace(agent, path=path.with_name("elsewhere"))
        assert not (await person(ground, elsewhere)).written

    async def test_processes_are_told_who_they_are(self, ground: Ground) -> None:
        """The environment carries address and key of the provider and git's author and committer."""
        identities = ground.ports.identities
        facts = await identities.ensure("docs", wanted(ground.agent()))
        env = await identities.environment("docs")
        assert env["RAVI_API_URL"].startswith("http")
        assert env["RAVI_API_KEY"]
        for role in ("AUTHOR", "COMMITTER"):
            assert (env[f"GIT_{role}_NAME"], env[f"GIT_{role}_EMAIL"]) == (facts.name, facts.address)

    async def test_an_agent_without_identity_cannot_be_told(self, ground: Ground) -> None:
        """Before it is created there is nothing to write and nothing to give."""
        with pytest.raises(ConflictError):
            await ground.ports.identities.environment("docs")
        with pytest.raises(ConflictError):
            await ground.ports.identities.write("docs", Path(ground.agent().path))

    async def test_an_archived_identity_waits_for_its_agent(self, ground: Ground) -> None:
        """Archiving twice is harmless; afterwards it is in use by nobody, and comes back as it was."""
        agent, identities = ground.agent(), ground.ports.identities
        first = await identities.ensure("docs", wanted(agent))
        for _ in range(2):
            await identities.archive("docs", first.uuid)
        assert (await person(ground, agent)).bound is False
        with pytest.raises(ConflictError):
            await identities.environment("docs")
        assert (await identities.ensure("docs", wanted(agent))).uuid == first.uuid
        assert (await person(ground, agent)).bound


class TestSchedules:
    """What wakes agents from now on."""

    DECLARED = '{"constellation": "acme", "spec": {"cron": "0 9 * * *"}, "timezone": "UTC"}'
    LATER = '{"constellation": "acme", "spec": {"cron": "0 10 * * *"}, "timezone": "UTC"}'

    async def test_what_was_put_is_in_effect_until_it_is_dropped(self, ground: Ground) -> None:
        """A declaration replaces the one before it; dropping twice is harmless."""
        schedules = ground.ports.schedules
        assert await schedules.look() == {}
        await schedules.put("docs", "morning", self.DECLARED)
        await schedules.put("docs", "noon", self.DECLARED)
        await schedules.put("docs", "morning", self.LATER)
        assert await schedules.look() == {"docs": {"morning": self.LATER, "noon": self.DECLARED}}
        for _ in range(2):
            await schedules.drop("docs", "noon")
        assert await schedules.look() == {"docs": {"morning": self.LATER}}


class TestSessions:
    """Processes in their ptys."""

    @staticmethod
    def launch(
        ground: Ground, role: Literal["agent", "service", "run"], argv: tuple[str, ...] = ("sleep", "60")
    ) -> Launch:
        """Return something to start."""
        env = {"PATH": os.environ["PATH"]}
        return Launch("docs", role, argv, Path(ground.desired.repo).parent, env, fingerprint="f-1")

    async def test_a_started_session_is_live_until_it_is_stopped(self, ground: Ground) -> None:
        """The newest session of each role is seen; stopping it twice is harmless."""
        sessions = ground.ports.sessions
        assert await sessions.look() == {}
        first = await sessions.start(self.launch(ground, "agent"))
        assert (first.live, first.fingerprint, first.ended_by) == (True, "f-1", "")
        assert await sessions.look() == {("agent", "docs"): There(first)}
        for _ in range(2):
            await sessions.stop(first.id)
        ended = (await sessions.look())["agent", "docs"]
        assert isinstance(ended, There)
        assert (ended.value.id, ended.value.live, ended.value.ended_by) == (first.id, False, "stop")
        second = await sessions.start(self.launch(ground, "agent"))
        assert second.id != first.id
        assert (await sessions.look())["agent", "docs"] == There(second)
        await sessions.stop(second.id)

    async def test_services_are_apart_from_agents_and_runs_are_left_out(self, ground: Ground) -> None:
        """A service may share an agent's name; a run is no answer to what the agent does."""
        sessions = ground.ports.sessions
        service = await sessions.start(self.launch(ground, "service"))
        run = await sessions.start(self.launch(ground, "run"))
        assert await sessions.look() == {("service", "docs"): There(service)}
        for facts in (service, run):
            await sessions.stop(facts.id)

    async def test_stopping_what_was_never_there_is_harmless(self, ground: Ground) -> None:
        """An unknown session is as good as ended."""
        await ground.ports.sessions.stop("no-such-session")
