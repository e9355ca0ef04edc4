"""Exactly once, whatever fails: identities and keys against a provider that fails as it is told."""

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constellagent.errors import ConflictError, ConstellagentError, UnavailableError
from constellagent.plan.desired import DesiredIdentity
from constellagent.plan.observed import There, Unknown
from constellagent.ravi.client import InDoubtError
from constellagent.runtime.identities import DOUBT_DELAYS
from constellagent.runtime.ports import Step
from tests.runtime.identities.bench import DOCS, DiedError, bench
from tests.runtime.identities.faulty import LATE, Fault, faulty, patience

FAULTS = st.lists(
    # Hanging costs real time until the time limit, so it is drawn less often than the others.
    st.sampled_from([each for each in Fault if each is not Fault.HANG_AFTER] * 3 + [Fault.HANG_AFTER]),
    max_size=14,
)
FATES = st.lists(st.sampled_from(["", "before", "after"]), max_size=6)
LOST = [Fault.FAILED_AFTER, Fault.RESET_AFTER, Fault.CUT_AFTER, Fault.HTML_AFTER, Fault.HANG_AFTER]


def check_plan(faults: list[Fault], fates: list[str], *, phone: bool) -> None:
    """Apply under a plan of faults and deaths until it works; assert that all is there once."""

    async def run(folder: Path) -> None:
        wanted = DesiredIdentity("docs", "docs", None, phone)
        async with (
            faulty(*faults) as server,
            bench(folder, server.url, timeout=patience(*faults)) as b,
        ):
            b.journal.fates = list(fates)
            for _ in range(len(faults) + len(fates) + 1):
                try:
                    await b.identities.ensure("docs", wanted)
                    await b.identities.write("docs", b.worktree)
                except (ConstellagentError, DiedError):
                    continue
                break
            else:
                pytest.fail(f"never converged: {server.asked}")
            assert len(server.rows) == 1, server.asked
            assert server.violations == 0, server.asked
            assert len(server.live_keys()) == 1
            before = server.creations()
            seen = await b.look(wanted)
            assert isinstance(seen, There)
            assert (seen.value.bound, seen.value.written, seen.value.duplicates) == (True, True, ())
            assert (seen.value.phone is not None) is phone
            await b.identities.ensure("docs", wanted)
            assert server.creations() == before
            assert Step.IDENTITY_CREATE not in await b.journal.open_steps("docs")

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FAULTS, FATES, st.booleans())
def test_g1_no_plan_of_faults_makes_two(faults: list[Fault], fates: list[str], phone: bool) -> None:
    """Under random faults and deaths there is one identity, one number and one working key in the end."""
    check_plan(faults, fates, phone=phone)


@pytest.mark.long
@pytest.mark.timeout(1200)
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FAULTS, FATES, st.booleans())
def test_g1_no_plan_of_many_makes_two(faults: list[Fault], fates: list[str], phone: bool) -> None:
    """The same over many more plans."""
    check_plan(faults, fates, phone=phone)


@pytest.mark.parametrize("fault", LOST)
async def test_g1_an_answer_that_was_lost_is_found_again(tmp_path: Path, fault: Fault) -> None:
    """The server did it and we did not hear: one call finds it at the first look after the doubt."""
    async with faulty(Fault.NONE, fault) as server, bench(tmp_path, server.url, timeout=patience(fault)) as b:
        facts = await b.identities.ensure("docs", DOCS)
        assert [facts.uuid] == list(server.rows)
        assert b.waits == [DOUBT_DELAYS[0]]
        assert server.creations() == 1


@pytest.mark.parametrize("fault", LATE)
async def test_g1_a_request_that_comes_true_late_is_found(tmp_path: Path, fault: Fault) -> None:
    """Done only at the first, second or third look after the doubt: the same call still finds it."""
    async with faulty(Fault.NONE, fault) as server, bench(tmp_path, server.url) as b:
        facts = await b.identities.ensure("docs", DOCS)
        assert b.waits == list(DOUBT_DELAYS[: LATE[fault]])
        assert ([facts.uuid], server.creations()) == (list(server.rows), 1)


async def test_g1_a_doubt_of_a_dead_process_is_waited_out(tmp_path: Path) -> None:
    """Killed just after the request was sent: the next process looks some times before it sends another."""
    async with faulty() as server, bench(tmp_path, server.url) as b:
        with suppress(DiedError):
            async with b.journal.step(Step.IDENTITY_CREATE, "docs"):
                raise DiedError
        server.late = [(3, lambda: server.add("docs"))]
        facts = await b.identities.ensure("docs", DOCS)
        assert ([facts.uuid], server.creations()) == (list(server.rows), 0)
        assert b.waits == [1.0, 4.0]
        assert await b.journal.open_steps("docs") == []


