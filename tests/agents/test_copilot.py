"""How Copilot CLI is started, what its hooks say, and what its screen shows."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.copilot import EVENTS, KIND, transcripts
from constellagent.agents.kind import Conversation, Place, Report, Start, Task, Tools
from tests.agents.specs import PROMPT, spec, words_of

DATA = Path(__file__).parents[1] / "data" / "agents"
PAYLOADS: list[dict[str, Any]] = json.loads((DATA / "copilot-hooks.json").read_text())
"""What the hooks of 1.0.102 were given, in order, with ids and paths replaced."""
PLACE = Place(
    folder=PurePosixPath("/home/sessions/s1/agent"),
    worktree=PurePosixPath("/repo.worktrees/docs"),
    env={"HOME": "/home/person"},
)
OWN = Place(PLACE.folder, PLACE.worktree, env=PLACE.env, profile=PurePosixPath("/home/profiles/docs"))
TOOLS = Tools(
    hook=("/home/my bin/constellagent-hook",),
    mcp=("/home/bin/constellagent-mcp", "--here"),
    instructions="You are `docs`.\n",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


def begin(
    prompt: str | None = PROMPT,
    *,
    place: Place = PLACE,
    tools: Tools = TOOLS,
    headless: bool = False,
    conversation: Conversation | None = None,
    **options: Any,
) -> Start:
    """Return how a session with these options starts."""
    task = Task(prompt, headless=headless, conversation=conversation)
    return KIND.start(spec("copilot", options=options), task, place, tools)


def allowed(start: Start) -> list[str]:
    """Return the rules of what it may do without asking."""
    return [
        word.removeprefix("--allow-tool=") for word in start.argv if word.startswith(("--allow-", "--yolo"))
    ]


@pytest.mark.parametrize(
    ("prompt", "headless", "words"),
    [
        (None, False, ("copilot",)),
        (None, True, ("copilot",)),
        (PROMPT, False, ("copilot", "-i", PROMPT)),
        ("--version", False, ("copilot", "-i", " --version")),
        ("!rm -rf .", False, ("copilot", "-i", " !rm -rf .")),
        ("/exit", False, ("copilot", "-i", " /exit")),
    ],
)
def test_the_prompt_is_in_its_place(prompt: str | None, headless: bool, words: tuple[str, ...]) -> None:
    """A conversation gets its prompt as a prompt: no option, no command of the shell, and none of its own."""
    assert words_of(KIND, spec("copilot"), prompt, headless=headless) == words


def test_a_run_reads_its_prompt_and_asks_nobody() -> None:
    """A headless run gets the prompt on its standard input, as a prompt, and writes events."""
    start = begin("/x\n!ls", headless=True)
    assert start.stdin == " /x\n!ls"
    assert start.stream == "copilot"
    assert start.argv[:4] == ("copilot", "--output-format", "json", "--no-ask-user")
    assert not {"-i", "-p"} & {*start.argv}


def test_a_declared_command_replaces_the_program() -> None:
    """Declared words stand where the program's name would, and the prompt still follows."""
    words = words_of(KIND, spec("copilot", command=["nice", "copilot", "--banner"]), PROMPT, headless=False)
    assert words == ("nice", "copilot", "--banner", "-i", PROMPT)


def test_a_person_is_shown_only_the_programs_own_words() -> None:
    """Without our tools there are no files, no variables, and no words about them."""
    options = {"model": "m", "permissions": "edit", "args": ["--banner"]}
    start = KIND.start(spec("copilot", options=options), Task(PROMPT), OWN, None)
    assert (start.files, start.env, start.seeds) == ({}, {}, {})
    assert start.argv[-4:] == ("--model=m", "--banner", "-i", PROMPT)


@pytest.mark.parametrize(("resumed", "word"), [(False, "--session-id=c1"), (True, "--resume=c1")])
def test_a_conversation_is_named(resumed: bool, word: str) -> None:
    """A new conversation gets our id, and one that goes on is taken up by it."""
    assert word in begin(conversation=Conversation("c1", resumed)).argv


@pytest.mark.parametrize(
    ("asked", "rules"),
    [
        (None, []),
        ("ask", []),
        ("read", []),
        ("edit", ["write", "shell(git add)", "shell(git commit)", "constellagent"]),
        ("all", ["--allow-all"]),
    ],
)
def test_permissions_become_rules(asked: str | None, rules: list[str]) -> None:
    """Each word of the file has its rules; where nobody can answer, another word of the file counts."""
    assert allowed(begin(permissions=asked, unattended="all")) == rules
    if asked not in {None, "ask"}:
        assert allowed(begin(headless=True, permissions="ask", unattended=asked)) == rules


