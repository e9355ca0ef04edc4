"""How Gemini CLI is launched, what its profile holds, and what its hooks say."""

import json
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.gemini import EVENTS, INSTRUCTIONS, KIND, POLICY, SETTINGS
from constellagent.agents.kind import Conversation, Place, Report, Start, Task, Tools
from tests.agents.specs import PROMPT, spec, words_of
from tests.agents.test_values import ANYTHING

HOME = {"HOME": "/home/p"}
PLACE = Place(PurePosixPath("/s/agent"), PurePosixPath("/w"), env=HOME)
OWN = Place(PurePosixPath("/s/agent"), PurePosixPath("/w"), env=HOME, profile=PurePosixPath("/p"))
TOOLS = Tools(
    hook=("/bin/hook",), mcp=("/bin/mcp", "x"), mcp_env=("RAVI_API_KEY",), instructions="You are `docs`.\n"
)
TOLD = Tools(instructions="You are `docs`.\n")


def begin(task: Task, place: Place = OWN, tools: Tools | None = TOOLS, **options: Any) -> Start:
    """Return how an agent with these options starts."""
    return KIND.start(spec("gemini", options=options), task, place, tools)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        (None, ("gemini",)),
        (PROMPT, ("gemini", "-i", PROMPT)),
        ("--version", ("gemini", "-i", " --version")),
        ("!touch x", ("gemini", "-i", " !touch x")),
    ],
)
def test_the_prompt_is_in_its_place(prompt: str | None, words: tuple[str, ...]) -> None:
    """A conversation gets the prompt as the value of its option, never as an option or a command."""
    assert words_of(KIND, spec("gemini"), prompt, headless=False) == words


def test_a_headless_run_reads_its_prompt() -> None:
    """Nobody can read the prompt of a run in the list of processes, and what it writes can be read."""
    found = begin(Task("/about", headless=True))

    assert found.stdin == " /about"
    assert found.stream == "gemini"
    assert found.argv[1:3] == ("--output-format", "stream-json")
    assert "--skip-trust" in found.argv
    assert "/about" not in " ".join(found.argv)


def test_a_declared_command_replaces_the_program() -> None:
    """Declared words stand where the program's name would, and the prompt still follows."""
    declared = spec("gemini", command=["nice", "gemini", "--verbose"])

    assert words_of(KIND, declared, PROMPT, headless=False) == ("nice", "gemini", "--verbose", "-i", PROMPT)


@pytest.mark.parametrize(
    ("conversation", "words"),
    [
        (Conversation("u"), ("--session-id", "u")),
        (Conversation("u", resumed=True), ("--resume", "u")),
    ],
)
def test_its_conversation_is_chosen(conversation: Conversation, words: tuple[str, str]) -> None:
    """A new conversation gets our id, and an old one goes on by it."""
    argv = begin(Task(conversation=conversation)).argv

    assert argv[argv.index(words[0]) + 1] == words[1]


@pytest.mark.parametrize(
    ("options", "headless", "mode"),
    [
        ({}, False, None),
        ({"permissions": "ask"}, False, "default"),
        ({"permissions": "read"}, False, "default"),
        ({"permissions": "edit"}, False, "auto_edit"),
        ({"permissions": "all"}, False, "yolo"),
        ({"permissions": "all"}, True, "auto_edit"),
        ({"unattended": "read"}, True, "default"),
        ({"unattended": "all"}, True, "yolo"),
    ],
)
def test_what_it_may_do(options: dict[str, Any], headless: bool, mode: str | None) -> None:
    """The option of the file that counts for this start becomes its approval mode."""
    argv = begin(Task(PROMPT, headless=headless), **options).argv

    found = argv[argv.index("--approval-mode") + 1] if "--approval-mode" in argv else None
    assert found == mode


def test_to_edit_is_to_commit_too() -> None:
    """`edit` comes with a policy of the run, beside which the person's own rules still count."""
    found = begin(Task(PROMPT), PLACE, TOOLS, permissions="edit")

    policies = [found.argv[index + 1] for index, word in enumerate(found.argv) if word == "--policy"]
    assert policies == [f"/s/agent/{POLICY}", "/home/p/.gemini/policies"]
    assert '"git add", "git commit"' in found.files[POLICY]
    assert 'mcpName = "constellagent"' in found.files[POLICY]
    assert "mcpName" not in begin(Task(PROMPT), PLACE, TOLD, permissions="edit").files[POLICY]


def test_words_of_the_file_are_passed_on() -> None:
    """Model, allowed tools and further words reach it."""
    argv = begin(Task(), model="m", allow=["run_shell_command(npm test)"], args=["--debug"]).argv

    assert argv[-4:] == ("--allowed-tools=run_shell_command(npm test)", "--model", "m", "--debug")


def test_with_the_persons_configuration_its_prompt_tells_it_who_it_is() -> None:
    """Nothing else could, and a conversation that goes on knows it."""
    new = begin(Task(PROMPT), PLACE, TOLD)
    old = begin(Task(PROMPT, conversation=Conversation("u", resumed=True)), PLACE, TOLD)

    assert new.argv[-1] == f"You are `docs`.\n\n---\n\n{PROMPT}"
    assert old.argv[-1] == PROMPT
    assert (dict(new.env), dict(new.seeds)) == ({}, {})
    assert "--skip-trust" not in new.argv