async def test_g1_a_request_that_was_not_done_is_not_sent_again_at_once(tmp_path: Path) -> None:
    """After a doubt the list is asked three times over 20 s; only the next apply sends a second request."""
    async with faulty(Fault.NONE, Fault.RESET_BEFORE) as server, bench(tmp_path, server.url) as b:
        with pytest.raises(InDoubtError):
            await b.identities.ensure("docs", DOCS)
        assert b.waits == [1.0, 4.0, 15.0]
        assert server.creations() == 1
        assert await b.journal.open_steps("docs") == [Step.IDENTITY_CREATE]
        await b.identities.ensure("docs", DOCS)
        assert server.creations() == 2
        assert await b.journal.open_steps("docs") == []


async def test_g1_a_taken_address_may_be_our_own(tmp_path: Path) -> None:
    """After a 409 the list decides: what matches by then is adopted, and no intent stays."""
    async with faulty() as server, bench(tmp_path, server.url) as b:
        server.clash = "docs"
        facts = await b.identities.ensure("docs", DOCS)
        assert list(server.rows) == [facts.uuid]
        assert await b.journal.open_steps("docs") == []


async def test_a_taken_address_of_somebody_else_is_said(tmp_path: Path) -> None:
    """After a 409 and no match a person must choose another address; nothing is in doubt."""
    async with faulty() as server, bench(tmp_path, server.url) as b:
        server.clash = "somebody else"
        with pytest.raises(ConflictError, match="taken") as raised:
            await b.identities.ensure("docs", DOCS)
        assert "identity.email" in raised.value.hint
        assert b.waits == []
        assert await b.journal.open_steps("docs") == []


@pytest.mark.parametrize("refused", ["POST /api/identities/", "POST /api/auth/keys/identity/"])
async def test_g3_a_refusal_leaves_no_intent(tmp_path: Path, refused: str) -> None:
    """What was clearly refused is settled, so that the next try does not look for what cannot be."""
    async with faulty() as server, bench(tmp_path, server.url) as b:
        server.refusals = {refused: 402}

        async def both() -> None:
            await b.identities.ensure("docs", DOCS)
            await b.identities.write("docs", b.worktree)

        with pytest.raises(ConflictError, match="402"):
            await both()
        assert await b.journal.open_steps("docs") == []
        server.refusals = {}
        await both()
        assert (b.waits, len(server.rows), len(server.keys)) == ([], 1, 1)


async def test_a_number_that_is_refused_is_asked_for_again(tmp_path: Path) -> None:
    """The identity is not bound while its number is missing, and gets one from the next apply."""
    wanted = DesiredIdentity("docs", "docs", None, phone=True)
    async with faulty() as server, bench(tmp_path, server.url) as b:
        row = server.add("docs")
        server.refusals = {f"POST /api/identities/{row['uuid']}/provision-phone/": 402}
        with pytest.raises(ConflictError) as raised:
            await b.identities.ensure("docs", wanted)
        assert "identities.phone" in raised.value.hint
        seen = await b.look(wanted)
        assert isinstance(seen, There)
        assert not seen.value.bound
        server.refusals = {}
        assert (await b.identities.ensure("docs", wanted)).phone is not None
        assert server.creations() == 0


@pytest.mark.parametrize("fault", [*LOST, Fault.RESET_BEFORE])
async def test_a_number_in_doubt_is_looked_up(tmp_path: Path, fault: Fault) -> None:
    """A lost answer is settled by looking at the identity; a number that was not given stays a doubt."""
    wanted = DesiredIdentity("docs", "docs", None, phone=True)
    async with faulty(Fault.NONE, fault) as server, bench(tmp_path, server.url, timeout=patience(fault)) as b:
        server.add("docs")
        if fault is Fault.RESET_BEFORE:
            with pytest.raises(InDoubtError):
                await b.identities.ensure("docs", wanted)
        assert (await b.identities.ensure("docs", wanted)).phone is not None
        assert len(server.rows) == 1


async def test_keys_that_cannot_be_listed_are_believed(tmp_path: Path) -> None:
    """Where the provider does not tell which keys work, the one that we hold counts as working."""
    async with faulty() as server, bench(tmp_path, server.url) as b:
        await b.identities.ensure("docs", DOCS)
        await b.identities.write("docs", b.worktree)
        server.refusals = {"GET /api/auth/keys/identity/": 403}
        seen = await b.look()
        assert isinstance(seen, There)
        assert seen.value.written
        await b.identities.write("docs", b.worktree)
        assert len(server.keys) == 1


