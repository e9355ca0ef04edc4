"""What is read from a headless run of Codex."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.streams.codex import Reader
from constellagent.agents.streams.outcome import Outcome

RUNS: dict[str, list[str]] = json.loads(
    (Path(__file__).parents[2] / "data" / "agents" / "codex-exec.json").read_text()
)
"""What 0.169.0 wrote, and its log, with ids, paths and times replaced."""
CONVERSATION = "01a20000-0000-7000-8000-000000000001"


def read(lines: list[str]) -> tuple[list[str], Outcome]:
    """Return what a person is shown of these lines, and how the run went."""
    reader = Reader()
    shown = [said for line in lines for said in reader.feed(line)]
    return shown, reader.outcome()


def test_a_finished_run_is_told_with_its_work() -> None:
    """Its messages, its commands with what failed, and its changes are shown; tokens are counted."""
    shown, outcome = read(RUNS["done"])

    assert outcome.ok
    assert (outcome.conversation, outcome.input, outcome.output) == (CONVERSATION, 400, 40)
    assert outcome.answer.startswith("done: Go")
    for line in ("first", "* echo hi; exit 3", "  ! ended with 3: hi", "* add /repo.worktrees/docs/note.txt"):
        assert line in shown


def test_a_command_that_the_sandbox_refused_is_denied() -> None:
    """It may end with 0 and say so in its output only."""
    assert read(RUNS["done"])[1].denied == ("exec_command",)


def test_what_needs_an_approval_is_denied() -> None:
    """Nobody can give one: the tool's name is told, whether an item says it or only the log."""
    shown, outcome = read(RUNS["denied"])
    coloured = [line.replace("ERROR", "\x1b[31mERROR\x1b[0m") for line in RUNS["denied-log"]]
    logged = read([*RUNS["denied"], *coloured])[1]

    assert outcome.ok
    assert outcome.denied == ("constellagent.ravi_inbox_email",)
    assert "  ! MCP tool call requires approval, but approval policy is never" in shown
    assert set(logged.denied) == {"constellagent.ravi_inbox_email", "apply_patch", "exec_command"}


def test_a_failed_turn_says_why() -> None:
    """What the model's API answered is the reason."""
    shown, outcome = read(RUNS["failed"])

    assert not outcome.ok
    assert "as ordered" in outcome.why
    assert not any(line.startswith("failed: ") for line in shown)  # the verdict says it


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "it ended within its turn"),
        (["error: unexpected argument"], "error: unexpected argument"),
        (RUNS["done"][:-1], "it ended within its turn"),
    ],
)
def test_a_run_that_ends_early_is_no_success(lines: list[str], why: str) -> None:
    """Without the end of its turn it has not finished; its last own words say why."""
    assert read(lines)[1][:2] == (False, why)


def test_trouble_that_it_got_over_is_no_failure() -> None:
    """It tries again where its model does not answer, and says so."""
    trouble = json.dumps({"type": "error", "message": "Reconnecting... 1/5"})

    shown, outcome = read([*RUNS["done"][:3], trouble, *RUNS["done"][3:]])

    assert outcome.ok
    assert outcome.why == ""
    assert "  ! Reconnecting... 1/5" in shown


def test_a_change_that_was_not_made_says_so() -> None:
    """A refused patch is denied, another one failed."""
    item: dict[str, Any] = {"type": "file_change", "changes": [{"path": "a", "kind": "add"}]}
    declined = json.dumps({"type": "item.completed", "item": {**item, "status": "declined"}})
    failed = json.dumps({"type": "item.completed", "item": {**item, "status": "failed"}})

    assert read([declined])[1].denied == ("apply_patch",)
    assert read([failed])[1].denied == ()
    assert read([failed])[0] == ["* add a (failed)"]


def test_what_it_prints_does_nothing_to_the_terminal() -> None:
    """Control characters of any line are made visible, not sent on."""
    item = {"type": "agent_message", "text": "a\x1b[2Jb"}

    shown, _ = read([json.dumps({"type": "item.completed", "item": item}), "plain \x1b]0;x\x07"])

    assert shown == ["a\ufffd[2Jb", "plain \ufffd]0;x\ufffd"]


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = [
    "id",
    "text",
    "command",
    "status",
    "exit_code",
    "changes",
    "server",
    "tool",
    "error",
    "message",
    "query",
]
ITEM = st.builds(
    lambda kind, more: {**more, "type": kind},
    st.sampled_from(
        ["agent_message", "command_execution", "file_change", "mcp_tool_call", "web_search", "error"]
    ),
    st.dictionaries(st.sampled_from(KEYS), ANY),
)
EVENT = st.builds(
    lambda kind, item, more: {**more, "type": kind, "item": item},
    st.sampled_from(
        ["thread.started", "turn.started", "turn.completed", "turn.failed", "error", "item.completed"]
    ),
    ITEM | ANY,
    st.dictionaries(st.sampled_from(["thread_id", "usage", "error", "message"]), ANY),
)


@given(
    st.lists(
        st.text() | EVENT.map(json.dumps) | st.sampled_from([line for run in RUNS.values() for line in run]),
        max_size=8,
    )
)
def test_a_reader_survives_whatever_it_gets(lines: list[str]) -> None:
    """No line raises, and what is shown is one line each."""
    shown, outcome = read(lines)

    assert not any("\n" in line or "\x1b" in line for line in shown)
    assert outcome.ok or outcome.why
    assert outcome.input >= 0
