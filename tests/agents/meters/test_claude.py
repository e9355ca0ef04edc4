"""What is read of tokens from a transcript of Claude Code."""

import json

import pytest
from hypothesis import given

from constellagent.agents.kind import Usage
from constellagent.agents.meters import claude
from constellagent.agents.meters.claude import Meter
from tests.agents.meters.transcripts import count, odd, transcript


def test_a_conversation_is_counted_with_its_subagents_and_its_price() -> None:
    """Eight answers of 19 and 7 tokens, one of them a subagent's, in two sessions."""
    assert count(Meter(), transcript("claude")) == Usage(8 * 19, 8 * 7, 0.0016000000000000003)


def test_while_it_goes_on_its_answers_are_counted() -> None:
    """A session that has not ended says no price yet."""
    lines = transcript("claude")
    end = next(place for place, line in enumerate(lines) if '"cost-state"' in line)

    assert count(Meter(), lines[:end]) == Usage(3 * 19, 3 * 7)


def test_what_follows_an_end_is_added_to_it() -> None:
    """That holds the answers of subagents too, which are in no line of the conversation."""
    meter = Meter()
    count(meter, transcript("claude"))

    assert count(meter, [answer("later", 5, 6)]) == Usage(8 * 19 + 5, 8 * 7 + 6, 0.0016000000000000003)


def test_an_answer_counts_once() -> None:
    """Each of its blocks is a line, and the last of them knows how much was written."""
    assert count(Meter(), [answer("a", 5, 1), answer("a", 5, 9), answer("b", 1, 1)]) == Usage(6, 10)


def test_a_long_conversation_takes_no_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers that are over are counted and forgotten; one that goes on is known."""
    monkeypatch.setattr(claude, "_KNOWN", 3)
    meter = Meter()
    lines = [line for n in range(100) for line in (answer(f"a{n}", 1, 1), answer("long", 5, n + 1))]

    assert count(meter, lines) == Usage(105, 200)
    assert len(meter._answers) == 3


def test_what_others_say_is_no_answer() -> None:
    """Neither a person's text that looks like one, nor numbers that are none."""
    text = json.dumps({"type": "user", "message": {"content": answer("a", 5, 5)}, "usage": {}})

    assert count(Meter(), [text, answer("a", -5, 10**30), answer("b", True, "7")]) == Usage()


@given(odd("type", "assistant", "message", "id", "usage", "input_tokens", "cost-state", "modelUsage"))
def test_no_line_stops_it(lines: list[str]) -> None:
    """Whatever the lines are, it goes on, and has counted nothing below nothing."""
    meter = Meter()
    used = count(meter, lines)

    assert min(used.input, used.output, used.cost or 0) >= 0
    assert count(meter, [answer("\0", 1, 1)]).input == used.input + 1


def answer(name: str, read: object, written: object) -> str:
    """Return a line with an answer."""
    usage = {"input_tokens": read, "output_tokens": written}
    return json.dumps({"type": "assistant", "message": {"id": name, "usage": usage}})