async def test_g2_too_many_requests_are_waited_out(tmp_path: Path) -> None:
    """A 429 is no doubt: the request is repeated after the wait that was asked for, without a look."""
    async with faulty(Fault.NONE, Fault.BUSY, Fault.BUSY) as server, bench(tmp_path, server.url) as b:
        await b.identities.ensure("docs", DOCS)
        assert [round(wait) for wait in b.waits] == [3, 3]
        assert len(server.rows) == 1


async def test_g3_a_provider_that_is_down_changes_nothing(tmp_path: Path) -> None:
    """Nothing is stored, no intent stays, and the look says unknown and out of reach, not absent."""
    async with faulty() as server:
        url = server.url
    async with bench(tmp_path, url) as b:
        with pytest.raises(UnavailableError):
            await b.identities.ensure("docs", DOCS)
        seen = await b.look()
        assert isinstance(seen, Unknown)
        assert seen.unavailable
        assert await b.bindings.of_provider("local") == []
        assert await b.journal.open_steps("docs") == []


async def test_g4_an_identity_that_vanished_is_not_replaced(tmp_path: Path) -> None:
    """Deleted at the provider: said by the look, refused by ensure, and replaced only on request."""
    async with faulty() as server, bench(tmp_path, server.url) as b:
        await b.identities.ensure("docs", DOCS)
        server.rows.clear()
        seen = await b.look()
        assert isinstance(seen, Unknown)
        assert "no longer" in seen.reason
        with pytest.raises(ConflictError) as raised:
            await b.identities.ensure("docs", DOCS)
        assert "--identity new" in raised.value.hint
        assert server.rows == {}
        await b.identities.adopt("docs", "new")
        await b.identities.ensure("docs", DOCS)
        assert len(server.rows) == 1


async def test_g4_a_renamed_identity_is_kept(tmp_path: Path) -> None:
    """The uuid decides: another name at the provider is shown, and nothing is created."""
    async with faulty() as server, bench(tmp_path, server.url) as b:
        facts = await b.identities.ensure("docs", DOCS)
        server.rows[facts.uuid]["name"] = "renamed"
        seen = await b.look()
        assert isinstance(seen, There)
        assert (seen.value.name, seen.value.bound) == ("renamed", True)
        assert (await b.identities.ensure("docs", DOCS)).name == "renamed"
        assert server.creations() == 1


async def test_g5_several_of_one_name_are_a_persons_decision(tmp_path: Path) -> None:
    """Two that match are listed and none is taken; a uuid chooses, and then there is no question left."""
    async with faulty() as server, bench(tmp_path, server.url) as b:
        one, two = server.add("docs"), server.add("docs")
        seen = await b.look()
        assert isinstance(seen, There)
        assert {seen.value.uuid, *seen.value.duplicates} == {one["uuid"], two["uuid"]}
        with pytest.raises(ConflictError, match="several identities") as raised:
            await b.identities.ensure("docs", DOCS)
        assert one["uuid"] in raised.value.message
        assert two["uuid"] in raised.value.message
        with pytest.raises(ConflictError, match="2 identities"):
            await b.identities.adopt("docs", "docs")
        await b.identities.adopt("docs", two["uuid"])
        seen = await b.look()
        assert isinstance(seen, There)
        assert (seen.value.uuid, seen.value.duplicates) == (two["uuid"], ())
        assert len(server.rows) == 2


async def test_g1_a_twin_that_comes_late_is_reported(tmp_path: Path) -> None:
    """A creation in doubt that comes true after the last look is shown as a duplicate and never deleted."""
    async with faulty(Fault.NONE, Fault.RESET_BEFORE) as server, bench(tmp_path, server.url) as b:
        with pytest.raises(InDoubtError):
            await b.identities.ensure("docs", DOCS)
        await b.identities.ensure("docs", DOCS)
        twin = server.add("docs")
        seen = await b.look()
        assert isinstance(seen, There)
        assert seen.value.duplicates == (twin["uuid"],)
        await b.identities.adopt("docs", seen.value.uuid)
        seen = await b.look()
        assert isinstance(seen, There)
        assert seen.value.duplicates == ()
        assert len(server.rows) == 2


async def test_g7_a_failed_key_does_not_create_again(tmp_path: Path) -> None:
    """Created, but the key's answer was lost: the next try revokes the lost key and mints another."""
    async with faulty() as server, bench(tmp_path, server.url) as b:
        await b.identities.ensure("docs", DOCS)
        server.faults = [Fault.NONE, Fault.RESET_AFTER]
        with pytest.raises(InDoubtError):
            await b.identities.write("docs", b.worktree)
        assert not (b.worktree / ".ravi").exists()
        await b.identities.ensure("docs", DOCS)
        await b.identities.write("docs", b.worktree)
        assert server.creations() == 1
        assert (len(server.keys), len(server.live_keys())) == (2, 1)


