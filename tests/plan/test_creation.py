"""The way up: identity, worktree, and the file that joins them."""

from pathlib import PurePath
from typing import Any

import pytest

from constellagent.plan.actions import (
    AdoptIdentity,
    ArchiveIdentity,
    CreateIdentity,
    CreateWorktree,
    GiveNumber,
    RepairWorktree,
    WriteIdentity,
)
from constellagent.plan.creation import create_identity, create_worktree, write_identity
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.draft import Draft
from constellagent.plan.observed import Absent, ObservedAgent, Unknown, WorktreeState
from tests.plan.samples import COMMIT, PATH, TIP, branch, docs, identity, nothing, settled, worktree

ELSEWHERE = PurePath("/elsewhere/docs")
UNKNOWN = Unknown("disk on fire")


def compared(agent: DesiredAgent, seen: ObservedAgent, *, prune: bool = False) -> Draft:
    """Run the rules of this module in their order."""
    draft = Draft(agent.name)
    create_identity(draft, agent, seen, prune=prune)
    create_worktree(draft, agent, seen)
    write_identity(draft, agent, seen)
    return draft


def said(draft: Draft) -> list[str]:
    """Return the notes as `symbol text`."""
    return [f"{note.symbol} {note.text}" for note in draft.notes]


def test_everything_is_created_where_nothing_is() -> None:
    """An agent of which nothing is there gets an identity and a worktree on a new branch from its base."""
    draft = compared(docs(), nothing())
    assert draft.actions == (
        CreateIdentity("docs", "declared, not there", "docs", "docs", "acme.test", phone=True),
        CreateWorktree("docs", "declared, not there", PATH, "agents/docs", COMMIT, new_branch=True),
    )
    assert said(draft) == []


def test_nothing_is_done_where_all_is_as_declared() -> None:
    """A settled agent needs nothing and there is nothing to say."""
    draft = compared(docs(), settled(docs()))
    assert (draft.actions, draft.notes) == ((), [])


def test_an_agent_without_identity_gets_only_its_worktree() -> None:
    """`identity: false` creates no identity and writes none, even where the provider cannot be asked."""
    agent = docs(identity=False)
    draft = compared(agent, nothing(identity=UNKNOWN))
    assert [type(action) for action in draft.actions] == [CreateWorktree]
    assert compared(agent, settled(agent, identity=UNKNOWN)).actions == ()


def test_an_identity_no_longer_declared_is_kept_until_prune() -> None:
    """Turning an identity off in the file is said, and archives it only with prune."""
    agent = docs(identity=False)
    seen = settled(agent, identity=identity(docs()))
    kept = compared(agent, seen)
    assert kept.actions == ()
    assert said(kept) == [
        (
            "~ its identity docs@acme.test is no longer declared; "
            "it is kept until `constellagent apply --prune` archives it"
        )
    ]
    pruned = compared(agent, seen, prune=True)
    assert pruned.actions == (ArchiveIdentity("docs", "no longer declared", uuid="u-1", name="docs"),)


@pytest.mark.parametrize("prune", [False, True])
def test_an_identity_of_somebody_else_is_never_archived(prune: bool) -> None:
    """An identity that merely matches is left alone where none is declared."""
    agent = docs(identity=False)
    draft = compared(agent, settled(agent, identity=identity(docs(), bound=False)), prune=prune)
    assert (draft.actions, draft.notes) == ((), [])


def test_a_matching_identity_is_taken_over() -> None:
    """An identity that matches and belongs to no agent is adopted, and written into the worktree."""
    agent = docs()
    draft = compared(agent, settled(agent, identity=identity(agent, bound=False)))
    reason = "it is there already and no agent uses it"
    assert draft.actions == (
        AdoptIdentity("docs", reason, "docs", "docs", "acme.test", True, "u-1", "docs@acme.test"),
        WriteIdentity("docs", "new identity", PATH),
    )


