"""What is read of tokens from a rollout of Codex."""

import json

from hypothesis import given

from constellagent.agents.kind import Usage
from constellagent.agents.meters.codex import Meter
from tests.agents.meters.transcripts import count, odd, transcript


def test_the_newest_sum_counts() -> None:
    """Four answers of 100 and 10 tokens, the last of them after a restart."""
    assert count(Meter(), transcript("codex")) == Usage(400, 40)


def test_a_smaller_sum_takes_nothing_back() -> None:
    """Neither does one that is left out, as where it tells only of its limits."""
    none = json.dumps({"type": "event_msg", "payload": {"type": "token_count", "info": None}})

    assert count(Meter(), [total(50, 6), total(7, 8), none]) == Usage(50, 8)


@given(odd("type", "token_count", "payload", "info", "total_token_usage", "input_tokens"))
def test_no_line_stops_it(lines: list[str]) -> None:
    """Whatever the lines are, it goes on."""
    meter = Meter()
    before = count(meter, lines)
    after = count(meter, [total(50, 6)])

    assert min(before.input, before.output) >= 0
    assert after == Usage(max(before.input, 50), max(before.output, 6))


def total(read: int, written: int) -> str:
    """Return a line with what was used so far."""
    usage = {"input_tokens": read, "output_tokens": written}
    told = {"type": "token_count", "info": {"total_token_usage": usage}}
    return json.dumps({"type": "event_msg", "payload": told})
