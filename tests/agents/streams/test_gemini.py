"""What a headless run of Gemini CLI tells."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.streams.gemini import Reader
from constellagent.agents.streams.outcome import Outcome
from tests.agents.test_values import ANYTHING

STATS = {"total_tokens": 550, "input_tokens": 500, "output_tokens": 50, "cached": 0, "tool_calls": 2}
INIT = {"type": "init", "session_id": "u", "model": "auto"}
ASKED = {"type": "message", "role": "user", "content": "Do it.\nNow."}
SHELL = {
    "type": "tool_use",
    "tool_name": "run_shell_command",
    "tool_id": "t1",
    "parameters": {"command": "touch x\nand more", "description": "as ordered"},
}
DENIED = {
    "type": "tool_result",
    "tool_id": "t1",
    "status": "error",
    "output": "Tool execution denied by policy.",
    "error": {"type": "policy_violation", "message": "Tool execution denied by policy."},
}
FAILED = {"type": "tool_result", "tool_id": "t1", "status": "error", "output": "no such file\nreally"}
SUCCESS = {"type": "result", "status": "success", "stats": STATS}


def said(text: str) -> dict[str, Any]:
    """Return a piece of what it says."""
    return {"type": "message", "role": "assistant", "content": text, "delta": True}


def read(*events: dict[str, Any]) -> tuple[list[str], Outcome]:
    """Return what is shown of a run, and how it went."""
    reader = Reader()
    shown = [line for event in events for line in reader.feed(json.dumps(event))]
    return shown, reader.outcome()


def test_a_run_that_has_finished() -> None:
    """Its pieces are put together, its tools are shown, and its last words are the answer."""
    done = {"type": "tool_result", "tool_id": "t1", "status": "success", "output": "fine"}
    shown, outcome = read(
        INIT, ASKED, said("I am "), said("on it."), SHELL, done, said("All\ndone."), SUCCESS
    )

    assert shown == ["I am on it.", "> run_shell_command: touch x", "All", "done."]
    assert outcome == Outcome(True, "", "All\ndone.", (), "u", 500, 50)


def test_a_refused_tool_is_named() -> None:
    """A run that was denied something says so, whatever its status."""
    shown, outcome = read(INIT, SHELL, DENIED, said("I could not."), SUCCESS)

    assert shown[1] == "  denied: run_shell_command"
    assert (outcome.ok, outcome.denied) == (True, ("run_shell_command",))


def test_a_tool_that_failed_was_not_denied() -> None:
    """Only what it was not allowed to do counts as denied."""
    shown, outcome = read(INIT, SHELL, FAILED, SUCCESS)

    assert shown[1] == "  failed: no such file"
    assert outcome.denied == ()


def test_a_run_that_failed_says_why() -> None:
    """The reason is the result's own, or that of the last error."""
    result = {"type": "result", "status": "error", "error": {"type": "Error", "message": "no more quota"}}
    error = {"type": "error", "severity": "error", "message": "the turns are used up"}

    assert read(INIT, result)[1] == Outcome(False, "no more quota", conversation="u")
    assert read(INIT, error, {"type": "result", "status": "error"})[1].why == "the turns are used up"
    assert read(INIT, error)[0] == ["error: the turns are used up"]


def test_without_a_result_it_has_not_finished() -> None:
    """A run that was cut off is not taken for one that has done its work."""
    outcome = read(INIT, said("I am on it."))[1]

    assert outcome == Outcome(False, "it ended without a result", "I am on it.", (), "u")


def test_other_lines_are_shown() -> None:
    """What is no event is shown as it is."""
    reader = Reader()

    assert list(reader.feed("Ripgrep is not available.")) == ["Ripgrep is not available."]
    assert list(reader.feed("[1]")) == ["[1]"]


@given(
    st.lists(st.text() | st.dictionaries(st.sampled_from(["type", "status", "parameters", "x"]), ANYTHING))
)
def test_nothing_breaks_it(lines: list[object]) -> None:
    """Whatever the lines are, they are read, and there is an outcome."""
    reader = Reader()
    for line in lines:
        list(reader.feed(line if isinstance(line, str) else json.dumps(line)))
        list(reader.feed(json.dumps({**SHELL, **(line if isinstance(line, dict) else {})})))

    assert isinstance(reader.outcome(), Outcome)