def test_g5_several_matching_identities_need_a_person() -> None:
    """Where several match and none is the agent's yet, a person chooses, with the command that is named."""
    agent = docs()
    draft = compared(agent, nothing(identity=identity(agent, bound=False, duplicates=("u-2", "u-3"))))
    assert draft.actions == ()
    assert said(draft) == [
        (
            "x several identities match 'docs' (u-1, u-2, u-3); "
            "choose one with `constellagent import docs --identity UUID`"
        )
    ]


def test_a_twin_of_the_identity_in_use_is_reported() -> None:
    """A duplicate that turned up late is said and never deleted, and the agent goes on with its own."""
    agent = docs()
    draft = compared(agent, settled(agent, identity=identity(agent, duplicates=("u-2",))))
    assert draft.actions == ()
    assert said(draft) == [
        (
            "~ it uses identity u-1, and there is a twin (u-2); "
            "choose one with `constellagent import docs --identity UUID`"
        )
    ]


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"name": "old"}, "it is named 'old', declared 'docs'"),
        ({"address": "old@acme.test"}, "its address is old@acme.test, declared docs@acme.test"),
        (
            {"name": "old", "address": "old@acme.test"},
            ("it is named 'old', declared 'docs'; its address is old@acme.test, declared docs@acme.test"),
        ),
    ],
)
def test_g4_identity_drift_is_said_and_kept(changes: dict[str, Any], difference: str) -> None:
    """What a provider cannot change on an identity is reported, and nothing is done about it."""
    agent = docs()
    draft = compared(agent, settled(agent, identity=identity(agent, **changes)))
    assert draft.actions == ()
    assert said(draft) == [f"~ its identity is kept as it is: {difference}"]


@pytest.mark.parametrize(("host", "cost"), [("", ""), ("ravi.example", "; the number may cost money")])
def test_a_number_declared_later_is_given(host: str, cost: str) -> None:
    """A bound identity without a number gets one once it is declared with one, and keeps all else."""
    agent = docs()
    draft = Draft("docs")
    seen = settled(agent, identity=identity(agent, phone=None))
    create_identity(draft, agent, seen, prune=False, host=host)
    reason = f"declared with a number, has none{cost}"
    seen_as = ("u-1", "docs@acme.test")
    assert draft.actions == (
        GiveNumber("docs", reason, "docs", "docs", "acme.test", True, *seen_as, host=host),
    )
    assert draft.notes == []


def test_g9_what_a_number_costs_is_said_where_one_is_asked_for() -> None:
    """At a hosted provider a creation names the host; only an identity that gets a number may cost."""
    wanted, without = docs(), docs(identity={"phone": False})
    reasons = []
    for agent, seen in (
        (wanted, nothing()),
        (without, nothing()),
        (wanted, nothing(identity=identity(wanted, bound=False, phone=None))),
        (wanted, nothing(identity=identity(wanted, bound=False))),
    ):
        draft = Draft("docs")
        create_identity(draft, agent, seen, prune=False, host="ravi.example")
        (action,) = draft.actions
        assert isinstance(action, CreateIdentity)
        assert action.host == "ravi.example"
        reasons.append(action.reason)
    there = "it is there already and no agent uses it"
    cost = "; the number may cost money"
    assert reasons == [f"declared, not there{cost}", "declared, not there", f"{there}{cost}", there]


