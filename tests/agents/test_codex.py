"""How Codex is started, and what its hooks say."""

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.codex import KIND, read_hook, transcripts
from constellagent.agents.kind import Conversation, Place, Report
from tests.agents.codex_starts import PLACE, begin, values
from tests.agents.specs import PROMPT, spec, words_of

PAYLOADS = Path(__file__).parents[1] / "data" / "agents" / "codex-hooks.json"
"""What the hooks of 0.169.0 were given, in order, with ids and paths replaced."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("prompt", "headless", "words"),
    [
        (None, False, ("codex",)),
        (None, True, ("codex",)),
        (PROMPT, False, ("codex", "--", PROMPT)),
        ("--version", False, ("codex", "--", " --version")),
        ("!rm x", False, ("codex", "--", " !rm x")),
        ("/quit", False, ("codex", "--", " /quit")),
    ],
)
def test_the_prompt_is_the_last_word(prompt: str | None, headless: bool, words: tuple[str, ...]) -> None:
    """A session gets its prompt behind all options, never as one, nor as a command of the shell."""
    assert words_of(KIND, spec("codex"), prompt, headless=headless) == words


def test_a_headless_run_reads_its_prompt_and_writes_objects() -> None:
    """Its prompt is no word that others on the machine could read, and what it writes can be judged."""
    run = begin("--version", headless=True)

    assert (run.stdin, run.stream) == (" --version", "codex")
    assert run.argv[:3] == ("codex", "exec", "--json")
    assert run.argv[-1] == "-"
    assert "--version" not in run.argv
    assert values(run.argv, "--sandbox") == ["workspace-write"]


def test_a_declared_command_replaces_the_program() -> None:
    """Declared words stand where the program's name would, and the prompt still follows."""
    declared = spec("codex", command=["nice", "codex", "--verbose"])

    words = words_of(KIND, declared, PROMPT, headless=False)

    assert words == ("nice", "codex", "--verbose", "--", PROMPT)


def test_a_conversation_goes_on_by_its_own_name() -> None:
    """It is taken up by its id, with and without a prompt; a new one has no id to give."""
    resumed = Conversation("c1", resumed=True)

    assert begin(None, conversation=resumed).argv[-2:] == ("resume", "c1")
    assert begin(conversation=resumed).argv[-4:] == ("resume", "c1", "--", PROMPT)
    assert begin(headless=True, conversation=resumed).argv[-3:] == ("resume", "c1", "-")
    assert "c1" not in begin(conversation=Conversation("c1")).argv


def test_no_session_shares_a_background_server() -> None:
    """The server that it would start keeps the environment of another agent."""
    assert "--no-daemon" in begin().argv
    assert "--no-daemon" not in begin(headless=True).argv


@pytest.mark.parametrize(
    ("asked", "sandbox", "approval"),
    [
        ("ask", "read-only", "on-request"),
        ("read", "read-only", "on-request"),
        ("edit", "workspace-write", "on-request"),
        ("all", "danger-full-access", "never"),
    ],
)
def test_permissions_are_its_sandbox_and_what_it_asks(asked: str, sandbox: str, approval: str) -> None:
    """What the file allows is said in its own words; without a word of the file it keeps its own way."""
    words = begin(permissions=asked).argv

    assert values(words, "--sandbox") == [sandbox]
    assert values(words, "--ask-for-approval") == [approval]
    assert not {"--sandbox", "--ask-for-approval"} & set(begin().argv)


@pytest.mark.parametrize("asked", ["read", "edit", "all"])
def test_a_run_that_nobody_watches_asks_nobody(asked: str) -> None:
    """`exec` denies what its sandbox does not allow; it knows no option to ask."""
    words = begin(headless=True, unattended=asked, permissions="ask").argv

    sandbox = {"read": "read-only", "edit": "workspace-write", "all": "danger-full-access"}[asked]
    assert values(words, "--sandbox") == [sandbox]
    assert "--ask-for-approval" not in words


