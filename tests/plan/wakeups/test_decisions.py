"""The words of a decision."""

import pytest

from constellagent.plan.wakeups import Change, Decision
from tests.plan.wakeups.samples import at, fire, schedule


@pytest.mark.parametrize(
    ("decision", "empty"),
    [
        (Decision(), True),
        (Decision(fires=(fire(schedule(), at("10:00")),)), False),
        (Decision(changes=(Change("run", "dropped", "why"),)), False),
        (Decision(stop=("run",)), False),
        (Decision(upto=at("10:00")), False),
        (Decision(failures=0), False),
        (Decision(pause="paused"), False),
    ],
)
def test_a_decision_is_empty_where_nothing_is_written(decision: Decision, empty: bool) -> None:
    """Whatever would change the ledger or a run makes a decision one; a count of zero does, too."""
    assert decision.empty == empty
