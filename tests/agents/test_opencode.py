"""How opencode is launched, its configuration of the run, and what its server's events say."""

import json
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.kind import Conversation, Place, Report, Start, Task, Tools, Usage
from constellagent.agents.opencode import CONFIG, INSTRUCTIONS, KIND
from tests.agents.specs import PROMPT, spec, words_of
from tests.agents.test_values import ANYTHING

HOME = {"HOME": "/home/p"}
PLACE = Place(PurePosixPath("/s/agent"), PurePosixPath("/w"), env=HOME)
OWN = Place(PurePosixPath("/s/agent"), PurePosixPath("/w"), env=HOME, profile=PurePosixPath("/p"))
TOOLS = Tools(
    hook=("/bin/hook",), bridge=("python", "bridge"), mcp=("/bin/mcp", "x"), instructions="You are `docs`.\n"
)


def begin(task: Task, place: Place = PLACE, tools: Tools | None = TOOLS, **options: Any) -> Start:
    """Return how an agent with these options starts."""
    return KIND.start(spec("opencode", options=options), task, place, tools)


def configured(found: Start) -> dict[str, Any]:
    """Return the run's configuration."""
    config: dict[str, Any] = json.loads(found.env.get(CONFIG, "{}"))
    return config


@pytest.mark.parametrize(
    ("prompt", "headless", "words"),
    [
        (None, False, ("opencode",)),
        (None, True, ("opencode",)),
        (PROMPT, False, ("opencode", "--prompt", PROMPT)),
        (PROMPT, True, ("opencode", "run", "--format", "json")),
        ("--version", False, ("opencode", "--prompt", " --version")),
    ],
)
def test_the_prompt_is_in_its_place(prompt: str | None, headless: bool, words: tuple[str, ...]) -> None:
    """A conversation gets the prompt as the value of its option, never as an option."""
    assert words_of(KIND, spec("opencode"), prompt, headless=headless) == words


def test_a_headless_run_reads_its_prompt() -> None:
    """As an argument it would come to the model in quotation marks; nothing follows it."""
    found = begin(Task("!touch x", headless=True))

    assert (found.stdin, found.stream) == (" !touch x", "opencode")
    assert found.argv[0] == "opencode"


def test_a_declared_command_replaces_the_program() -> None:
    """Declared words stand where the program's name would, and the prompt still follows."""
    declared = spec("opencode", command=["nice", "opencode", "--pure"])

    assert words_of(KIND, declared, PROMPT, headless=False) == (
        "nice",
        "opencode",
        "--pure",
        "--prompt",
        PROMPT,
    )


def test_its_server_is_followed() -> None:
    """The bridge starts it, and knows our hook; not in a run, without hooks, or where its port is taken."""
    assert begin(Task()).argv == ("python", "bridge", "/bin/hook", "opencode", "--", "opencode")
    assert begin(Task(), tools=Tools(bridge=("b",))).argv == ("opencode",)
    assert begin(Task(), args=["--port=1"]).argv == ("opencode", "--port=1")


def test_a_conversation_goes_on_by_its_id() -> None:
    """It chooses its ids itself, so only an old one is named."""
    old = begin(Task(conversation=Conversation("ses_1", resumed=True)))

    assert old.argv[-2:] == ("--session", "ses_1")
    assert "--session" not in begin(Task(conversation=Conversation("u"))).argv


@pytest.mark.parametrize(
    ("options", "headless", "rules"),
    [
        ({}, False, None),
        ({"permissions": "all"}, False, {"*": "allow"}),
        ({"permissions": "ask"}, False, {"*": "ask"}),
        ({"allow": ["webfetch"]}, False, {"webfetch": "allow"}),
        (
            {"permissions": "ask", "allow": ["bash(npm test *)", "bash(make)"]},
            False,
            {"*": "ask", "bash": {"npm test *": "allow", "make": "allow"}},
        ),
        ({"unattended": "all"}, True, {"*": "allow"}),
    ],
)
def test_what_it_may_do(options: dict[str, Any], headless: bool, rules: object) -> None:
    """The option of the file that counts for this start becomes its rules."""
    assert configured(begin(Task(PROMPT, headless=headless), **options)).get("permission") == rules


@pytest.mark.parametrize(("headless", "otherwise"), [(False, "ask"), (True, "deny")])
def test_to_edit_is_to_commit_too(headless: bool, otherwise: str) -> None:
    """Beside files and looks, `edit` has two commands and our tools; all else is asked, or denied."""
    rules = configured(begin(Task(PROMPT, headless=headless), permissions="edit"))["permission"]

    assert next(iter(rules)) == "*"  # the last rule that fits counts
    assert rules["*"] == otherwise
    assert rules["edit"] == rules["read"] == rules["constellagent_*"] == "allow"
    assert rules["bash"] == {"*": otherwise, "git add *": "allow", "git commit *": "allow"}


