"""What is read of tokens from a transcript of Copilot CLI."""

import json

from hypothesis import given

from constellagent.agents.kind import Usage
from constellagent.agents.meters.copilot import Meter
from tests.agents.meters.transcripts import count, odd, transcript


def test_all_records_are_added_up() -> None:
    """Four answers, the last of them after a restart; what a session sums up at its end is not added."""
    assert count(Meter(), transcript("copilot")) == Usage(6658 + 6751 + 6805 + 6865, 1 + 9 + 6 + 5)


def test_its_cost_is_no_money() -> None:
    """It counts premium requests."""
    assert count(Meter(), [record(3, 4, cost=1.0)]) == Usage(3, 4, None)


@given(odd("type", "session.usage_record", "data", "usage", "inputTokens", "outputTokens"))
def test_no_line_stops_it(lines: list[str]) -> None:
    """Whatever the lines are, it goes on."""
    meter = Meter()
    before = count(meter, lines)

    assert min(before.input, before.output) >= 0
    assert count(meter, [record(3, 4)]) == Usage(before.input + 3, before.output + 4)


def record(read: int, written: int, cost: float = 0.0) -> str:
    """Return a line with what an answer took."""
    usage = {"inputTokens": read, "outputTokens": written, "cost": cost}
    return json.dumps({"type": "session.usage_record", "data": {"usage": usage}})
