"""Claude Code itself, in its worktree, as its identity, with a model that does as told."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.runtime.holder.client import HolderClient
from tests.e2e.agents.field import Field
from tests.programs import PROGRAMS, needs
from tests.reliability.lab import git, wait_for

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]

VERSIONS = [one.version for one in PROGRAMS if one.kind == "claude"]
COMMIT = "!run git add n.txt && git commit -q -m by-agent"
INBOX = "!use ravi_inbox_email {}"
LOGS = ".cache/claude-cli-nodejs/"
"""Where it logs what MCP servers say, in the person's cache whatever its profile is."""
OWN_STATE = (".claude/", ".claude.json", LOGS)
"""What it writes of itself in a home when a person runs it: its state and its logs."""


@pytest.fixture(params=[pytest.param(version, marks=needs("claude", version)) for version in VERSIONS])
def field(request: pytest.FixtureRequest) -> Iterator[Field]:
    """A place with one version of Claude Code."""
    with Field("claude", request.param) as place:
        yield place


@pytest.fixture
def newest() -> Iterator[Field]:
    """A place with the newest version that is tested."""
    with Field("claude") as place:
        yield place


newest_only = needs("claude")


def begin(field: Field, prompt: str | None, options: str) -> None:
    """Declare and start the agent `docs`."""
    said = "" if prompt is None else f"prompt: {json.dumps(prompt)}, "
    model = f'ANTHROPIC_BASE_URL: "{field.model.url}", CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1"'
    env = f"env: {{pass: [ANTHROPIC_AUTH_TOKEN], set: {{{model}}}}}"
    field.declare_agents(docs=f"{said}options: {{{options}}}, {env}")
    field.run("apply", "--yes", ANTHROPIC_AUTH_TOKEN="any")


def press(field: Field, *keys: bytes) -> None:
    """Press keys at the agent's terminal, as a person does who is attached to it."""

    async def type_in(data: bytes) -> None:
        holder = await HolderClient.connect(Path(field.view("docs")["session"]["socket"]))
        await holder.send(data)
        await holder.close()

    for key in keys:
        before = field.screen("docs")
        asyncio.run(type_in(key))
        wait_for(lambda was=before: field.screen("docs") != was, f"{key!r} to be taken")


def prompts(field: Field) -> list[tuple[str, ...]]:
    """Return what the model was asked with tools, each time with all that was said before."""
    return [tuple(turn.prompts) for turn in list(field.model.turns) if turn.tools]


def results(field: Field) -> str:
    """Return all that tools answered in the newest request."""
    return "\n".join([turn for turn in list(field.model.turns) if turn.tools][-1].results)


def test_it_works_and_commits_as_itself(field: Field) -> None:
    """It starts with its prompt, edits, commits with its own address, reads its inbox, and is done."""
    before = field.fingerprint(LOGS)
    begin(
        field,
        f"Work.\n!write n.txt hello\n!wait 2\n{COMMIT}\n!say bye",
        "permissions: edit, profile: agent",
    )

    assert field.wait_state("docs", "working")["source"] in {"hook", "output", "title"}
    view = field.wait_state("docs", "done")

    assert (view["source"], view["reason"]) == ("hook", "")
    assert git(field.tree_of(), "log", "-1", "--format=%ae %s").strip() == "docs@lab.test by-agent"
    assert (field.tree_of() / "n.txt").read_text() == "hello\n"
    field.run("send", "docs", f"Read.\n{INBOX}\n!say read")
    field.wait_asked(lambda turns: any(turn.prompt.startswith("Read.") and turn.results for turn in turns))
    assert '"threads"' in results(field), results(field)
    assert git(field.tree_of(), "status", "--porcelain") == ""
    assert field.fingerprint(LOGS) == before


def test_it_asks_is_answered_and_told_more(field: Field) -> None:
    """A permission question shows at once and keeps texts away; the answer and a second prompt arrive."""
    begin(field, "Work.\n!run touch asked.txt", "permissions: ask, profile: agent")

    assert field.wait_state("docs", "waiting:permission")["source"] == "hook"
    refused = field.run("send", "docs", "More.", check=1)
    assert "permission" in refused.stderr
    press(field, b"1")
    field.wait_state("docs", "done")
    assert (field.tree_of() / "asked.txt").exists()

    field.run("send", "docs", "Second.\n!say two\nÜber 🚀")
    field.wait_asked(lambda turns: any(turn.prompt == "Second.\n!say two\nÜber 🚀" for turn in turns))
    field.wait_state("docs", "done")


def test_a_question_is_one(field: Field) -> None:
    """Its question to the person shows as a question, with its words, and the answer sets it to work."""
    question = {"question": "Which colour?", "header": "Colour", "multiSelect": False}
    options = [{"label": word, "description": word} for word in ("Red", "Blue")]
    given = json.dumps({"questions": [{**question, "options": options}]})
    begin(field, f"Ask.\n!use AskUserQuestion {given}", "permissions: ask, profile: agent")

    field.wait_state("docs", "waiting:question")
    press(field, b"\r")

    field.wait_state("docs", "done")
    assert "Red" in results(field)