def test_further_tools_are_allowed() -> None:
    """The file's own rules come first, each as a word of its own, so that none swallows the next one."""
    assert allowed(begin(permissions="edit", allow=["shell(npm test)", "url"]))[:2] == [
        "shell(npm test)",
        "url",
    ]


@pytest.mark.parametrize(
    ("options", "headless", "value"),
    [
        ({}, False, None),
        ({"permissions": "all"}, False, None),
        ({"permissions": "ask"}, False, "false"),
        ({}, True, "false"),
        ({"unattended": "all"}, True, None),
    ],
)
def test_the_environment_allows_no_more_than_the_file(
    options: dict[str, Any], headless: bool, value: str | None
) -> None:
    """A variable that allows everything is taken back where the file says less."""
    assert begin(headless=headless, **options).env.get("COPILOT_ALLOW_ALL") == value


def test_hooks_come_as_a_plugin_of_the_run() -> None:
    """Each event calls our program, quoted for the shell, from a folder of the session's own."""
    start = begin()
    assert f"--plugin-dir={PLACE.folder}/plugin" in start.argv
    assert json.loads(start.files["plugin/plugin.json"])["hooks"] == "hooks.json"
    hooks = json.loads(start.files["plugin/hooks.json"])
    assert hooks["version"] == 1
    assert {*hooks["hooks"]} == {*EVENTS}
    (hook,) = hooks["hooks"]["Stop"]
    assert hook["bash"] == "'/home/my bin/constellagent-hook' copilot"


def test_tools_and_instructions_come_as_files() -> None:
    """The MCP server is named in a file, not on the command line; instructions apply to everything."""
    start = begin()
    assert f"--additional-mcp-config=@{PLACE.folder}/mcp.json" in start.argv
    (server,) = json.loads(start.files["mcp.json"])["mcpServers"].values()
    assert (server["command"], server["args"]) == ("/home/bin/constellagent-mcp", ["--here"])
    text = start.files["instructions/constellagent.instructions.md"]
    assert text.startswith('---\napplyTo: "**"\n---\n')
    assert text.endswith("You are `docs`.\n")
    assert start.env["COPILOT_CUSTOM_INSTRUCTIONS_DIRS"] == f"{PLACE.folder}/instructions"


def test_the_persons_own_variables_stay() -> None:
    """Folders of instructions are added to, and a wish to update itself is not overruled."""
    env = {"COPILOT_CUSTOM_INSTRUCTIONS_DIRS": "/mine", "COPILOT_AUTO_UPDATE": "true"}
    start = begin(place=Place(PLACE.folder, PLACE.worktree, env=env))
    assert start.env["COPILOT_CUSTOM_INSTRUCTIONS_DIRS"] == f"/mine,{PLACE.folder}/instructions"
    assert "COPILOT_AUTO_UPDATE" not in start.env
    assert begin().env["COPILOT_AUTO_UPDATE"] == "false"


def test_nothing_is_added_that_is_not_wanted() -> None:
    """With no hooks, tools and instructions there are no words and files for them."""
    start = begin(tools=Tools())
    assert start.files == {}
    assert start.argv == ("copilot", "-i", PROMPT)
    assert {*start.env} == {"COPILOT_AUTO_UPDATE"}


def test_a_profile_of_its_own_trusts_the_worktree() -> None:
    """The folder of its own configuration is named, and what it holds already stays."""
    start = begin(place=OWN)
    assert start.env["COPILOT_HOME"] == str(OWN.profile)
    seed = start.seeds["config.json"]
    assert json.loads(seed(None)) == {"trustedFolders": [str(OWN.worktree)]}
    before = '// managed\n{\n  "theme": "dark",\n  "trustedFolders": ["/other"]\n}'
    after = seed(before)
    assert json.loads(after) == {"theme": "dark", "trustedFolders": ["/other", str(OWN.worktree)]}
    assert seed(after) == after
    assert begin().seeds == {}


@pytest.mark.parametrize("text", ["{", "[]", '"x"'])
def test_a_configuration_that_cannot_be_read_is_left_alone(text: str) -> None:
    """What is no configuration is not replaced: the program may know better."""
    assert begin(place=OWN).seeds["config.json"](text) == text


@pytest.mark.parametrize(
    ("place", "home"),
    [
        (PLACE, "/home/person/.copilot"),
        (Place(PLACE.folder, PLACE.worktree, env={"HOME": "/h", "COPILOT_HOME": "/c"}), "/c"),
        (OWN, "/home/profiles/docs"),
    ],
)
def test_transcripts_are_looked_for_where_they_are(place: Place, home: str) -> None:
    """A conversation's file lies below the folder of the configuration that the session uses."""
    assert transcripts("c1", place) == (f"{home}/session-state/c1/events.jsonl",)


