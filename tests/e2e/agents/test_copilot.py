"""Copilot CLI itself, in its worktree, as its identity, with a model that does as told."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.runtime.holder.client import HolderClient
from tests.e2e.agents.field import KEY, Field
from tests.programs import needs
from tests.reliability.lab import git, wait_for

pytestmark = [pytest.mark.long, pytest.mark.timeout(300), needs("copilot")]

COMMIT = "!run git add n.txt && git commit -q -m by-agent"
CACHES = (".cache/copilot/", ".cache/Microsoft/")
"""Where it unpacks itself and numbers the machine, in the person's cache whatever its profile is."""


@pytest.fixture
def field() -> Iterator[Field]:
    """A place with Copilot CLI."""
    with Field("copilot") as place:
        yield place


def begin(field: Field, prompt: str | None, options: str) -> None:
    """Declare and start the agent `docs`."""
    said = "" if prompt is None else f"prompt: {json.dumps(prompt)}, "
    model = (
        f'COPILOT_PROVIDER_BASE_URL: "{field.model.url}/v1", COPILOT_MODEL: small, COPILOT_OFFLINE: "true"'
    )
    env = f"env: {{pass: [COPILOT_PROVIDER_API_KEY], set: {{{model}}}}}"
    field.declare_agents(docs=f"{said}options: {{{options}}}, {env}")
    field.run("apply", "--yes", COPILOT_PROVIDER_API_KEY=KEY)


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


def results(field: Field) -> str:
    """Return all that tools answered in the newest request."""
    return "\n".join(list(field.model.turns)[-1].results)


def test_it_works_and_commits_as_itself(field: Field) -> None:
    """It starts with its prompt, edits, commits with its own address, reads its inbox, and is done."""
    before = field.fingerprint(*CACHES)
    begin(
        field,
        f"Work.\n!write n.txt hello\n!wait 2\n{COMMIT}\n!wait 5\n!use ravi_inbox_email {{}}\n!say bye",
        "permissions: edit, profile: agent",
    )

    assert field.wait_state("docs", "working")["source"] in {"hook", "output", "screen"}
    view = field.wait_state("docs", "done")

    assert (view["source"], view["reason"]) == ("hook", "")
    assert git(field.tree_of(), "log", "-1", "--format=%ae %s").strip() == "docs@lab.test by-agent"
    assert (field.tree_of() / "n.txt").read_text() == "hello\n"
    assert '"messages"' in results(field) or "[]" in results(field), results(field)
    said = json.dumps(field.model.requests[-1][1])
    assert "You are `docs`" in said
    assert git(field.tree_of(), "status", "--porcelain") == ""
    assert field.fingerprint(*CACHES) == before


def test_it_asks_is_answered_and_told_more(field: Field) -> None:
    """A permission question shows at once and keeps texts away; the answer and a second prompt arrive."""
    begin(field, "Work.\n!run touch asked.txt", "permissions: ask, profile: agent")

    assert field.wait_state("docs", "waiting:permission")["source"] == "hook"
    refused = field.run("send", "docs", "--wait", "1", "More.", check=1)
    assert "permission" in refused.stderr
    wait_for(lambda: "Do you want to run" in field.screen("docs"), "the question to be shown")
    press(field, b"1")
    field.wait_state("docs", "done")
    assert (field.tree_of() / "asked.txt").exists()

    field.run("send", "docs", "Second.\n!say two\nÜber 🚀")
    field.wait_asked(lambda turns: any(turn.prompt == "Second.\n!say two\nÜber 🚀" for turn in turns))
    field.wait_state("docs", "done")


def test_a_question_is_one(field: Field) -> None:
    """Its question to the person shows as a question, and the answer sets it to work."""
    schema = {"type": "object", "properties": {"colour": {"type": "string", "enum": ["red", "blue"]}}}
    given = json.dumps({"message": "Which colour?", "requestedSchema": {**schema, "required": ["colour"]}})
    begin(field, f"Ask.\n!use ask_user {given}", "permissions: ask, profile: agent")

    assert field.wait_state("docs", "waiting:question")["source"] == "hook"
    wait_for(lambda: "Copilot needs information." in field.screen("docs"), "the question to be shown")
    press(field, b"\r")

    field.wait_state("docs", "done")
    assert "red" in results(field)


