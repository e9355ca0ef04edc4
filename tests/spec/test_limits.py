"""What a file may say about limits."""

from typing import Any

import pytest
from pydantic import ValidationError

from constellagent.errors import SpecError
from constellagent.spec.limits import Budget, Limits
from constellagent.spec.load import load


def test_nothing_said_is_no_limit() -> None:
    """Neither for all agents together nor for one."""
    assert set(Limits().model_dump().values()) == {None}
    assert "working" not in Budget().model_dump()


@pytest.mark.parametrize(
    "wrong",
    [
        {"runs_per_day": 0},
        {"tokens_per_day": "many"},
        {"tokens_per_run": 1.5},
        {"cost_per_day": 0},
        {"cost_per_day": -1},
        {"cost_per_run": float("inf")},
        {"cost_per_run": float("nan")},
        {"cost_per_run": "5"},
        {"working": True},
        {"token_per_day": 1},
    ],
)
def test_other_values_are_refused(wrong: dict[str, Any]) -> None:
    """A limit of nothing, of a text or without an end would hold everything or nothing by mistake."""
    with pytest.raises(ValidationError):
        Limits.model_validate(wrong)


def test_whole_dollars_are_dollars() -> None:
    """A sum needs no point."""
    assert Budget.model_validate({"cost_per_day": 5}).cost_per_day == 5.0


def test_defaults_are_merged_key_by_key() -> None:
    """An agent's own limit wins; the others of the defaults stay."""
    text = """\
version: 1
limits: {working: 3, cost_per_day: 20}
defaults: {limits: {runs_per_day: 4, cost_per_run: 1}}
agents:
  plain: {command: [x]}
  own: {command: [x], limits: {cost_per_run: 2}}
"""
    found = load(text.encode(), "f").constellation

    assert (found.limits.working, found.limits.cost_per_day) == (3, 20.0)
    assert (found.agents["plain"].limits.runs_per_day, found.agents["plain"].limits.cost_per_run) == (4, 1.0)
    assert (found.agents["own"].limits.runs_per_day, found.agents["own"].limits.cost_per_run) == (4, 2.0)


def test_how_many_work_is_said_for_all_only() -> None:
    """One agent works or does not."""
    with pytest.raises(SpecError, match="working"):
        load(b"version: 1\nagents:\n  a: {command: [x], limits: {working: 2}}\n", "f")