def test_escape_does_not_leave_it_waiting(field: Field) -> None:
    """Esc fires no hook, neither at a question nor in a turn, and its state follows all the same."""
    begin(field, "Work.\n!run touch asked.txt", "permissions: ask, profile: agent")
    field.wait_state("docs", "waiting:permission")
    press(field, b"\x1b")
    field.wait_state("docs", "waiting:idle prompt", patience=15)

    field.run("send", "docs", "Wait.\n!wait 300")
    field.wait_state("docs", "working")
    press(field, b"\x1b")
    field.wait_state("docs", "waiting:idle prompt", patience=15)


def test_a_restart_goes_on_with_its_conversation(field: Field) -> None:
    """The session after a restart is in the same conversation, and is not given its first prompt again."""
    begin(field, "First.", "permissions: ask, profile: agent")
    field.wait_state("docs", "done")

    said = field.run("restart", "docs").stdout
    assert "goes on" in said
    field.wait_state("docs", "waiting:idle prompt")
    field.run("send", "docs", "Third.")

    field.wait_asked(lambda turns: any(turn.prompt == "Third." for turn in turns))
    assert prompts(field)[-1] == ("First.", "Third.")
    new = field.run("restart", "docs", "--new").stdout
    assert "goes on" not in new
    field.wait_asked(lambda turns: len([turn for turn in turns if tuple(turn.prompts) == ("First.",)]) > 1)


def test_a_headless_run_is_judged_by_what_it_did(field: Field) -> None:
    """A run that commits ends well; one that was denied all it wanted fails, though the program exits 0."""
    begin(field, None, "unattended: edit, profile: agent")
    field.wait_state("docs", "waiting:idle prompt")

    good = field.json("run", "docs", f"Work.\n!write n.txt hello\n{COMMIT}\n{INBOX}\n!say bye")
    assert good["verdict"]["ok"]
    assert good["verdict"]["usage"]["input"] > 0
    assert git(field.tree_of(), "log", "-1", "--format=%ae %s").strip() == "docs@lab.test by-agent"
    assert '"threads"' in results(field), results(field)

    bad = field.run("run", "docs", "Work.\n!run curl http://127.0.0.1:1/", check=1)
    assert "was not allowed to: Bash" in bad.stdout + bad.stderr


@newest_only
def test_what_is_allowed_is_not_denied(newest: Field) -> None:
    """A declared rule lets a run use a command; one that may only read is denied even an edit."""
    begin(newest, None, 'unattended: edit, allow: ["Bash(curl:*)"], profile: agent')
    fine = newest.json("run", "docs", "Work.\n!run curl -s http://127.0.0.1:1/ || touch n.txt")
    assert fine["verdict"]["denied"] == []

    begin(newest, None, "unattended: read, profile: agent")
    done = newest.run("run", "docs", "Work.\n!write n.txt hello", "--json", check=None)
    assert json.loads(done.stdout)["verdict"]["denied"] == ["Write"]


@newest_only
def test_the_person_s_own_settings_stay_as_they_are(newest: Field) -> None:
    """With the person's profile it asks about the folder once, and writes its own state and logs only."""
    before = newest.fingerprint()
    begin(newest, "First.", "permissions: ask")

    newest.wait_state("docs", "waiting:permission")
    press(newest, b"\x1b[B", b"\r")
    newest.wait_state("docs", "done")

    after = newest.fingerprint()
    changed = {name for name in before if after.get(name) != before[name]}
    assert changed <= {".claude.json"}, changed
    state = json.loads((newest.person / ".claude.json").read_text())
    assert state["numStartups"] >= 7
    added = after.keys() - before.keys()
    assert not {name for name in added if not name.startswith(OWN_STATE)}, added
    assert not added & {".claude/settings.json", ".claude/settings.local.json"}


@newest_only
def test_a_cleared_conversation_is_followed(newest: Field) -> None:
    """After /clear the agent is in another conversation, and a restart goes on with that one."""
    begin(newest, "First.", "permissions: ask, profile: agent")
    newest.wait_state("docs", "done")
    press(newest, b"/clear")
    press(newest, b"\r")
    newest.wait_state("docs", "waiting:idle prompt")
    newest.run("send", "docs", "Second.")
    newest.wait_asked(lambda turns: any(tuple(turn.prompts) == ("Second.",) for turn in turns))
    newest.wait_state("docs", "done")

    newest.run("restart", "docs")
    newest.wait_state("docs", "waiting:idle prompt")
    newest.run("send", "docs", "Third.")

    newest.wait_asked(lambda turns: any(turn.prompt == "Third." for turn in turns))
    assert prompts(newest)[-1] == ("Second.", "Third.")
