"""The fault plan of a provider, as a state machine over real sockets, a real database and a real journal.

Creations whose answers are lost or come late, waits that are asked for in head and body, failures, resets,
halves of answers and pages instead, identities that others delete, rename and double, a provider that is
down, keys that fail after their identity, agents that are put away: all at once, and deaths in between.
`test_creation.py` has each of them alone.
"""

import asyncio
import copy
import json
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from constellagent.errors import ConflictError, ConstellagentError
from constellagent.plan.desired import DesiredIdentity
from constellagent.plan.observed import IdentityFacts, Look, There, Unknown
from constellagent.runtime.store.bindings import Binding
from tests.runtime.identities.bench import Bench, DiedError, bench
from tests.runtime.identities.faulty import LATE, Fault, Faulty, faulty, patience

T = TypeVar("T")
Plan = dict[str, list[Fault]]
"""What happens to the coming requests of each kind."""

AGENTS = {
    name: DesiredIdentity(name, f"{name}-x", None, phone=name in {"two", "four"})
    for name in ("one", "two", "three", "four")
}
CREATE, MINT = "POST /api/identities/", "POST /api/auth/keys/identity/"
NUMBER, LIST = "POST /api/identities/*/provision-phone/", "GET /api/identities/"
KEYS, REVOKE = "GET /api/auth/keys/identity/", "DELETE /api/auth/keys/identity/*/"
PUT_AWAY = "POST /api/identities/*/archive/"

LOST = [Fault.FAILED_AFTER, Fault.GATEWAY_AFTER, Fault.RESET_AFTER, Fault.CUT_AFTER, Fault.HTML_AFTER]
NOT_LATE = [fault for fault in Fault if not fault.name.startswith(("LATE", "HANG"))]
PLANS = st.dictionaries(
    st.sampled_from([CREATE, MINT, NUMBER, LIST, KEYS, REVOKE, PUT_AWAY]),
    st.lists(st.sampled_from(NOT_LATE), min_size=1, max_size=5),
    max_size=3,
)
AT_CREATION = st.lists(st.sampled_from(list(Fault)), max_size=2)
FATES = st.lists(st.sampled_from(["", "before", "after"]), max_size=5)
NAMES = st.sampled_from(list(AGENTS))

COUNTS: Counter[str] = Counter()
"""What all plans of this process did, to be printed at the end of the long form."""