def test_the_provider_chooses_the_domain_where_none_is_declared() -> None:
    """Without a declared domain only the local part of the address is compared."""
    agent = docs()
    assert agent.identity is not None
    free = DesiredAgent(
        agent.name,
        agent.path,
        agent.branch,
        agent.base,
        type(agent.identity)("docs", "docs", None, phone=False),
        agent.spec,
        agent.fingerprint,
    )
    draft = compared(free, settled(free, identity=identity(agent, address="docs@mail.example", phone=None)))
    assert draft.notes == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"identity": UNKNOWN}, "? its identity could not be looked at: disk on fire"),
        ({"worktree": UNKNOWN}, "? its worktree could not be looked at: disk on fire"),
        ({"branch": UNKNOWN}, "? branch agents/docs could not be looked at: disk on fire"),
        ({"base": UNKNOWN}, "? base auto could not be resolved: disk on fire"),
        ({"base": Absent()}, "x base auto does not exist; declare a branch, a tag or a commit that does"),
        (
            {"branch": branch(ELSEWHERE)},
            (
                "x branch agents/docs is checked out at /elsewhere/docs; "
                "switch that checkout to another branch, "
                "take it over with `constellagent import docs --path /elsewhere/docs`, "
                "or declare another branch here"
            ),
        ),
        (
            {"worktree": worktree(docs(), state=WorktreeState.FOREIGN)},
            f"x {PATH} is a worktree that we did not make; take it over with `constellagent import docs`",
        ),
        (
            {"worktree": worktree(docs(), state=WorktreeState.OCCUPIED, detail="a file")},
            f"x {PATH} is taken by a file; move that away",
        ),
        (
            {"worktree": worktree(docs(), state=WorktreeState.OCCUPIED)},
            f"x {PATH} is taken by something else; move that away",
        ),
    ],
)
def test_what_is_unknown_or_in_conflict_stops_the_agent(changes: dict[str, Any], text: str) -> None:
    """One failed look or one conflict leaves the whole agent alone, and says why."""
    draft = compared(docs(), nothing(**changes))
    assert draft.actions == ()
    assert said(draft) == [text]


def test_all_that_is_wrong_is_said_at_once() -> None:
    """A problem with the identity does not hide one with the worktree."""
    draft = compared(docs(), nothing(identity=UNKNOWN, base=Absent()))
    assert [note.symbol for note in draft.notes] == ["?", "x"]


def test_an_existing_branch_is_checked_out_where_it_stands() -> None:
    """A branch that exists is used as it is; the base does not matter then."""
    draft = compared(docs(identity=False), nothing(branch=branch(), base=UNKNOWN))
    assert draft.actions == (
        CreateWorktree("docs", "declared, not there", PATH, "agents/docs", TIP, new_branch=False),
    )


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (WorktreeState.UNFINISHED, "its creation was cut short"),
        (WorktreeState.MISSING, "its folder is gone; what was committed is on the branch"),
    ],
)
def test_a_broken_worktree_of_ours_is_made_again(state: WorktreeState, reason: str) -> None:
    """A cut-short creation is finished and a lost folder is made anew, on the branch that they hold."""
    agent = docs()
    draft = compared(agent, settled(agent, worktree=worktree(agent, state=state)))
    assert draft.actions == (CreateWorktree("docs", reason, PATH, "agents/docs", TIP, new_branch=False),)


def test_a_moved_worktree_is_told_to_git() -> None:
    """A worktree that was moved by hand is repaired where it is, and never made a second time."""
    agent = docs()
    moved = worktree(agent, state=WorktreeState.MOVED, path=ELSEWHERE)
    stale = identity(agent, written=False)
    draft = compared(agent, settled(agent, worktree=moved, identity=stale))
    assert draft.actions == (
        RepairWorktree("docs", f"it was moved from {PATH}", ELSEWHERE),
        WriteIdentity("docs", ".ravi/config.json is not as it should be", ELSEWHERE),
    )


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"branch": "main"}, "its worktree is on branch main, declared agents/docs; it is left as it is"),
        (
            {"branch": None},
            "its worktree has no branch checked out, declared agents/docs; it is left as it is",
        ),
        (
            {"path": ELSEWHERE},
            f"its worktree is at /elsewhere/docs, declared {PATH}; it is left where it is",
        ),
    ],
)
def test_worktree_drift_is_said_and_kept(changes: dict[str, Any], text: str) -> None:
    """What an agent or a person did with a worktree is reported and never undone."""
    agent = docs()
    draft = compared(agent, settled(agent, worktree=worktree(agent, **changes)))
    assert draft.actions == ()
    assert said(draft) == [f"~ {text}"]


def test_a_new_identity_is_written_into_a_worktree_that_is_there() -> None:
    """An agent whose identity was lost gets a new one, and its worktree is told."""
    agent = docs()
    draft = compared(agent, settled(agent, identity=Absent()))
    assert [type(action) for action in draft.actions] == [CreateIdentity, WriteIdentity]
    assert isinstance(draft.actions[1], WriteIdentity)
    assert draft.actions[1].reason == "new identity"
