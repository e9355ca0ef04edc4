"""What is worth a word."""

from dataclasses import replace

import pytest

from constellagent.runtime.alerts.deciding import SETTLE, SETTLE_GUESSED, of_activity, of_end, works
from constellagent.runtime.store.sessions import EndedBy, SessionRow
from constellagent.term.activity import Activity, Source, State

ROW = SessionRow("s", "c", "agent", "docs", "f", 1.0, 10.0, "boot")


@pytest.mark.parametrize(
    ("state", "reason", "worked", "told"),
    [
        ("waiting", "permission", False, ("waiting", "permission")),
        ("waiting", "question", False, ("waiting", "question")),
        ("waiting", "", False, ("waiting", "")),
        ("waiting", "limit", False, ("waiting", "limit")),
        ("waiting", "idle prompt", False, None),
        ("waiting", "idle prompt", True, ("done", "")),
        ("done", "", False, ("done", "")),
        ("failed", "rate limit", True, ("failed", "rate limit")),
        ("working", "", True, ("working", "")),
        ("exited", "", True, ("exited", "")),
        ("starting", "", True, None),
        ("unknown", "quiet", True, None),
    ],
)
def test_the_table_is_as_it_is_written(
    state: State, reason: str, worked: bool, told: tuple[str, str] | None
) -> None:
    """Each state and reason is told as one word of `notify`, or not at all."""
    moment = of_activity(Activity(state, reason, "hook", 0.0, "Hm?"), 7.0, worked=worked)

    assert told == (None if moment is None else (moment.state, moment.reason))
    if moment is not None:
        assert moment.names == {moment.state}
        assert (moment.since, moment.message) == (7.0, "Hm?")
        assert not moment.ended


@pytest.mark.parametrize(
    ("source", "settle"),
    [
        ("hook", SETTLE),
        ("report", SETTLE),
        ("screen", SETTLE_GUESSED),
        ("title", SETTLE_GUESSED),
        ("notification", SETTLE_GUESSED),
    ],
)
def test_a_guess_must_last_longer(source: Source, settle: float) -> None:
    """What the agent says itself is believed sooner."""
    moment = of_activity(Activity("waiting", "question", source, 0.0), 0.0, worked=False)

    assert moment is not None
    assert moment.settle == settle


@pytest.mark.parametrize(
    ("ended_by", "status", "state"),
    [
        ("itself", 0, "done"),
        ("itself", 3, "failed"),
        ("itself", None, "failed"),
        ("lost", None, "failed"),
        ("limit", None, "failed"),
        ("stop", 0, None),
    ],
)
def test_an_end_is_good_or_bad_or_wanted(ended_by: EndedBy, status: int | None, state: str | None) -> None:
    """Those that nobody wanted are also told where `exited` is asked for."""
    row = replace(ROW, ended_at=5.0, ended_by=ended_by, exit_status=status)

    moment = of_end(row, "gave up")

    assert state == (None if moment is None else moment.state)
    if moment is not None:
        assert moment.names == {moment.state, "exited"}
        assert (moment.reason, moment.since, moment.ended) == ("gave up", 5.0, True)
    assert of_end(ROW, "") is None


def test_bare_output_is_no_work() -> None:
    """A program that starts writes something, too."""
    assert works(Activity("working", "", "hook", 0.0))
    assert not works(Activity("working", "", "output", 0.0))
    assert not works(Activity("waiting", "permission", "hook", 0.0))