def test_an_interrupt_does_not_leave_it_waiting(field: Field) -> None:
    """Esc at a question and Ctrl-C in a turn fire no hook, and its state follows all the same."""
    begin(field, "Work.\n!run touch asked.txt", "permissions: ask, profile: agent")
    field.wait_state("docs", "waiting:permission")
    wait_for(lambda: "Do you want to run" in field.screen("docs"), "the question to be shown")
    press(field, b"\x1b")
    field.wait_state("docs", "waiting:idle prompt", patience=15)

    field.run("send", "docs", "Wait.\n!wait 300")
    field.wait_state("docs", "working")
    press(field, b"\x03")
    field.wait_state("docs", "waiting:idle prompt", patience=15)


def test_a_prompt_is_never_a_command(field: Field) -> None:
    """A prompt that begins like a command of the shell is said to the model, and nothing is run unasked."""
    begin(field, "!touch at-once.txt", "permissions: ask, profile: agent")

    field.wait_state("docs", "done")

    assert [turn.prompt.strip() for turn in field.model.turns if turn.tools] == ["!touch at-once.txt"]
    assert not (field.tree_of() / "at-once.txt").exists()


def test_a_restart_goes_on_with_its_conversation(field: Field) -> None:
    """The session after a restart is in the same conversation, and is not given its first prompt again."""
    begin(field, "First.", "permissions: ask, profile: agent")
    field.wait_state("docs", "done")

    said = field.run("restart", "docs").stdout
    assert "goes on" in said
    field.wait_state("docs", "waiting:idle prompt")
    field.run("send", "docs", "Third.")

    field.wait_asked(lambda turns: any(turn.prompt == "Third." for turn in turns))
    last = [tuple(turn.prompts) for turn in list(field.model.turns) if turn.tools][-1]
    assert last == ("First.", "Third.")
    new = field.run("restart", "docs", "--new").stdout
    assert "goes on" not in new
    field.wait_asked(lambda turns: len([turn for turn in turns if tuple(turn.prompts) == ("First.",)]) > 1)


def test_a_headless_run_is_judged_by_what_it_did(field: Field) -> None:
    """A run that commits ends well; one that was denied all it wanted fails, though the program exits 0."""
    begin(field, None, "unattended: edit, profile: agent")
    field.wait_state("docs", "waiting:idle prompt")

    good = field.json(
        "run", "docs", f"Work.\n!write n.txt hello\n{COMMIT}\n!use ravi_inbox_email {{}}\n!say bye"
    )
    assert good["verdict"]["ok"]
    assert git(field.tree_of(), "log", "-1", "--format=%ae %s").strip() == "docs@lab.test by-agent"
    assert '"messages"' in results(field) or "[]" in results(field), results(field)

    bad = field.run("run", "docs", "Work.\n!run touch /dev/shm/not-here", check=1)
    assert "was not allowed to: bash" in bad.stdout + bad.stderr
    refused = field.run("run", "docs", "Work.\n!fail 401", check=1)
    assert "Authentication failed" in refused.stdout + refused.stderr


def test_the_person_s_own_settings_stay_as_they_are(field: Field) -> None:
    """With the person's profile it asks about the folder, and only its own state is written, by itself."""
    (field.person / ".copilot" / "settings.json").write_text('{"beep": false}\n')
    before = field.fingerprint()
    begin(field, "First.", "permissions: ask")

    field.wait_state("docs", "waiting:permission")
    press(field, b"1")
    assert field.wait_state("docs", "done")["source"] == "hook"

    after = field.fingerprint()
    changed = {name for name in before if after.get(name) != before[name]}
    assert changed <= {".copilot/config.json"}, changed
    config = (field.person / ".copilot" / "config.json").read_text()
    assert '"banner": "never"' in config or ".copilot/config.json" not in changed
    assert "trustedFolders" not in config
