"""What a headless run of Copilot CLI writes, as 1.0.102 wrote it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.streams.copilot import Reader
from constellagent.agents.streams.outcome import Outcome

DATA = Path(__file__).parents[2] / "data" / "agents"
RUN = (DATA / "copilot-run.jsonl").read_text().splitlines()
"""It wrote a file, committed it, looked around, and was not allowed to push."""
REFUSED = (DATA / "copilot-refused.jsonl").read_text().splitlines()
"""The model refused each request."""
TYPES = ("assistant.message", "model.call_start", "result", "session.error", "session.warning")
TOOLS = ("tool.execution_start", "tool.execution_complete")
KEYS = ("type", "data", "content", "toolRequests", "toolCallId", "arguments", "success", "error", "message")


def read(lines: list[str]) -> tuple[list[str], Outcome]:
    """Return what is shown of a run, and how it went."""
    reader = Reader()
    shown = [text for line in lines for text in reader.feed(line)]
    return shown, reader.outcome()


def test_a_run_is_shown_and_judged() -> None:
    """Each step is a line, what was not allowed is said, and the last words are the answer."""
    shown, outcome = read(RUN)
    assert shown[:2] == ["create: c.txt", "bash: git add c.txt && git commit -m x"]
    assert shown[shown.index("bash: git push") + 1] == "bash: not allowed"
    assert outcome.ok
    assert outcome.answer.startswith("done: ")
    assert shown[-1] == outcome.answer.splitlines()[-1]
    assert outcome.denied == ("bash",)
    assert outcome.conversation == "2e613dff-6009-4ae0-8041-b9f2fd8498aa"
    assert outcome.turns == 8
    assert outcome.cost is None


def test_a_refused_run_says_why() -> None:
    """Where the model refused to the end, the run is not well, and its own words say why."""
    shown, outcome = read(REFUSED)
    assert not outcome.ok
    assert outcome.why.startswith("Authentication failed with provider")
    assert shown[0].startswith("Authentication failed with provider")
    assert outcome.answer == ""


@pytest.mark.parametrize("lines", [[], RUN[:-1], RUN[:3]])
def test_a_run_without_its_last_line_has_not_finished(lines: list[str]) -> None:
    """A run that was cut off has no result, whatever it has said so far."""
    assert read(lines)[1]._replace(answer="", denied=(), turns=0) == Outcome(
        False, "it ended without a result"
    )


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([{"type": "result", "exitCode": 0}], "it gave no answer"),
        ([{"type": "result", "exitCode": 3}], "it ended with 3"),
        ([{"type": "result"}], "it ended with None"),
        (
            [{"type": "session.error", "data": {}}, {"type": "result", "exitCode": 1}],
            "it says that it failed",
        ),
    ],
)
def test_an_end_without_an_answer_is_none(events: list[dict[str, Any]], why: str) -> None:
    """What ended without last words, or by its own account badly, did not do its work."""
    assert read([json.dumps(event) for event in events])[1].why == why


def test_an_error_that_it_got_over_does_not_count() -> None:
    """An answer after an error is an answer."""
    events = [
        {"type": "session.error", "data": {"message": "busy"}},
        {"type": "assistant.message", "data": {"content": "done"}},
        {"type": "result", "exitCode": 0},
    ]
    assert read([json.dumps(event) for event in events])[1].ok


def test_a_tool_that_fails_is_shown() -> None:
    """A failure in the first line of its words; it is none of what was not allowed."""
    data = {
        "toolCallId": "c",
        "success": False,
        "error": {"message": "no such file\nat 1", "code": "failure"},
    }
    events = [
        {"type": "tool.execution_start", "data": {"toolCallId": "c", "toolName": "view", "arguments": {}}},
        {"type": "tool.execution_complete", "data": data},
    ]
    shown, outcome = read([json.dumps(event) for event in events])
    assert shown == ["view", "view failed: no such file"]
    assert outcome.denied == ()


def test_what_is_no_event_is_shown() -> None:
    """A line that is none of its events, such as a warning of the loader, is shown as it is."""
    assert read(["oops", "[1]", "", '{"type": "other"}'])[0] == ["oops", "[1]"]


PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.text(), max_size=1)
INNER = st.dictionaries(st.sampled_from(KEYS), PLAIN, max_size=3)
EVENTS = st.dictionaries(st.sampled_from(KEYS), PLAIN | INNER, max_size=4)


@given(st.lists(st.tuples(st.sampled_from(TYPES + TOOLS), EVENTS, EVENTS) | st.text(), max_size=4))
def test_any_lines_are_read(found: list[tuple[str, dict[str, Any], dict[str, Any]] | str]) -> None:
    """Whatever the lines are, reading them raises nothing, and no line shown has an end in it."""
    lines = [
        part if isinstance(part, str) else json.dumps({**part[1], "type": part[0], "data": part[2]})
        for part in found
    ]
    shown, outcome = read([line for text in lines for line in text.splitlines()])
    assert all("\n" not in text for text in shown)
    assert outcome.ok == (not outcome.why)
