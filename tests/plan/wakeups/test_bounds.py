"""When a schedule may fire at all."""

from typing import Any

import pytest

from constellagent.plan.wakeups.bounds import covers, is_paused, within
from constellagent.plan.wakeups.decisions import TICK
from tests.plan.wakeups.samples import at, schedule, standing

BOUNDED: dict[str, Any] = {"start": "2026-11-22T10:00", "end": "2026-11-22T12:00"}


@pytest.mark.parametrize(
    ("spec", "paused", "expected"),
    [({}, "", False), ({"paused": True}, "", True), ({}, "by a person", True)],
)
def test_a_pause_is_declared_or_made(spec: dict[str, Any], paused: str, expected: bool) -> None:
    """A schedule is paused by its declaration or by the ledger."""
    assert is_paused(schedule(**spec), standing(at("09:00"), paused=paused)) == expected


@pytest.mark.parametrize(
    ("time", "bounded"),
    [("09:59", False), ("10:00", True), ("11:59", True), ("12:00", False)],
)
def test_start_counts_and_end_does_not(time: str, bounded: bool) -> None:
    """`start` is inclusive and `end` exclusive; without them every moment counts."""
    assert covers(schedule(**BOUNDED), at(time)) == bounded
    assert covers(schedule(), at(time))


def test_a_window_is_cut_to_start_and_end() -> None:
    """What is left of a window holds the moments that count, and a narrower one stays as it is."""
    day = (at("00:00"), at("23:00"))
    assert within(schedule(**BOUNDED), *day) == (at("10:00") - TICK, at("12:00") - TICK)
    assert within(schedule(**BOUNDED), at("10:30"), at("11:00")) == (at("10:30"), at("11:00"))
    assert within(schedule(), *day) == day
