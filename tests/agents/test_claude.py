"""How Claude Code is started, and what its hooks say."""

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.claude import KIND, transcripts
from constellagent.agents.kind import Conversation, Place, Report, Start, Task, Tools
from constellagent.agents.start import NOWHERE
from constellagent.spec.models import Agent
from tests.agents.specs import PROMPT, spec, words_of

PAYLOADS = Path(__file__).parents[1] / "data" / "agents" / "claude-hooks.json"
"""What the hooks of 2.1.330 were given, in order, with ids and paths replaced."""
PLACE = Place(
    folder=PurePosixPath("/home/sessions/s1/agent"),
    worktree=PurePosixPath("/repo.worktrees/docs"),
    env={"HOME": "/home/person"},
)
OWN = Place(PLACE.folder, PLACE.worktree, env=PLACE.env, profile=PurePosixPath("/home/profiles/docs"))
TOOLS = Tools(
    hook=("/home/bin/constellagent-hook",),
    mcp=("/home/bin/constellagent-mcp", "--here"),
    instructions="You are `docs`.\n",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def begin(
    prompt: str | None = PROMPT,
    *,
    place: Place = PLACE,
    tools: Tools = TOOLS,
    headless: bool = False,
    conversation: Conversation | None = None,
    sandbox: str = "none",
    **options: Any,
) -> Start:
    """Return how a session with these options starts."""
    task = Task(prompt, headless=headless, conversation=conversation)
    return KIND.start(spec("claude", options=options, sandbox=sandbox), task, place, tools)


def values(words: tuple[str, ...], option: str) -> list[str]:
    """Return what an option is given, each time."""
    return [words[at + 1] for at, word in enumerate(words) if word == option]


@pytest.mark.parametrize(
    ("prompt", "headless", "words"),
    [
        (None, False, ("claude",)),
        (None, True, ("claude",)),
        (PROMPT, False, ("claude", "--", PROMPT)),
        ("--version", False, ("claude", "--", " --version")),
        ("/help me", False, ("claude", "--", " /help me")),
    ],
)
def test_the_prompt_is_the_last_word(prompt: str | None, headless: bool, words: tuple[str, ...]) -> None:
    """A session gets its prompt behind all options, never as one."""
    assert words_of(KIND, spec("claude"), prompt, headless=headless) == words


def test_a_headless_run_reads_its_prompt_and_writes_objects() -> None:
    """Its prompt is no word that others on the machine could read, and what it writes can be judged."""
    run = begin("--version", headless=True)

    assert (run.stdin, run.stream) == (" --version", "claude")
    assert run.argv[:5] == ("claude", "-p", "--output-format", "stream-json", "--verbose")
    assert "--version" not in run.argv
    assert values(run.argv, "--permission-mode") == ["acceptEdits"]


def test_a_declared_command_replaces_the_program() -> None:
    """Declared words stand where the program's name would, and the rest still follows."""
    declared = spec("claude", command=["nice", "claude", "--verbose"])

    words = words_of(KIND, declared, PROMPT, headless=True)

    assert words[:3] == ("nice", "claude", "--verbose")
    assert words[3:] == words_of(KIND, spec("claude"), PROMPT, headless=True)[1:]


def test_what_a_person_is_shown_has_no_word_of_ours() -> None:
    """Before it is approved a start has the declared words only, and writes nothing."""
    declared = spec("claude", options={"model": "opus", "permissions": "edit", "args": ["--effort", "low"]})

    shown = KIND.start(declared, Task(PROMPT), NOWHERE, None)

    assert shown.argv == (
        *("claude", "--permission-mode", "acceptEdits"),
        *("--allowedTools", "Bash(git add:*)", "--allowedTools", "Bash(git commit:*)"),
        *("--model", "opus", "--effort", "low", "--", PROMPT),
    )
    assert not (shown.files)
    assert not (shown.env)
    assert not (shown.seeds)


@pytest.mark.parametrize(
    ("asked", "headless", "mode"),
    [
        ({}, False, []),
        ({}, True, ["acceptEdits"]),
        ({"permissions": "ask"}, False, ["default"]),
        ({"permissions": "read"}, False, ["default"]),
        ({"permissions": "edit"}, False, ["acceptEdits"]),
        ({"permissions": "all"}, False, ["bypassPermissions"]),
        ({"permissions": "all", "unattended": "read"}, True, ["dontAsk"]),
        ({"permissions": "ask", "unattended": "all"}, True, ["bypassPermissions"]),
    ],
)
def test_permissions_are_its_modes(asked: Mapping[str, Any], headless: bool, mode: list[str]) -> None:
    """What is declared for the one who can answer, or for nobody, becomes a mode; nothing declared, none."""
    assert values(begin(headless=headless, **asked).argv, "--permission-mode") == mode


def test_what_may_edit_may_commit_and_use_its_identity() -> None:
    """An agent that may edit is not asked about its commits, nor about its own mail."""
    allowed = values(begin(permissions="edit", allow=["Bash(npm test:*)"]).argv, "--allowedTools")

    assert allowed == ["Bash(npm test:*)", "Bash(git add:*)", "Bash(git commit:*)", "mcp__constellagent"]
    assert values(begin(permissions="ask", allow=["WebFetch"]).argv, "--allowedTools") == ["WebFetch"]


def test_a_conversation_begins_and_goes_on_by_its_id() -> None:
    """A new conversation gets the id that we chose, and another session takes that one up again."""
    new, again = Conversation("c-1"), Conversation("c-1", resumed=True)

    assert begin(conversation=new).argv[1:3] == ("--session-id", "c-1")
    assert begin(None, conversation=again).argv[1:3] == ("--resume", "c-1")
    assert values(begin(headless=True, conversation=new).argv, "--session-id") == ["c-1"]


def test_the_session_has_files_of_its_own() -> None:
    """Hooks, MCP server and instructions come from files of the session, each named by an option."""
    session = begin(None)

    named = {option: values(session.argv, option) for option in ("--settings", "--mcp-config")}
    assert named == {
        "--settings": ["/home/sessions/s1/agent/settings.json"],
        "--mcp-config": ["/home/sessions/s1/agent/mcp.json"],
    }
    assert values(session.argv, "--append-system-prompt-file") == ["/home/sessions/s1/agent/instructions.md"]
    assert session.files["instructions.md"] == "You are `docs`.\n"
    assert json.loads(session.files["mcp.json"])["mcpServers"] == {
        "constellagent": {"type": "stdio", "command": "/home/bin/constellagent-mcp", "args": ["--here"]}
    }


def test_the_person_keeps_their_own_servers() -> None:
    """Our MCP server is one more, beside those that the person has configured."""
    assert "--strict-mcp-config" not in begin().argv


@pytest.mark.parametrize("folder", ["/a b", "/it's", "/$HOME"])
def test_hooks_call_our_program_wherever_it_is(folder: str) -> None:
    """A hook is a line for a shell, which must not take the program's place apart."""
    settings = json.loads(begin(tools=Tools(hook=(f"{folder}/hook",))).files["settings.json"])

    (group,) = settings["hooks"]["Stop"]
    (hook,) = group["hooks"]
    assert hook["type"] == "command"
    assert hook["command"] in {f"'{folder}/hook' claude", "'/it'\"'\"'s/hook' claude"}
    assert hook["timeout"] == 5


def test_a_headless_run_tells_of_no_questions() -> None:
    """It asks its hooks about permissions that nobody can give, so these say nothing of its state."""
    assert "PermissionRequest" in json.loads(begin().files["settings.json"])["hooks"]
    assert "PermissionRequest" not in json.loads(begin(headless=True).files["settings.json"])["hooks"]


def test_nothing_asked_for_leaves_the_desktop_alone() -> None:
    """With neither hooks, tools nor instructions its settings only keep it out of the person's desktop."""
    bare = begin(tools=Tools())

    assert bare.argv == ("claude", "--settings", "/home/sessions/s1/agent/settings.json", "--", PROMPT)
    assert {name: json.loads(text) for name, text in bare.files.items()} == {
        "settings.json": {"disableDeepLinkRegistration": "disable"}
    }


def test_sessions_do_not_replace_the_program_under_each_other() -> None:
    """It does not update itself, unless the file says something of that."""
    declared = Place(PLACE.folder, PLACE.worktree, env={"DISABLE_AUTOUPDATER": "0"})

    assert begin().env == {"DISABLE_AUTOUPDATER": "1"}
    assert begin(place=declared).env == {}


def test_a_headless_run_waits_for_its_tools() -> None:
    """The tools of its identity are there from its first turn on, which may be its last."""
    assert begin(headless=True).env["MCP_CONNECTION_NONBLOCKING"] == "0"
    assert "MCP_CONNECTION_NONBLOCKING" not in begin(headless=True, tools=Tools()).env


def test_a_profile_of_its_own_is_a_folder_in_which_nothing_is_asked() -> None:
    """It uses the agent's folder, in which it has been introduced and this worktree is trusted."""
    session = begin(place=OWN)

    assert session.env["CLAUDE_CONFIG_DIR"] == "/home/profiles/docs"
    state = json.loads(session.seeds[".claude.json"](None))
    assert state == {
        "hasCompletedOnboarding": True,
        "projects": {"/repo.worktrees/docs": {"hasTrustDialogAccepted": True}},
    }


def test_the_person_s_profile_gets_no_seeds() -> None:
    """With the person's own configuration nothing is put into it."""
    session = begin()

    assert not session.seeds
    assert "CLAUDE_CONFIG_DIR" not in session.env


def test_seeds_keep_what_the_program_has_written() -> None:
    """What it has put there since stays, other projects and other keys too."""
    place = Place(
        OWN.folder, OWN.worktree, env={"ANTHROPIC_API_KEY": "k" * 30 + "z" * 20}, profile=OWN.profile
    )
    seed = begin(place=place).seeds[".claude.json"]
    before = {
        "numStartups": 7,
        "projects": {"/else": {"a": 1}, "/repo.worktrees/docs": {"lastCost": 2}},
        "customApiKeyResponses": {"approved": ["y"], "rejected": ["n"]},
    }

    after = json.loads(seed(json.dumps(before)))

    assert after["numStartups"] == 7
    assert after["projects"]["/else"] == {"a": 1}
    assert after["projects"]["/repo.worktrees/docs"] == {"lastCost": 2, "hasTrustDialogAccepted": True}
    assert after["customApiKeyResponses"] == {"approved": ["y", "z" * 20], "rejected": ["n"]}
    assert seed(seed(json.dumps(before))) == seed(json.dumps(before))


@pytest.mark.parametrize("text", ["{broken", "[1]", '"text"', "null", "[" * 100_000])
def test_seeds_leave_alone_what_they_cannot_read(text: str) -> None:
    """A state that is no object is the program's to mend, and is left byte for byte."""
    assert begin(place=OWN).seeds[".claude.json"](text) == text


def test_seeds_can_be_written_whatever_half_characters_are_there() -> None:
    """Half a pair of surrogates, which JSON can name and UTF-8 cannot hold, is named again."""
    seed = begin(place=OWN).seeds[".claude.json"]

    assert "\\ud83d" in seed('{"a": "\\ud83d"}').encode().decode()


@given(JSON)
def test_seeds_take_whatever_is_there(state: Any) -> None:
    """No state makes a seed fail, and an object loses none of its keys."""
    text = json.dumps(state)

    after = begin(place=OWN).seeds[".claude.json"](text)

    if isinstance(state, dict):
        assert set(json.loads(after)) >= set(json.loads(text))
    else:
        assert after == text


def test_all_permissions_ask_no_further() -> None:
    """Who declares `all` has said yes to its warning already."""
    session = begin(place=OWN, permissions="all")

    assert json.loads(session.files["settings.json"])["skipDangerousModePermissionPrompt"] is True


@pytest.mark.parametrize(
    ("place", "folder"),
    [
        (PLACE, "/home/person/.claude"),
        (OWN, "/home/profiles/docs"),
        (Place(PLACE.folder, PLACE.worktree, env={"HOME": "/h", "CLAUDE_CONFIG_DIR": "/c"}), "/c"),
        (Place(PLACE.folder, PLACE.worktree, env={"HOME": "/h[1]*"}), "/h[[]1][*]/.claude"),
    ],
)
def test_a_conversation_is_where_its_configuration_is(place: Place, folder: str) -> None:
    """Its transcript is looked for below the folder of the configuration that the session uses."""
    assert transcripts("c-1", place) == (f"{folder}/projects/*/c-1.jsonl",)


def recorded() -> list[dict[str, Any]]:
    """Return the recorded payloads."""
    found: list[dict[str, Any]] = json.loads(PAYLOADS.read_text())
    return found


def test_a_recorded_session_is_read_event_by_event() -> None:
    """What a real session told, from its start to its end, becomes these states."""
    reports = [(event["hook_event_name"], KIND.read_hook(event)) for event in recorded()]

    said = [(name, one and one.state, one and one.reason, one and one.message) for name, one in reports]
    assert said == [
        ("SessionStart", None, "", ""),
        ("UserPromptSubmit", "working", "", ""),
        ("PreToolUse", None, "", ""),
        ("PermissionRequest", "waiting", "permission", "Bash: touch zz.txt"),
        ("Notification", "waiting", "permission", "Claude needs your permission"),
        ("PostToolUse", "working", "", ""),
        ("Stop", "done", "", "fine"),
        ("Notification", None, "", ""),
        ("UserPromptSubmit", "working", "", ""),
        ("PermissionRequest", "waiting", "question", "Which colour?"),
        ("PostToolUse", "working", "", ""),
        ("PostToolUseFailure", "working", "", ""),
        (
            "StopFailure",
            "failed",
            "authentication_failed",
            "Failed to authenticate. API Error: 401 as ordered",
        ),
        ("SessionEnd", None, None, None),
        ("SessionStart", "waiting", "idle prompt", ""),
    ]


def test_reports_carry_conversation_transcript_and_prompt() -> None:
    """Each report says in which conversation it is and where that is kept; a turn's begin its prompt."""
    start, prompt, *_ = recorded()

    assert KIND.read_hook(start) == Report(conversation="c-1", transcript="/c/projects/w/c-1.jsonl")
    report = KIND.read_hook(prompt)
    assert report is not None
    assert report.prompt == "!run touch zz.txt\n!say fine"


def test_the_end_of_a_conversation_is_not_the_newest_word_of_another() -> None:
    """A cleared conversation's end may be heard after the begin of the next one, so it says nothing."""
    assert KIND.read_hook({"hook_event_name": "SessionEnd", "session_id": "old", "reason": "clear"}) is None


def test_long_words_are_cut() -> None:
    """A message is for one line of a list."""
    report = KIND.read_hook({"hook_event_name": "Stop", "last_assistant_message": "x" * 10_000})

    assert report is not None
    assert len(report.message) == 500


@given(
    st.fixed_dictionaries(
        {"hook_event_name": st.sampled_from(sorted({one["hook_event_name"] for one in recorded()})) | JSON},
        optional=dict.fromkeys(
            ("session_id", "prompt", "tool_name", "tool_input", "source", "message", "error"), JSON
        ),
    )
)
def test_no_payload_breaks_the_reading(event: dict[str, Any]) -> None:
    """Whatever a hook is given, reading it ends in a report or in none."""
    report = KIND.read_hook(event)

    assert report is None or isinstance(report.message, str)


def test_question_without_questions_still_waits() -> None:
    """A question whose text is not understood is a question still."""
    inputs: tuple[Any, ...] = (
        None,
        {},
        {"questions": []},
        {"questions": ["?"]},
        {"questions": [{"question": 1}]},
    )
    for given_ in inputs:
        event = {"hook_event_name": "PermissionRequest", "tool_name": "AskUserQuestion", "tool_input": given_}
        assert KIND.read_hook(event) == Report("waiting", "question")


def test_the_kind_is_declared() -> None:
    """Others rely on what it says of itself."""
    assert isinstance(spec("claude"), Agent)
    assert (KIND.hooks, KIND.mcp, KIND.keeps_conversations, KIND.chooses_conversation) == (True,) * 4
    assert KIND.facts.tested == ("2.1.197", "2.1.330")


def test_in_a_sandbox_it_is_told_so_and_has_none_of_its_own() -> None:
    """Ours is not nested with one that the repository asks for, and root may give it every permission."""
    inside, outside = begin(sandbox="bwrap"), begin()

    assert inside.env["IS_SANDBOX"] == "1"
    assert json.loads(inside.files["settings.json"])["sandbox"] == {"enabled": False}
    assert "IS_SANDBOX" not in outside.env
    assert "sandbox" not in json.loads(outside.files["settings.json"])