def test_a_commit_can_be_written_and_hooks_of_git_cannot() -> None:
    """What a commit writes lies outside the worktree; git's configuration and hooks stay closed."""
    folders = values(begin(permissions="edit").argv, "--add-dir")

    assert folders == [f"/repo/.git/{name}" for name in ("objects", "refs", "logs", "lfs", "worktrees/docs")]
    assert values(begin(permissions="read").argv, "--add-dir") == []


def test_the_folder_of_the_worktree_in_git_may_have_another_name() -> None:
    """Where the place names it, it is taken as it is, and no other worktree's is opened."""
    place = Place(PLACE.folder, PLACE.worktree, (*PLACE.git, PurePosixPath("/repo/.git/worktrees/docs1")))

    trees = [folder for folder in values(begin(place=place).argv, "--add-dir") if "worktrees" in folder]
    assert trees == ["/repo/.git/worktrees/docs1"]


def test_model_and_further_words_are_passed_on() -> None:
    """The file's own words come after ours, so that they count where both say something."""
    words = begin(model="gpt-9", args=["-c", 'model_provider="x"']).argv

    assert values(words, "--model") == ["gpt-9"]
    assert words[-4:] == ("-c", 'model_provider="x"', "--", PROMPT)


@pytest.mark.parametrize(
    ("env", "profile", "folder"),
    [
        ({"HOME": "/h"}, None, "/h/.codex"),
        ({"HOME": "/h", "CODEX_HOME": "/c"}, None, "/c"),
        ({"HOME": "/h", "CODEX_HOME": "/c"}, PurePosixPath("/p"), "/p"),
    ],
)
def test_transcripts_lie_in_its_configuration(
    env: dict[str, str], profile: PurePosixPath | None, folder: str
) -> None:
    """They are looked for where this session would write them."""
    (pattern,) = transcripts("c1", Place(PLACE.folder, PLACE.worktree, (), env, profile))

    assert pattern == f"{folder}/sessions/*/*/*/rollout-*-c1.jsonl*"
    assert PurePosixPath(f"{folder}/sessions/2026/01/02/rollout-2026-01-02T03-04-05-c1.jsonl").match(pattern)


def payload(event: str, tool: str = "") -> Mapping[str, Any]:
    """Return what the hook of an event was given."""
    found: list[dict[str, Any]] = json.loads(PAYLOADS.read_text())
    return next(one for one in found if one["hook_event_name"] == event and one.get("tool_name", "") == tool)


@pytest.mark.parametrize(
    ("event", "tool", "report"),
    [
        ("SessionStart", "", Report()),
        ("PostToolUse", "Bash", Report("working")),
        ("PermissionRequest", "Bash", Report("waiting", "permission", "Bash: touch new.txt")),
        ("PermissionRequest", "apply_patch", Report("waiting", "permission", "apply_patch: h2.txt")),
        (
            "PermissionRequest",
            "mcp__constellagent__ravi_inbox_email",
            Report("waiting", "permission", "mcp__constellagent__ravi_inbox_email"),
        ),
    ],
)
def test_a_hook_tells_the_state(event: str, tool: str, report: Report) -> None:
    """Each recorded call says what the agent does from then on."""
    found = read_hook(payload(event, tool))

    assert found is not None
    assert (found.state, found.reason, found.message) == (report.state, report.reason, report.message)


def test_a_turn_begins_with_its_prompt_and_ends_done() -> None:
    """The prompt is told whole, and the end with the agent's last words."""
    begun, ended = read_hook(payload("UserPromptSubmit")), read_hook(payload("Stop"))

    assert begun is not None
    assert ended is not None
    assert (begun.state, begun.prompt) == ("working", payload("UserPromptSubmit")["prompt"])
    assert ended.state == "done"
    assert ended.message.startswith("done: Go")


def test_a_hook_tells_the_conversation_and_its_transcript() -> None:
    """By these it can be taken up again."""
    found = read_hook(payload("SessionStart"))

    assert found is not None
    assert found.conversation == payload("SessionStart")["session_id"]
    assert found.conversation in found.transcript


