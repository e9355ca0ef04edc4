"""What a headless run of opencode tells."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.streams.opencode import Reader
from constellagent.agents.streams.outcome import Outcome
from tests.agents.test_values import ANYTHING

RULE = "The user has specified a rule which prevents you from using this specific tool call. Here are some"


def event(kind: str, **part: Any) -> dict[str, Any]:
    """Return an event as it is written."""
    return {"type": kind, "timestamp": 1, "sessionID": "ses_1", "part": part}


def tool(**state: Any) -> dict[str, Any]:
    """Return the event of a shell command."""
    return event(
        "tool_use", tool="bash", state={"input": {"command": "touch x", "description": "d"}, **state}
    )


def step(reason: str, cost: float = 0) -> dict[str, Any]:
    """Return the end of a step."""
    cache = {"read": 20, "write": 3}
    tokens = {"total": 140, "input": 100, "output": 10, "reasoning": 7, "cache": cache}
    return event("step_finish", reason=reason, tokens=tokens, cost=cost)


def read(*events: dict[str, Any]) -> tuple[list[str], Outcome]:
    """Return what is shown of a run, and how it went."""
    reader = Reader()
    shown = [line for each in events for line in reader.feed(json.dumps(each))]
    return shown, reader.outcome()


def test_a_run_that_has_finished() -> None:
    """Tools and words are shown, the last words are the answer, and the steps add up."""
    shown, outcome = read(
        *(event("step_start"), tool(status="completed", output=""), step("tool-calls", 0.25)),
        *(event("step_start"), event("text", text="All\ndone."), step("stop", 0.5)),
    )

    assert shown == ["> bash: touch x", "All", "done."]
    assert outcome == Outcome(True, "", "All\ndone.", (), "ses_1", 246, 34, 0.75, 2)


def test_a_price_that_is_not_known_is_none() -> None:
    """A model without a price does not seem to be free."""
    assert read(event("step_start"), step("stop"))[1].cost is None


def test_a_refused_tool_is_named() -> None:
    """Both refusals, by a rule and by nobody who could say yes, are."""
    asked = "The user rejected permission to use this specific tool call."
    shown, outcome = read(tool(status="error", error=RULE), tool(status="error", error=asked), step("stop"))

    assert shown == ["> bash: touch x", "  denied: bash"] * 2
    assert (outcome.ok, outcome.denied) == (True, ("bash", "bash"))


def test_a_tool_that_failed_was_not_denied() -> None:
    """Only what it was not allowed to do counts as denied."""
    shown, outcome = read(tool(status="error", error="File not found\nx"), step("stop"))

    assert shown[1] == "  failed: File not found"
    assert outcome.denied == ()


def test_a_run_that_stops_in_the_middle_has_not_finished() -> None:
    """Only a step that ended by itself ends the work."""
    assert read()[1] == Outcome(False, "it ended in the middle of its work")
    assert not read(event("step_start"), step("tool-calls"), event("step_start"))[1].ok
    assert read(step("tool-calls"))[1].why == "it ended with: tool-calls"
    assert read(step("length"))[1].why == "its answer was cut off"


def test_an_error_is_the_reason() -> None:
    """The verdict says its message, which is not shown twice; a last step that stopped does not hide it."""
    error = {
        "type": "error",
        "sessionID": "ses_1",
        "error": {"name": "APIError", "data": {"message": "no quota"}},
    }
    shown, outcome = read(error, step("stop"))

    assert shown == []
    assert (outcome.ok, outcome.why) == (False, "no quota")


def test_other_lines_are_shown() -> None:
    """What is no event is shown as it is."""
    assert list(Reader().feed("! permission requested")) == ["! permission requested"]


@given(st.lists(st.text() | st.dictionaries(st.sampled_from(["type", "part", "error", "x"]), ANYTHING)))
def test_nothing_breaks_it(lines: list[object]) -> None:
    """Whatever the lines are, they are read, and there is an outcome."""
    reader = Reader()
    for line in lines:
        list(reader.feed(line if isinstance(line, str) else json.dumps(line)))
        list(reader.feed(json.dumps({**step("stop"), **(line if isinstance(line, dict) else {})})))

    assert isinstance(reader.outcome(), Outcome)
