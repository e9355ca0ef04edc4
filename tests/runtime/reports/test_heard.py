"""What reports mean."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.start import KINDS
from constellagent.runtime.holder.stream import Reported
from constellagent.runtime.reports import heard
from constellagent.runtime.reports.heard import read


def reported(event: str, data: bytes = b"{}") -> Reported:
    """Return a report."""
    return Reported(3, 17.5, 200, event, data)


@pytest.mark.parametrize(
    ("event", "state", "reason"),
    [
        ("starting", "starting", ""),
        ("working", "working", ""),
        ("waiting", "waiting", "question"),
        ("idle", "waiting", "idle prompt"),
        ("done", "done", ""),
        ("failed", "failed", ""),
        ("unknown", "unknown", ""),
    ],
)
def test_a_state_in_one_word(event: str, state: str, reason: str) -> None:
    """It is that state; a reason that is given replaces the usual one, and number, time and place stay."""
    plain = read(reported(event))
    told = read(reported(event, b'{"reason": "permission", "message": "may I?"}'))
    assert plain is not None
    assert (plain.report.state, plain.report.reason, plain.report.message) == (state, reason, "")
    assert (plain.number, plain.at, plain.offset, plain.event) == (3, 17.5, 200, event)
    assert told is not None
    assert (told.report.state, told.report.reason, told.report.message) == (state, "permission", "may I?")


def test_events_that_nobody_knows_mean_nothing() -> None:
    """A program of a later release may say more than we know."""
    assert read(reported("sleeping")) is None
    assert read(reported("")) is None


def test_a_kind_that_fails_to_read_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect in one kind's reading is logged, and the report means nothing."""

    def fails(event: Any) -> None:
        raise ValueError(event)

    kinds = {**heard.KIND_OF, "claude": replace(KINDS["claude"], read_hook=fails)}
    monkeypatch.setattr(heard, "KIND_OF", kinds)
    assert read(reported("claude")) is None


json_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=20), inner, max_size=4)
    ),
    max_leaves=10,
)
NAMES = st.sampled_from(["hook_event_name", "type", "session_id", "prompt", "reason", "message", "tool_name"])


@given(
    st.sampled_from(sorted({*map(str, KINDS), "working", "waiting", "idle"})),
    st.one_of(
        st.binary(max_size=200), st.dictionaries(NAMES, json_values).map(lambda v: json.dumps(v).encode())
    ),
)
def test_no_data_breaks_the_reading_of_any_kind(event: str, data: bytes) -> None:
    """Whatever a program writes, a report means something or nothing."""
    found = read(reported(event, data))
    assert found is None or found.event == event