def test_a_cleared_conversation_waits_for_its_first_prompt() -> None:
    """No turn follows by itself."""
    found = read_hook({**payload("SessionStart"), "source": "clear"})

    assert found is not None
    assert (found.state, found.reason) == ("waiting", "idle prompt")


TURN = {
    "type": "agent-turn-complete",
    "thread-id": "t1",
    "input-messages": ["Go"],
    "last-assistant-message": "Gone.",
}
TITLE = "Generate a concise, single-line task title of at most 36 characters.\n\nUser prompt:\nGo"


def test_the_turn_that_makes_a_title_is_not_the_agents() -> None:
    """A person's own `notify` may be our program; it is called for such turns, with another id."""
    assert read_hook(TURN) == Report("done", message="Gone.")
    assert read_hook({**TURN, "input-messages": [TITLE]}) is None


@given(st.dictionaries(st.text(), JSON) | JSON.map(lambda value: {"tool_input": value}), st.data())
def test_a_hook_survives_whatever_it_gets(event: dict[str, Any], data: st.DataObject) -> None:
    """No payload raises, whatever its keys hold."""
    names = ["SessionStart", "UserPromptSubmit", "PermissionRequest", "PostToolUse", "Stop", "SessionEnd", ""]
    keys = ["session_id", "transcript_path", "prompt", "tool_name", "tool_input", "source", "input-messages"]
    event |= {key: data.draw(JSON) for key in data.draw(st.lists(st.sampled_from(keys)))}
    for more in ({"hook_event_name": data.draw(st.sampled_from(names))}, {"type": "agent-turn-complete"}):
        found = read_hook({**event, **more})
        assert found is None or len(found.message) <= 500


@pytest.mark.parametrize(
    ("line", "dialog"),
    [
        ("  Press enter to confirm or esc to cancel", True),
        ("  enter to submit | esc to cancel", True),
        ("  enter to submit answer", True),
        ("  enter continue \u00b7 esc back", True),
        ("  enter confirm \u00b7 esc skip", True),
        ("\u203a [!]  1  Unnamed hook \u00b7 modified", True),
        (" enter resume   ^a archive   esc new   ^c quit", True),
        ("\u203a Ask Codex to do anything", False),
        ("\u2022 Working (1s \u2022 esc to interrupt)", False),
    ],
)
def test_dialogs_are_told_from_the_rest(line: str, dialog: bool) -> None:
    """In a dialog Enter would be an answer; the lines are those that 0.169.0 showed."""
    assert any(re.search(pattern, line) for pattern in KIND.signs.dialogs) is dialog


def test_it_is_ready_where_its_input_line_is() -> None:
    """The choices of a dialog begin with the same mark."""
    (ready,) = KIND.signs.ready

    assert re.search(ready, "\u203a Ask Codex to do anything")
    assert not re.search(ready, "\u203a 1. Yes, proceed (y)")


@pytest.mark.parametrize(
    ("options", "headless", "sandbox", "approval"),
    [
        ({}, False, ["danger-full-access"], []),
        ({"permissions": "edit"}, False, ["danger-full-access"], ["on-request"]),
        ({"permissions": "all"}, False, ["danger-full-access"], ["never"]),
        ({"permissions": "ask"}, False, ["read-only"], ["on-request"]),
        ({"unattended": "edit"}, True, ["danger-full-access"], []),
        ({"unattended": "read"}, True, ["read-only"], []),
    ],
)
def test_in_a_sandbox_it_has_none_of_its_own_to_edit(
    options: dict[str, str], headless: bool, sandbox: list[str], approval: list[str]
) -> None:
    """Who may edit is kept by our sandbox alone; who may only read still is by its own, and still asks."""
    declared: dict[str, Any] = {"sandbox": "bwrap", **options}
    words = begin(headless=headless, **declared).argv

    assert values(words, "--sandbox") == sandbox
    assert values(words, "--ask-for-approval") == approval
    assert "--add-dir" not in words
