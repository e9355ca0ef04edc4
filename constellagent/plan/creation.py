"""The way up: what must happen so that an agent has its identity, its worktree and the file that joins them.

Every rule looks at what was seen and never at what another rule will do, so that all that is wrong with an
agent is said at once.
"""

import shlex
from typing import assert_never

from constellagent.plan.actions import (
    AdoptIdentity,
    ArchiveIdentity,
    CreateIdentity,
    CreateWorktree,
    GiveNumber,
    RepairWorktree,
    WriteIdentity,
)
from constellagent.plan.desired import DesiredAgent, DesiredIdentity
from constellagent.plan.draft import Draft
from constellagent.plan.observed import (
    Absent,
    BranchFacts,
    IdentityFacts,
    ObservedAgent,
    There,
    Unknown,
    WorktreeFacts,
    WorktreeState,
)


def create_identity(
    draft: Draft, agent: DesiredAgent, seen: ObservedAgent, *, prune: bool, host: str = ""
) -> None:
    """Say what must happen so that the agent is who it is declared to be.

    `host` is where the hosted provider is, empty for the provider on this machine, which costs nothing.
    """
    wanted = agent.identity
    if wanted is None:
        _undeclared_identity(draft, agent.name, seen, prune=prune)
        return
    name, email, domain, phone = wanted.name, wanted.email, wanted.domain, wanted.phone
    match seen.identity:
        case Unknown(reason):
            draft.stop_unknown(f"its identity could not be looked at: {reason}")
        case Absent():
            reason = f"declared, not there{_cost(host, wanted)}"
            draft.do(CreateIdentity(agent.name, reason, name, email, domain, phone, host=host))
        case There(facts) if facts.duplicates and not facts.bound:
            uuids = ", ".join((facts.uuid, *facts.duplicates))
            draft.stop_conflict(f"several identities match {name!r} ({uuids}); {_choice(agent.name)}")
        case There(facts) if not facts.bound:
            reason = "it is there already and no agent uses it"
            if facts.phone is None:
                reason += _cost(host, wanted)
            seen_as = (facts.uuid, facts.address)
            draft.do(AdoptIdentity(agent.name, reason, name, email, domain, phone, *seen_as, host=host))
        case There(facts):
            _identity_drift(draft, wanted, facts)
            if wanted.phone and facts.phone is None:
                reason = f"declared with a number, has none{_cost(host, wanted)}"
                seen_as = (facts.uuid, facts.address)
                draft.do(GiveNumber(agent.name, reason, name, email, domain, phone, *seen_as, host=host))
        case never:
            assert_never(never)


def _undeclared_identity(draft: Draft, name: str, seen: ObservedAgent, *, prune: bool) -> None:
    match seen.identity:
        case There(facts) if facts.bound and prune:
            draft.do(ArchiveIdentity(name, "no longer declared", uuid=facts.uuid, name=facts.name))
        case There(facts) if facts.bound:
            draft.inform(
                f"its identity {facts.address} is no longer declared; "
                "it is kept until `constellagent apply --prune` archives it"
            )


def _identity_drift(draft: Draft, wanted: DesiredIdentity, facts: IdentityFacts) -> None:
    """Say what differs; a provider keeps name and address of an identity for good."""
    differences = []
    if facts.name != wanted.name:
        differences.append(f"it is named {facts.name!r}, declared {wanted.name!r}")
    address = f"{wanted.email}@{wanted.domain or facts.address.partition('@')[2]}"
    if facts.address != address:
        differences.append(f"its address is {facts.address}, declared {address}")
    if differences:
        draft.inform(f"its identity is kept as it is: {'; '.join(differences)}")
    if facts.duplicates:
        twins = ", ".join(facts.duplicates)
        draft.inform(
            f"it uses identity {facts.uuid}, and there is a twin ({twins}); {_choice(draft.subject)}"
        )


def _cost(host: str, wanted: DesiredIdentity) -> str:
    """Say what a number may cost where others provide it."""
    return "; the number may cost money" if host and wanted.phone else ""


def _choice(agent: str) -> str:
    return f"choose one with `constellagent import {agent} --identity UUID`"


