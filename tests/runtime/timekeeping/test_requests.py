"""What can be asked, and what is refused before anybody is asked."""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any, cast, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import UsageError
from constellagent.plan.fires import OPEN, RAN, State, shown
from constellagent.runtime.schedule_views import (
    MOST_ROWS,
    OPEN_STATES,
    RAN_STATES,
    ScheduleAction,
    ScheduleRequest,
)
from constellagent.runtime.timekeeping import requests


def request(**given: Any) -> ScheduleRequest:
    """Return a request as it may come over the socket."""
    return cast("ScheduleRequest", {"file": "/f", "action": "list", **given})


def test_every_action_is_known_by_what_it_needs() -> None:
    """No action can be asked for of which nobody has said what it takes."""
    assert set(requests.NEEDED) == set(get_args(ScheduleAction))
    for action, needed in requests.NEEDED.items():
        if needed:
            with pytest.raises(UsageError, match=f"{action} needs: "):
                requests.check(request(action=action))


@pytest.mark.parametrize(
    "given",
    [
        {"action": "explode"},
        {"action": ["list"]},
        {"limit": "x"},
        {"limit": True},
        {"schedules": "docs"},
        {"schedules": [1]},
        {"catch_up": 1},
        {"since": None},
        {"colour": "red"},
        {"file": 1},
        {"action": "pause", "schedules": [], "why": "x" * 501},
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any]) -> None:
    """An unknown action or key, a value of another type, or an endless reason is wrong usage."""
    with pytest.raises(UsageError):
        requests.check(request(**given))


def test_a_file_must_be_named() -> None:
    """Without a file there is no constellation to ask about."""
    with pytest.raises(UsageError, match="list needs: file"):
        requests.check(cast("ScheduleRequest", {"action": "list"}))


@given(st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_every_time_of_the_ledger_can_be_asked_with(moment: datetime) -> None:
    """What a view says is read back as the same time."""
    assert requests.instant(shown(moment)) == moment


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_wrong_usage(text: str) -> None:
    """Nothing but a UsageError comes of a text that is no time."""
    with contextlib.suppress(UsageError):
        assert requests.instant(text).tzinfo is UTC


def test_bounds_are_included() -> None:
    """The ledger leaves its first bound out, so that a person's is moved before it."""
    at = datetime(2026, 11, 22, tzinfo=UTC)
    assert requests.window(request(since="2026-11-22", until="2026-11-22T00:00Z")) == (
        at - timedelta(microseconds=1),
        at,
    )
    assert requests.window(request()) == (None, None)
    with pytest.raises(UsageError, match="nothing lies between"):
        requests.window(request(since="2026-11-23", until="2026-11-22"))


@pytest.mark.parametrize("count", [0, -1, MOST_ROWS + 1])
def test_an_answer_has_a_size(count: int) -> None:
    """What would not fit into one answer is refused."""
    with pytest.raises(UsageError, match="1 to 1000"):
        requests.limit(request(limit=count))
    assert requests.limit(request()) == 100


def test_states_are_those_of_the_ledger() -> None:
    """An unknown state is refused with the near one; the lists that faces use are the ledger's own."""
    assert requests.states(["missed", "lost"]) == ["missed", "lost"]
    with pytest.raises(UsageError, match="did you mean failed") as caught:
        requests.states(["fialed"])
    assert all(state in caught.value.hint for state in get_args(State))
    assert set(OPEN_STATES) == OPEN
    assert set(RAN_STATES) == RAN