@pytest.mark.parametrize("choice", ["new", "another"])
async def test_a_former_identity_is_left_without_our_keys(tmp_path: Path, choice: str) -> None:
    """Once the agent has another identity, neither the known key nor a lost one opens the former."""
    async with faulty() as server, bench(tmp_path, server.url) as b:
        await b.identities.ensure("docs", DOCS)
        server.faults = [Fault.NONE, Fault.RESET_AFTER]
        with pytest.raises(InDoubtError):
            await b.identities.write("docs", b.worktree)
        other = server.add("another")
        await b.identities.adopt("docs", choice)
        assert server.live_keys() == []
        if choice == "new":
            server.rows = {other["uuid"]: other}
            await b.identities.ensure("docs", DOCS)
        await b.identities.write("docs", b.worktree)
        bound = await b.bindings.get("docs", "local")
        assert bound is not None
        assert server.live_keys() == [bound.key_uuid]


async def test_a_twin_is_seen_after_a_rename_too(tmp_path: Path) -> None:
    """A creation that comes true late has the name that was asked for, whatever ours is called by then."""
    async with faulty(Fault.NONE, Fault.RESET_BEFORE) as server, bench(tmp_path, server.url) as b:
        with pytest.raises(InDoubtError):
            await b.identities.ensure("docs", DOCS)
        facts = await b.identities.ensure("docs", DOCS)
        server.rows[facts.uuid]["name"] = "renamed"
        await b.identities.ensure("docs", DOCS)
        twin = server.add("docs")
        seen = await b.look()
        assert isinstance(seen, There)
        assert seen.value.duplicates == (twin["uuid"],)


async def test_what_is_not_paid_for_names_the_agent_and_what_to_declare(tmp_path: Path) -> None:
    """The limit of a free plan, and the cost of a number, are told with the two ways out of each."""
    async with faulty() as server, bench(tmp_path, server.url) as b:
        server.refusals = {"POST /api/identities/": 402}
        with pytest.raises(ConflictError, match="agent docs gets no identity") as raised:
            await b.identities.ensure("docs", DOCS)
        for word in ("a free plan has one", "identity: false", "provider: local"):
            assert word in raised.value.hint
        row = server.add("docs")
        server.refusals = {f"POST /api/identities/{row['uuid']}/provision-phone/": 402}
        with pytest.raises(ConflictError, match=r"agent docs .* gets no number") as raised:
            await b.identities.ensure("docs", DesiredIdentity("docs", "docs", None, phone=True))
        for word in ("identities.phone: false", "{name: docs, phone: false}"):
            assert word in raised.value.hint


async def test_a_number_declared_later_is_given_once(tmp_path: Path) -> None:
    """A bound identity gets its number from the next ensure, keeps its key, and is not asked again."""
    async with faulty() as server, bench(tmp_path, server.url) as b:
        await b.identities.ensure("docs", DOCS)
        await b.identities.write("docs", b.worktree)
        wanted = DesiredIdentity("docs", "docs", None, phone=True)
        number = (await b.identities.ensure("docs", wanted)).phone
        assert number is not None
        assert (await b.identities.ensure("docs", wanted)).phone == number
        seen = await b.look(wanted)
        assert isinstance(seen, There)
        assert (seen.value.phone, seen.value.written) == (number, True)
        assert sum(asked.endswith("provision-phone/") for asked in server.asked) == 1


async def test_a_lost_key_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """Only keys with our own label are revoked after a doubt."""
    async with faulty() as server, bench(tmp_path, server.url) as b:
        facts = await b.identities.ensure("docs", DOCS)
        theirs = await b.client.create_identity_key(facts.uuid, "docs")
        server.faults = [Fault.NONE, Fault.RESET_AFTER]
        with pytest.raises(InDoubtError):
            await b.identities.write("docs", b.worktree)
        await b.identities.write("docs", b.worktree)
        assert theirs.uuid in server.live_keys()
        assert len(server.live_keys()) == 2


async def test_g2_a_failing_agent_does_not_hold_up_the_others(tmp_path: Path) -> None:
    """While one agent is in doubt the others get their identities."""
    async with faulty(Fault.NONE, Fault.RESET_BEFORE) as server, bench(tmp_path, server.url) as b:
        with pytest.raises(InDoubtError):
            await b.identities.ensure("docs", DOCS)
        wanted = [DesiredIdentity(f"a{n}", f"a{n}x", None, phone=False) for n in range(5)]
        await asyncio.gather(*(b.identities.ensure(each.name, each) for each in wanted))
        assert sorted(row["name"] for row in server.rows.values()) == [f"a{n}" for n in range(5)]