def test_it_is_told_who_it_is_and_has_our_tools() -> None:
    """Both by the run's configuration, which the environment lays over the person's files."""
    found = begin(Task())
    config = configured(found)

    assert found.files == {INSTRUCTIONS: TOOLS.instructions}
    assert config["instructions"] == [f"/s/agent/{INSTRUCTIONS}"]
    assert config["mcp"]["constellagent"] == {"type": "local", "command": ["/bin/mcp", "x"], "enabled": True}


def test_a_configuration_of_the_environment_stays() -> None:
    """Ours is merged into it; one that is no JSON of the plain kind is left as it is."""
    theirs = {"model": "m", "instructions": ["a.md"], "mcp": {"mine": {"type": "remote"}}}
    place = Place(PLACE.folder, PLACE.worktree, env={CONFIG: json.dumps(theirs)})
    config = configured(begin(Task(), place))

    assert config["model"] == "m"
    assert config["instructions"] == ["a.md", f"/s/agent/{INSTRUCTIONS}"]
    assert set(config["mcp"]) == {"mine", "constellagent"}
    assert CONFIG not in begin(Task(), Place(PLACE.folder, PLACE.worktree, env={CONFIG: "// x"})).env


def test_a_profile_has_its_own_folders() -> None:
    """Configuration, logins and conversations lie in the agent's folder, and are looked for there."""
    found = begin(Task(), OWN)

    assert found.env["XDG_DATA_HOME"] == "/p/data"
    assert found.env["XDG_CONFIG_HOME"] == "/p/config"
    assert KIND.transcripts("ses_1", OWN) == ("/p/data/opencode/opencode*.db",)
    assert KIND.transcripts("ses_1", PLACE) == ("/home/p/.local/share/opencode/opencode*.db",)
    elsewhere = Place(PLACE.folder, PLACE.worktree, env={"XDG_DATA_HOME": "/d", "OPENCODE_DB": "/x.db"})
    assert KIND.transcripts("ses_1", elsewhere) == ("/d/opencode/opencode*.db", "/x.db")


def test_a_person_is_shown_its_own_words_only() -> None:
    """Neither bridge nor configuration are among them."""
    found = begin(Task(PROMPT), tools=None, model="p/m")

    assert found == Start(("opencode", "--model", "p/m", "--prompt", PROMPT))


def event(kind: str, **said: Any) -> dict[str, Any]:
    """Return an event as the bridge passes it on."""
    return {"type": kind, "properties": {"sessionID": "ses_1", **said}}


@pytest.mark.parametrize(
    ("payload", "report"),
    [
        (event("prompt", text="Fix"), Report("working", prompt="Fix")),
        (event("session.status", status={"type": "busy"}), Report("working")),
        (
            event("session.status", status={"type": "retry", "message": "later"}),
            Report("working", message="later"),
        ),
        (
            event("permission.asked", permission="bash", patterns=["touch x", "rm y"]),
            Report("waiting", "permission", "bash: touch x, rm y"),
        ),
        (event("permission.replied", reply="once"), Report("working")),
        (
            event("question.asked", questions=[{"question": "Which?"}]),
            Report("waiting", "question", "Which?"),
        ),
        (event("question.rejected"), Report("working")),
        (event("session.error", error={"name": "MessageAbortedError"}), Report("waiting", "idle prompt")),
        (
            event("session.error", error={"name": "APIError", "data": {"message": "no quota"}}),
            Report("failed", "APIError", "no quota"),
        ),
        (
            event("session.idle", usage={"input": 5, "output": 2, "cost": 0.5}),
            Report("done", usage=Usage(5, 2, 0.5)),
        ),
        (event("session.usage", usage={"input": 5, "output": 2, "cost": None}), Report(usage=Usage(5, 2))),
    ],
)
def test_what_an_event_says(payload: dict[str, Any], report: Report) -> None:
    """Each event means a state, and tells the conversation."""
    found = KIND.read_hook(payload)

    assert found is not None
    assert found.conversation == "ses_1"
    assert (found.state, found.reason, found.message) == (report.state, report.reason, report.message)
    assert (found.prompt, found.usage) == (report.prompt, report.usage)


def test_other_events_say_nothing() -> None:
    """Those that the bridge does not pass on."""
    assert KIND.read_hook(event("server.connected")) is None


@given(
    st.sampled_from(["prompt", "session.status", "permission.asked", "question.asked", "session.error"]),
    ANYTHING,
)
def test_no_payload_is_a_reason_to_fail(kind: str, said: object) -> None:
    """Whatever a hook is given, it is read."""
    KIND.read_hook({"type": kind, "properties": said})
    names = ("sessionID", "status", "patterns", "questions", "error", "usage", "text")
    KIND.read_hook({"type": kind, "properties": dict.fromkeys(names, said)})