class Machine(RuleBasedStateMachine):
    """Four agents of one constellation, a provider that fails, and a person who decides."""

    def __init__(self) -> None:
        super().__init__()
        COUNTS["plans"] += 1
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.process = AsyncExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.server: Faulty
        self.b: Bench
        self.foreign: dict[str, dict[str, Any]] = {}
        self.decided: set[str] = set()
        self.ever_bound: set[str] = set()

    def run(self, work: Awaitable[T]) -> T:
        """Run something to its end on the machine's loop."""

        async def whole() -> T:
            return await work

        return self.runner.run(whole())

    @initialize(archives=st.booleans())
    def begin(self, archives: bool) -> None:
        """A provider that can put identities away, or cannot; and somebody else's identity."""
        self.server = self.run(self.stack.enter_async_context(faulty()))
        self.server.has_archive = archives
        other = self.server.add("somebody else")
        key = {"uuid": "foreign", "identity": other["uuid"], "label": "one (0123)", "is_active": True}
        self.server.keys["foreign"] = key
        self.foreign[other["uuid"]] = copy.deepcopy(other)
        self.new_process()

    def new_process(self) -> None:
        """Let a new process take over the state that is on disk."""
        self.run(self.process.aclose())
        self.process = AsyncExitStack()
        self.b = self.run(self.process.enter_async_context(bench(self.folder, self.server.url)))

    def attempt(self, work: Callable[[], Awaitable[None]], plan: Plan, fates: list[str]) -> str:
        """Do something under faults and deaths; return how it ended."""
        self.server.at = {kind: list(faults) for kind, faults in plan.items()}
        self.b.journal.fates = list(fates)
        # A request that is answered must have its answer, however long the machine takes for it.
        self.b.client._transport._timeout = patience(*(fault for faults in plan.values() for fault in faults))
        try:
            self.run(work())
        except DiedError:
            ended = "died"
            self.new_process()
        except ConstellagentError as error:
            ended = type(error).__name__
        else:
            ended = "done"
        self.server.at, self.b.journal.fates = {}, []
        self.b.client._transport._timeout = patience()
        COUNTS[f"ended: {ended}"] += 1
        return ended

    def binding(self, agent: str) -> Binding | None:
        """Return which identity the agent has."""
        return self.run(self.b.bindings.get(agent, "local"))

    def look(self, agent: str) -> Look[IdentityFacts]:
        """Return what the next plan would be made from."""
        seen = self.run(self.b.look(AGENTS[agent], agent))
        assert seen is not None
        return seen

    def tree(self, agent: str) -> Path:
        """Return the agent's worktree."""
        folder = self.folder / agent
        folder.mkdir(exist_ok=True)
        return folder

    async def both(self, agent: str) -> None:
        """Apply, as far as identities go."""
        await self.b.identities.ensure(agent, AGENTS[agent])
        await self.b.identities.write(agent, self.tree(agent))

    @rule(agent=NAMES, plan=PLANS, creation=AT_CREATION, fates=FATES)
    def apply(self, agent: str, plan: Plan, creation: list[Fault], fates: list[str]) -> None:
        """Apply one agent; what is done is whole, and what was deleted is not replaced."""
        before, asked = self.binding(agent), self.server.creations()
        gone = before is not None and before.uuid not in self.server.rows
        ended = self.attempt(lambda: self.both(agent), {**plan, CREATE: creation}, fates)
        if gone:
            assert ended != "done"
        if before is not None:
            assert self.server.creations() == asked, "an agent that has an identity got another"
        if ended == "done":
            self.whole(agent)

    @rule(agent=NAMES)
    def apply_well(self, agent: str) -> None:
        """Apply one agent without any fault."""
        self.apply(agent, {}, [], [])

    @rule(agent=NAMES, fault=st.sampled_from(LOST))
    def apply_and_lose_the_key(self, agent: str, fault: Fault) -> None:
        """The answer that holds the key is lost; a key that nobody knows works until the next apply."""
        self.apply(agent, {MINT: [fault]}, [], [])

    @rule(agent=NAMES, fault=st.sampled_from([*LOST, *LATE, Fault.LATE_9]))
    def apply_and_lose_the_creation(self, agent: str, fault: Fault) -> None:
        """The creation's answer is lost, and it comes true at once, soon, or too late; then once more."""
        self.apply(agent, {}, [fault], [])
        self.apply(agent, {}, [], [])

    @rule()
    def down(self) -> None:
        """For a while nothing answers; nothing changes, and nothing is called absent."""
        self.server.down = True
        before = {agent: self.binding(agent) for agent in AGENTS}
        for agent in AGENTS:
            seen = self.look(agent)
            assert isinstance(seen, Unknown)
            assert seen.unavailable
            assert self.attempt(lambda agent=agent: self.both(agent), {}, []) == "UnavailableError"  # type: ignore[misc] # mypy infers no lambda with a default
        assert before == {agent: self.binding(agent) for agent in AGENTS}
        self.server.down = False

    @rule(agent=NAMES)
    def rename_there(self, agent: str) -> None:
        """Somebody renames the agent's identity at the provider."""
        bound = self.binding(agent)
        if bound is not None and bound.uuid in self.server.rows:
            self.server.rows[bound.uuid]["name"] = f"renamed {agent}"

    @rule(agent=NAMES)
    def delete_there(self, agent: str) -> None:
        """Somebody deletes the agent's identity at the provider, and its keys end."""
        bound = self.binding(agent)
        if bound is not None and self.server.rows.pop(bound.uuid, {}):
            COUNTS["deleted there"] += 1
            for key in self.server.keys.values():
                key["is_active"] = key["is_active"] and key["identity"] != bound.uuid

    @rule(agent=NAMES)
    def stranger(self, agent: str) -> None:
        """Somebody makes an identity of the same name."""
        row = self.server.add(agent)
        self.foreign[row["uuid"]] = copy.deepcopy(row)
        if self.binding(agent) is not None:
            self.decided.add(row["uuid"])

    @rule(agent=NAMES, plan=PLANS, fates=FATES)
    def destroy(self, agent: str, plan: Plan, fates: list[str]) -> None:
        """Put the agent's identity away: it stays there, and no key of ours opens it any more."""
        bound = self.binding(agent)
        if bound is None or bound.archived:
            return
        there = bound.uuid in self.server.rows

        async def archive() -> None:
            await self.b.identities.archive(agent, bound.uuid)

        if self.attempt(archive, plan, fates) == "done":
            now = self.binding(agent)
            assert now is not None
            assert now.archived
            assert self.ours(agent) == []
        assert (bound.uuid in self.server.rows) is there

    @precondition(lambda self: not self.server.late)
    @rule(agent=NAMES, new=st.booleans(), which=st.integers(0, 9))
    def decide(self, agent: str, new: bool, which: int) -> None:
        """A person chooses among what is there where a plan asks for it, or asks for a new identity."""
        seen, bound = self.look(agent), self.binding(agent)
        vanished = bound is not None and bound.uuid not in self.server.rows
        if not vanished and not (isinstance(seen, There) and seen.value.duplicates):
            return
        COUNTS["decisions"] += 1
        named = [uuid for uuid, row in self.server.rows.items() if row["name"] == agent]
        free = [u for u in named if u not in {b.uuid for b in self.run(self.b.bindings.of_provider("local"))}]
        choice = free[which % len(free)] if free and not new else "new"

        async def adopt() -> None:
            await self.b.identities.adopt(agent, choice)

        if self.attempt(adopt, {}, []) == "done":
            self.decided |= set(named)
            if bound is not None:
                self.decided.add(bound.uuid)

    def ours(self, agent: str) -> list[str]:
        """Return the working keys that we made for the agent."""
        label = self.b.identities._keys._label(Binding("c1", agent, "local", "", "", ""))
        return [u for u, key in self.server.keys.items() if key["label"] == label and key["is_active"]]

    def whole(self, agent: str) -> None:
        """Assert that the agent is as a plan without actions finds it."""
        bound = self.binding(agent)
        assert bound is not None
        assert not bound.archived
        row = self.server.rows[bound.uuid]
        assert row["phone"] is not None or not AGENTS[agent].phone
        assert self.ours(agent) == [bound.key_uuid], "a key that nobody knows still works"
        written = json.loads((self.tree(agent) / ".ravi" / "config.json").read_bytes())
        assert written["identity_uuid"] == bound.uuid
        assert written["identity_key"] == f"ravi_id_{bound.key_uuid}"

    @invariant()
    def nothing_is_asked_twice(self) -> None:
        """No creation was sent while another was in doubt and nobody had looked."""
        if hasattr(self, "server"):
            assert self.server.violations == 0, self.server.asked

    @invariant()
    def what_is_foreign_stays(self) -> None:
        """What no agent ever had is as its owner left it, and its keys too."""
        if not hasattr(self, "b"):
            return
        self.ever_bound |= {b.uuid for b in self.run(self.b.bindings.of_provider("local"))}
        for uuid, row in self.foreign.items():
            if uuid not in self.ever_bound and uuid in self.server.rows:
                seen = self.server.rows[uuid]
                # A number may come before the binding: an adoption that was cut short.
                assert {**seen, "phone": None} == {**row, "phone": None}
        assert self.server.keys["foreign"]["is_active"]

    @invariant()
    def no_twin_goes_unseen(self) -> None:
        """Whatever we made twice is shown by the next look, until a person has decided."""
        if not hasattr(self, "b"):
            return
        used = {b.uuid for b in self.run(self.b.bindings.of_provider("local"))}
        for agent in AGENTS:
            twins = {
                uuid
                for uuid in self.server.made
                if uuid in self.server.rows and uuid not in used | self.decided
                if self.server.rows[uuid]["name"] == agent
            }
            if not twins:
                continue
            own = {
                u for u in self.server.made if u in used and self.server.rows.get(u, {}).get("name") == agent
            }
            if len(own - self.decided) + len(twins) > 1:
                assert (own | twins) & self.server.too_late, "made twice though it could be seen in time"
            COUNTS["looks at twins or unbound ones"] += 1
            seen = self.look(agent)
            if isinstance(seen, Unknown):  # its own one was deleted there: a person is asked already
                assert "no longer" in seen.reason
            else:
                assert isinstance(seen, There)
                assert twins <= {seen.value.uuid, *seen.value.duplicates}

    def teardown(self) -> None:
        """Without faults, and once a person has decided, everything comes right and stays so."""
        try:
            if hasattr(self, "b"):
                self.settle()
        finally:
            self.run(self.process.aclose())
            self.run(self.stack.aclose())
            self.runner.close()

    def settle(self) -> None:
        """Apply until done, deciding where a person is asked; then apply once more for nothing."""
        while self.server.late:
            self.look("one")
        self.no_twin_goes_unseen()
        for agent in AGENTS:
            self.decide(agent, new=False, which=0)
            try:
                self.run(self.both(agent))
            except ConflictError:
                self.decide(agent, new=True, which=0)
                self.run(self.both(agent))
            self.whole(agent)
        changes = [asked for asked in self.server.asked if not asked.startswith("GET")]
        for agent in AGENTS:
            self.run(self.both(agent))
        assert [asked for asked in self.server.asked if not asked.startswith("GET")] == changes
        COUNTS["creations"] += self.server.creations()
        COUNTS["identities"] += len(self.server.made)
        COUNTS["requests"] += len(self.server.asked)


def check(plans: int, steps: int) -> None:
    """Run so many plans of so many steps at most."""
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=plans,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(300)
def test_g1_no_fault_plan_makes_two_or_loses_one() -> None:
    """About twenty plans in every run."""
    check(20, 8)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_g1_no_fault_plan_of_many_makes_two_or_loses_one() -> None:
    """Five hundred plans, and what they did."""
    COUNTS.clear()
    check(500, 20)
    print("\n" + "\n".join(f"{count:8} {what}" for what, count in sorted(COUNTS.items())))
    assert COUNTS["plans"] >= 500
