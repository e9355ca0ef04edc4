"""The closed union of actions, and the plan that carries them."""

from dataclasses import FrozenInstanceError
from pathlib import PurePath
from typing import get_args

import pytest

from constellagent.plan.actions import (
    Action,
    Note,
    Plan,
    RemoveWorktree,
    RestartSession,
    StartSession,
    Symbol,
)

KINDS: tuple[type, ...] = get_args(Action)


def test_every_action_has_a_symbol_and_words_of_its_own() -> None:
    """Each kind says with a known symbol and with words that no other kind uses what it does."""
    verbs = [kind.verb for kind in KINDS]  # type: ignore[attr-defined]  # every action has a verb
    assert all(verbs)
    assert len(set(verbs)) == len(KINDS)
    assert {kind.symbol for kind in KINDS} <= set(get_args(Symbol))  # type: ignore[attr-defined]  # as above


def test_what_ends_a_conversation_is_marked() -> None:
    """The symbol `!` stands on restarts and on nothing else."""
    marked = {kind.__name__ for kind in KINDS if kind.symbol == "!"}  # type: ignore[attr-defined]  # as above
    assert marked == {"RestartSession", "RestartService"}


def test_actions_are_values() -> None:
    """Actions compare by what they say and cannot be changed."""
    action = StartSession("docs", "why")
    assert action == StartSession("docs", "why")
    assert action != StartSession("docs", "because")
    assert hash(action) == hash(StartSession("docs", "why"))
    with pytest.raises(FrozenInstanceError):
        action.reason = "other"  # type: ignore[misc]  # that it is refused is the point


def test_a_worktree_is_never_forced_away_by_default() -> None:
    """Rescuing instead of refusing has to be asked for."""
    assert RemoveWorktree("docs", "why", PurePath("/w")).force is False


@pytest.mark.parametrize(
    ("plan", "empty", "pending", "blocked"),
    [
        (Plan("acme"), True, False, False),
        (Plan("acme", (StartSession("docs", "why"),)), False, True, False),
        (Plan("acme", (RestartSession("docs", "why", session="s"),)), False, True, False),
        (Plan("acme", notes=(Note("~", "docs", "drift"),)), True, False, False),
        (Plan("acme", notes=(Note("!", "docs", "needs leave"),)), True, True, False),
        (Plan("acme", notes=(Note("?", "docs", "unknown"),)), True, False, True),
        (Plan("acme", notes=(Note("x", "docs", "conflict"),)), True, False, True),
    ],
)
def test_what_a_plan_comes_to(plan: Plan, empty: bool, pending: bool, blocked: bool) -> None:
    """Only actions fill a plan; what waits for leave is pending; what is unknown or in conflict blocks."""
    assert (plan.empty, plan.pending, plan.blocked) == (empty, pending, blocked)