def told() -> Iterator[tuple[dict[str, Any], Report | None]]:
    """Return each recorded event and what it says."""
    return ((event, KIND.read_hook(event)) for event in PAYLOADS)


def test_the_recorded_hooks_tell_the_state() -> None:
    """The whole way of some turns: prompt, tool, question for leave, answer, end, interrupt, question."""
    states = [(report.state, report.reason) for _, report in told() if report is not None]
    assert states == [
        (None, ""),
        ("working", ""),
        ("working", "Bash"),
        ("waiting", "permission"),
        ("working", ""),
        ("done", ""),
        ("working", "Bash"),
        ("waiting", "permission"),
        ("working", ""),
        ("working", "Bash"),
        (None, ""),
        ("waiting", "question"),
        (None, ""),
        ("working", ""),
        ("working", ""),
        (None, ""),
    ]


def test_the_recorded_hooks_tell_more() -> None:
    """Every event names its conversation; some have the prompt, the transcript, and what is asked."""
    reports = [(event, report) for event, report in told() if report is not None]
    assert all(report.conversation == "11111111-2222-4333-8444-555555555555" for _, report in reports)
    by_name = {event["hook_event_name"]: report for event, report in reports}
    assert by_name["UserPromptSubmit"].prompt == "Please\n!wait 4"
    assert by_name["Stop"].transcript.endswith(
        "/session-state/11111111-2222-4333-8444-555555555555/events.jsonl"
    )
    messages = {report.reason: report.message for _, report in reports if report.state == "waiting"}
    assert messages == {"permission": "Run command: touch hello3", "question": "Which colour?"}


def test_leave_that_nobody_may_be_asked_for_says_nothing() -> None:
    """It tells of a request before it looks at its rules, which may allow it at once."""
    requests = [report for event, report in told() if event.get("hookName") == "permissionRequest"]
    assert requests == [None] * 3


@pytest.mark.parametrize(
    ("event", "state"),
    [
        ({"hook_event_name": "ErrorOccurred", "recoverable": True, "error": {"message": "no"}}, None),
        ({"hook_event_name": "ErrorOccurred", "recoverable": False, "error": {"message": "no"}}, "failed"),
        ({"hook_event_name": "SessionEnd", "reason": "error"}, "failed"),
        ({"hook_event_name": "SessionEnd", "reason": "user_exit"}, None),
        ({"hook_event_name": "Notification", "notification_type": "shell_completed"}, None),
    ],
)
def test_errors_and_ends(event: Mapping[str, Any], state: str | None) -> None:
    """An error that it gets over is none of the agent, and an end is the process's to tell."""
    report = KIND.read_hook(event)
    assert report is not None
    assert report.state == state
    assert report.message == event.get("error", {}).get("message", "")


@given(st.dictionaries(st.text() | st.sampled_from(sorted({*PAYLOADS[1], "error", "tool_input"})), JSON))
def test_any_event_is_read(event: dict[str, Any]) -> None:
    """Whatever a hook is given, reading it raises nothing."""
    for name in (*EVENTS, "", "Other"):
        KIND.read_hook({**event, "hook_event_name": name})


def screens() -> list[tuple[str, str, list[str]]]:
    """Return recorded screens of 1.0.102: what was done, the state by that, and the lines."""
    parts = (DATA / "copilot-screens.txt").read_text().split("== ")[1:]
    found = []
    for part in parts:
        title, *lines = part.splitlines()
        what, state = title.rsplit(" = ", 1)
        found.append((what, state, lines))
    return found


def shown(lines: list[str]) -> str:
    """Return what the first sign says that is found on a screen."""
    filled = [line for line in lines if line.strip()]
    for sign in KIND.signs.screens:
        if any(re.search(sign.pattern, line) for line in filled[-sign.below :]):
            return f"{sign.state}:{sign.reason}"
    return ""


@pytest.mark.parametrize(("what", "state", "lines"), screens(), ids=[what for what, _, _ in screens()])
def test_the_recorded_screens_show_the_state(what: str, state: str, lines: list[str]) -> None:
    """Each screen shows the state that it had; a dialog is seen as one, and only then."""
    del what
    assert shown(lines) == state
    dialog = any(re.search(pattern, line) for pattern in KIND.signs.dialogs for line in lines)
    ready = any(re.search(pattern, line) for pattern in KIND.signs.ready for line in lines)
    assert dialog == (state in {"waiting:permission", "waiting:question"})
    assert ready == (state == "waiting:idle prompt")


def test_titles_say_nothing() -> None:
    """A title holds the words of the first prompt, so that none of them may count."""
    assert KIND.signs.titles == ()