def create_worktree(draft: Draft, agent: DesiredAgent, seen: ObservedAgent) -> None:
    """Say what must happen so that the agent's worktree is there and complete."""
    match seen.worktree:
        case Unknown(reason):
            draft.stop_unknown(f"its worktree could not be looked at: {reason}")
        case Absent():
            _create(draft, agent, seen, "declared, not there")
        case There(facts):
            _existing_worktree(draft, agent, seen, facts)
        case never:
            assert_never(never)


def _existing_worktree(draft: Draft, agent: DesiredAgent, seen: ObservedAgent, facts: WorktreeFacts) -> None:
    match facts.state:
        case WorktreeState.READY:
            _worktree_drift(draft, agent, facts)
        case WorktreeState.UNFINISHED:
            _create(draft, agent, seen, "its creation was cut short")
        case WorktreeState.MISSING:
            _create(draft, agent, seen, "its folder is gone; what was committed is on the branch")
        case WorktreeState.MOVED:
            draft.do(RepairWorktree(agent.name, f"it was moved from {agent.path}", facts.path))
        case WorktreeState.FOREIGN:
            draft.stop_conflict(
                f"{facts.path} is a worktree that we did not make; "
                f"take it over with `constellagent import {agent.name}`"
            )
        case WorktreeState.OCCUPIED:
            draft.stop_conflict(
                f"{facts.path} is taken by {facts.detail or 'something else'}; move that away"
            )
        case never:
            assert_never(never)


def _worktree_drift(draft: Draft, agent: DesiredAgent, facts: WorktreeFacts) -> None:
    if facts.branch != agent.branch:
        on = f"is on branch {facts.branch}" if facts.branch else "has no branch checked out"
        draft.inform(f"its worktree {on}, declared {agent.branch}; it is left as it is")
    if facts.path != agent.path:
        draft.inform(f"its worktree is at {facts.path}, declared {agent.path}; it is left where it is")


def _create(draft: Draft, agent: DesiredAgent, seen: ObservedAgent, reason: str) -> None:
    match seen.branch:
        case Unknown(why):
            draft.stop_unknown(f"branch {agent.branch} could not be looked at: {why}")
        case There(facts):
            _create_on_branch(draft, agent, facts, reason)
        case Absent():
            _create_with_branch(draft, agent, seen, reason)
        case never:
            assert_never(never)


def _create_on_branch(draft: Draft, agent: DesiredAgent, branch: BranchFacts, reason: str) -> None:
    if branch.held_by is not None and branch.held_by != agent.path:
        take_over = f"constellagent import {agent.name} --path {shlex.quote(str(branch.held_by))}"
        draft.stop_conflict(
            f"branch {agent.branch} is checked out at {branch.held_by}; switch that checkout to another "
            f"branch, take it over with `{take_over}`, or declare another branch here"
        )
        return
    draft.do(CreateWorktree(agent.name, reason, agent.path, agent.branch, branch.commit, new_branch=False))


def _create_with_branch(draft: Draft, agent: DesiredAgent, seen: ObservedAgent, reason: str) -> None:
    match seen.base:
        case Unknown(why):
            draft.stop_unknown(f"base {agent.base} could not be resolved: {why}")
        case Absent():
            draft.stop_conflict(
                f"base {agent.base} does not exist; declare a branch, a tag or a commit that does"
            )
        case There(commit):
            draft.do(CreateWorktree(agent.name, reason, agent.path, agent.branch, commit, new_branch=True))
        case never:
            assert_never(never)


def write_identity(draft: Draft, agent: DesiredAgent, seen: ObservedAgent) -> None:
    """Say whether the identity must be written into a worktree that is there.

    A worktree that is yet to be created gets its identity while it is made.
    """
    if agent.identity is None or any(isinstance(action, CreateWorktree) for action in draft.actions):
        return
    if not isinstance(seen.worktree, There):
        return
    path = seen.worktree.value.path
    match seen.identity:
        case There(facts) if facts.bound and facts.written:
            return
        case There(facts) if facts.bound:
            draft.do(WriteIdentity(agent.name, ".ravi/config.json is not as it should be", path))
        case _:
            draft.do(WriteIdentity(agent.name, "new identity", path))
