"""What headless runs of Claude Code write, and how they went."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.streams.claude import Reader
from constellagent.agents.streams.outcome import Outcome

INIT = {
    "type": "system",
    "subtype": "init",
    "session_id": "c-1",
    "model": "claude-opus-5-5",
    "permissionMode": "acceptEdits",
    "claude_code_version": "2.1.330",
}
RESULT = {
    "type": "result",
    "subtype": "success",
    "is_error": False,
    "result": "fine",
    "session_id": "c-1",
    "num_turns": 3,
    "total_cost_usd": 0.0006,
    "usage": {"input_tokens": 1, "output_tokens": 2},
    "modelUsage": {
        "claude-opus-5-5": {
            "inputTokens": 33,
            "outputTokens": 21,
            "cacheReadInputTokens": 15,
            "cacheCreationInputTokens": 9,
        },
        "claude-haiku": {"inputTokens": 1, "outputTokens": 1},
    },
    "permission_denials": [],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def assistant(*content: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return what the model says."""
    return {"type": "assistant", "message": {"content": list(content)}, "session_id": "c-1", **more}


def read(*lines: Any) -> tuple[list[str], Outcome]:
    """Return what is shown of these lines or objects, and how the run went."""
    reader = Reader()
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    shown = [told for text in texts for told in reader.feed(text)]
    return shown, reader.outcome()


def test_a_run_is_shown_as_a_person_would_tell_it() -> None:
    """What it says, which tools it uses and what fails is shown, line by line."""
    shown, outcome = read(
        INIT,
        assistant({"type": "text", "text": "I shall look.\nNow."}),
        assistant({"type": "tool_use", "name": "Bash", "input": {"command": "ls\n-la"}}),
        assistant({"type": "tool_use", "name": "TaskList", "input": {}}),
        {
            "type": "user",
            "message": {
                "content": [
                    {"type": "tool_result", "is_error": True, "content": "needs approval"},
                    {"type": "tool_result", "is_error": True, "content": [{"type": "text", "text": "gone"}]},
                    {"type": "tool_result", "is_error": False, "content": "many files"},
                ]
            },
        },
        RESULT,
    )

    assert shown == [
        "Claude Code 2.1.330, claude-opus-5-5, acceptEdits",
        "I shall look.",
        "Now.",
        "* Bash: ls -la",
        "* TaskList",
        "  ! needs approval",
        "  ! gone",
    ]
    assert outcome == Outcome(
        ok=True, answer="fine", conversation="c-1", input=58, output=22, cost=0.0006, turns=3
    )


def test_denied_tools_are_told_once_each() -> None:
    """A run that was denied tools says that it succeeded all the same, so they are told beside."""
    denials = [{"tool_name": "Bash"}, {"tool_name": "Write"}, {"tool_name": "Bash"}]

    _, outcome = read({**RESULT, "permission_denials": denials})

    assert (outcome.ok, outcome.denied) == (True, ("Bash", "Write"))


def test_an_error_is_a_failure_whatever_its_kind_says() -> None:
    """An API that refuses ends in a result of the kind `success` that is an error."""
    shown, outcome = read(INIT, {**RESULT, "is_error": True, "result": "API Error: 401"})

    assert (outcome.ok, outcome.why) == (False, "API Error: 401")
    assert not [line for line in shown if "API Error" in line]  # the verdict says it


def test_an_error_says_why_in_its_best_words() -> None:
    """Its errors count most, then its text, then its kind."""
    failed = {"type": "result", "subtype": "error_max_turns", "is_error": True}

    assert read({**failed, "errors": ["a", "b", 3], "result": "c"})[1].why == "a; b"
    assert read(failed)[1].why == "error max turns"
    assert read({"type": "result"})[1].why == "it gave no reason"


def test_without_a_result_nothing_was_finished() -> None:
    """A run that was killed, or refused to start, is no success; its last words from elsewhere say why."""
    assert read(INIT)[1] == Outcome(ok=False, why="it ended without a result", conversation="c-1")
    shown, outcome = read("", "cannot be used with root privileges")
    assert shown == ["cannot be used with root privileges"]
    assert outcome.why == "it ended without a result: cannot be used with root privileges"


def test_usage_of_an_older_form_counts() -> None:
    """Where models are not told apart the sum of the run is taken."""
    usage = {"input_tokens": 5, "cache_read_input_tokens": 2, "output_tokens": 4}

    _, outcome = read({**RESULT, "modelUsage": None, "usage": usage, "total_cost_usd": None})

    assert (outcome.input, outcome.output, outcome.cost) == (7, 4, None)


def test_an_api_that_does_not_answer_is_shown() -> None:
    """Who watches sees that it tries again, instead of nothing."""
    retry = {"type": "system", "subtype": "api_retry", "attempt": 2}

    assert read({**retry, "error_status": 401})[0] == ["  ! the model's API does not answer (401): attempt 2"]
    assert read({**retry, "error_status": None})[0] == ["  ! the model's API does not answer: attempt 2"]


def test_the_work_of_subagents_is_theirs() -> None:
    """What a subagent says and calls is not shown between the lines of the one that is watched."""
    said = assistant({"type": "text", "text": "hm"}, parent_tool_use_id="t-1")
    result = {"type": "tool_result", "is_error": True, "content": "gone"}
    failed = {"type": "user", "parent_tool_use_id": "t-1", "message": {"content": [result]}}

    assert read(said, failed)[0] == []


def test_nothing_that_is_shown_commands_the_terminal() -> None:
    """Escape sequences in what the model says, and in lines from elsewhere, are made harmless."""
    shown, _ = read(assistant({"type": "text", "text": "a\x1b]0;b\x07\tc"}), "\x1b[2J", "\x9b2J")

    assert shown == ["a\ufffd]0;b\ufffd\tc", "\ufffd[2J", "\ufffd2J"]


def test_long_arguments_are_cut() -> None:
    """A tool's argument takes one short line, however long it is."""
    (line,), _ = read(assistant({"type": "tool_use", "name": "Bash", "input": {"command": "x" * 9999}}))

    assert len(line) == len("* Bash: ") + 200
    assert line.endswith("...")


@given(
    st.lists(
        st.text()
        | JSON
        | st.fixed_dictionaries(
            {"type": st.sampled_from(["assistant", "user", "system", "result"])},
            optional=dict.fromkeys(
                ("message", "subtype", "is_error", "usage", "modelUsage", "permission_denials", "errors"),
                JSON,
            ),
        )
    )
)
def test_no_line_breaks_the_reading(lines: list[Any]) -> None:
    """Whatever is written, it is read to its end, and counts are counts."""
    shown, outcome = read(*lines)

    assert all(isinstance(line, str) for line in shown)
    assert outcome.input >= 0
    assert not any(ord(letter) < 32 and letter != "\t" for line in shown for letter in line)


def test_nested_beyond_measure_is_shown() -> None:
    """A line that no parser takes is shown as it is."""
    line = "[" * 200_000

    assert read(line)[0] == [line]