def test_a_profile_of_its_own_asks_nothing() -> None:
    """It holds how to log in, our hooks, our MCP server and who the agent is; no secret is in it."""
    place = Place(OWN.folder, OWN.worktree, env={"GEMINI_API_KEY": "secret"}, profile=OWN.profile)
    found = begin(Task(PROMPT), place)

    settings = found.seeds[SETTINGS](None)
    state = json.loads(settings)
    assert found.env == {"GEMINI_CLI_HOME": "/p"}
    assert found.argv[-1] == PROMPT
    assert state["security"]["auth"]["selectedType"] == "gemini-api-key"
    assert set(state["hooks"]) == set(EVENTS)
    assert state["hooks"]["AfterAgent"][0]["hooks"][0]["command"] == "/bin/hook gemini"
    assert state["mcpServers"]["constellagent"] == {
        "command": "/bin/mcp",
        "args": ["x"],
        "env": {"RAVI_API_KEY": "${RAVI_API_KEY:-}"},
    }
    assert state["context"]["fileName"] == ["GEMINI.md", "CONSTELLAGENT.md"]
    assert found.seeds[INSTRUCTIONS]("old") == "You are `docs`.\n"
    assert "secret" not in settings


def test_a_profile_keeps_what_the_program_wrote() -> None:
    """A second start adds nothing twice, takes back what is not wanted any more, and keeps all else."""
    first = json.loads(begin(Task()).seeds[SETTINGS](None))
    first["ui"] = {"theme": "Ayu"}
    first["general"]["enableAutoUpdate"] = True
    first["hooks"]["AfterAgent"].insert(0, {"hooks": [{"type": "command", "command": "mine"}]})

    again = json.loads(begin(Task()).seeds[SETTINGS](json.dumps(first)))
    without = json.loads(begin(Task(), OWN, TOLD).seeds[SETTINGS](json.dumps(first)))

    assert again == first
    assert without["hooks"]["AfterAgent"] == [{"hooks": [{"type": "command", "command": "mine"}]}]
    assert without["mcpServers"] == {}
    assert begin(Task()).seeds[SETTINGS]("// no JSON") == "// no JSON"


@given(ANYTHING)
def test_a_profile_of_any_content_is_no_reason_to_fail(content: object) -> None:
    """Whatever JSON the settings hold, a start comes to a text, and what is no object stays as it is."""
    before = json.dumps({"hooks": content, "context": content, "general": content, "mcpServers": content})

    json.loads(begin(Task()).seeds[SETTINGS](before))
    if not isinstance(content, dict):
        assert begin(Task()).seeds[SETTINGS](json.dumps(content)) == json.dumps(content)


def test_where_its_conversations_are() -> None:
    """In the home that it uses, by the first part of the id."""
    uuid = "01234567-89ab-4cde-8f01-23456789abcd"

    assert KIND.transcripts(uuid, PLACE) == ("/home/p/.gemini/tmp/*/chats/session-*-01234567.jsonl",)
    assert KIND.transcripts(uuid, OWN) == ("/p/.gemini/tmp/*/chats/session-*-01234567.jsonl",)


def event(name: str, **more: Any) -> dict[str, Any]:
    """Return the JSON that one of its hooks gets."""
    return {"session_id": "u", "transcript_path": "/t", "cwd": "/w", "hook_event_name": name, **more}


@pytest.mark.parametrize(
    ("payload", "report"),
    [
        (event("SessionStart", source="startup"), Report()),
        (event("SessionStart", source="clear"), Report("waiting", "idle prompt")),
        (event("BeforeAgent", prompt="Fix"), Report("working", prompt="Fix")),
        (
            event(
                "Notification",
                notification_type="ToolPermission",
                message="Tool Confirm Shell Command requires execution",
                details={"type": "exec", "command": "touch x", "rootCommand": "touch"},
            ),
            Report("waiting", "permission", "touch x"),
        ),
        (
            event(
                "Notification",
                notification_type="ToolPermission",
                message="Which?",
                details={"type": "ask_user"},
            ),
            Report("waiting", "question", "Which?"),
        ),
        (event("Notification", notification_type="Other"), Report()),
        (event("AfterAgent", prompt_response="Fixed."), Report("done", message="Fixed.")),
    ],
)
def test_what_a_hook_says(payload: dict[str, Any], report: Report) -> None:
    """Each event means a state, and tells the conversation and its transcript."""
    found = KIND.read_hook(payload)

    assert found is not None
    assert (found.conversation, found.transcript) == ("u", "/t")
    assert (found.state, found.reason, found.message, found.prompt) == (
        report.state,
        report.reason,
        report.message,
        report.prompt,
    )


def test_the_end_of_a_conversation_says_nothing() -> None:
    """It is told up to three times, and another conversation may have begun."""
    assert KIND.read_hook(event("SessionEnd", reason="exit")) is None


@given(st.dictionaries(st.sampled_from(["hook_event_name", "details", "prompt", "x"]), ANYTHING))
def test_no_payload_is_a_reason_to_fail(payload: dict[str, Any]) -> None:
    """Whatever a hook is given, it is read."""
    KIND.read_hook({"hook_event_name": "Notification", "notification_type": "ToolPermission", **payload})
    KIND.read_hook(payload)
