"""opencode itself, in its worktree, as its identity, with a model that does as told."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.runtime.holder.client import HolderClient
from tests import programs
from tests.e2e.agents.field import Field
from tests.programs import needs
from tests.reliability.lab import git

pytestmark = [needs("opencode"), pytest.mark.timeout(600)]

COMMIT = "!run git add n.txt && git commit -q -m by-agent"
OFFLINE = {
    f"OPENCODE_DISABLE_{name}": "1"
    for name in ("MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS", "AUTOUPDATE")
}
WRITES = (".local/share/opencode", ".local/share/opentui", ".local/state/", ".cache/", ".npm/")
"""What it writes into a home beside configuration."""
PATIENCE = 200.0
"""Seconds for a start and a turn: its screen needs up to half a minute on a busy machine."""


@pytest.fixture
def field() -> Iterator[Field]:
    """A place with opencode."""
    with Field("opencode") as place:
        yield place


def begin(field: Field, prompt: str, options: str) -> None:
    """Declare and start the agent `docs`."""
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{field.model.url}/v1", "apiKey": "any"},
        "models": {"m": {"name": "m"}},
    }
    config = {"provider": {"stub": provider}, "model": "stub/m", "small_model": "stub/m"}
    variables = {**OFFLINE, "OPENCODE_CONFIG_CONTENT": json.dumps(config)}
    env = f"env: {{set: {json.dumps(variables)}}}"
    field.declare_agents(docs=f"prompt: {json.dumps(prompt)}, options: {{{options}}}, {env}")
    field.run("apply", "--yes")


def press(field: Field, key: bytes) -> None:
    """Press a key at the agent's terminal, as a person does who is attached to it."""

    async def type_in() -> None:
        holder = await HolderClient.connect(Path(field.view("docs")["session"]["socket"]))
        await holder.send(key)
        await holder.close()

    asyncio.run(type_in())


def test_its_flags_and_exit_codes(tmp_path: Path) -> None:
    """It has the options that we give, tells its version, and refuses a session that is not there."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(programs.program("opencode").path), *words],
            cwd=tmp_path,
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", **OFFLINE},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    told = run("--help")
    version = run("--version").stdout.strip()
    unknown = run("run", "--format", "json", "--session", "ses_nothing", "hello")

    for option in ("--port", "--session", "--model", "--prompt"):
        assert option in told.stdout + told.stderr
    assert version == programs.program("opencode").version
    assert unknown.returncode != 0


@pytest.mark.long
def test_it_works_and_commits_as_itself(field: Field) -> None:
    """It starts with its prompt, edits, commits with its own address, reads its inbox, and is done."""
    before = field.fingerprint(*WRITES)
    begin(
        field,
        f"Work.\n!write n.txt hello\n!wait 2\n{COMMIT}\n!wait 3\n!use ravi_inbox_email {{}}\n!say bye",
        "permissions: edit, profile: agent",
    )

    field.wait_state("docs", "working", patience=PATIENCE)
    view = field.wait_state("docs", "done", patience=PATIENCE)

    assert view["source"] == "hook"
    assert git(field.tree_of(), "log", "-1", "--format=%ae %s").strip() == "docs@lab.test by-agent"
    assert git(field.tree_of(), "status", "--porcelain") == ""
    last = [turn for turn in list(field.model.turns) if turn.tools][-1]
    assert "threads" in last.results[-1]
    assert any("You are `docs`" in json.dumps(body) for _, body in list(field.model.requests))
    assert field.fingerprint(*WRITES) == before


@pytest.mark.long
def test_it_asks_is_answered_and_told_more(field: Field) -> None:
    """A permission question shows, its answer sets it to work, Esc does not leave it stuck, texts arrive."""
    begin(field, "Work.\n!run touch asked.txt", "permissions: ask")
    assert field.wait_state("docs", "waiting:permission", patience=PATIENCE)["source"] == "hook"
    press(field, b"\r")
    field.wait_state("docs", "done", patience=PATIENCE)
    assert (field.tree_of() / "asked.txt").exists()

    field.run("send", "docs", "Second.\n!run touch more.txt\nÜber 🚀")
    field.wait_asked(lambda turns: any(turn.prompt.startswith("Second.\n!run touch more") for turn in turns))
    field.wait_state("docs", "waiting:permission", patience=PATIENCE)
    press(field, b"\x1b")
    field.wait_state("docs", "done", "waiting:idle prompt", patience=PATIENCE)
    assert not (field.tree_of() / "more.txt").exists()


@pytest.mark.long
def test_a_restart_goes_on_with_its_conversation(field: Field) -> None:
    """The session after a restart is in the same conversation, and is not given its first prompt again."""
    begin(field, "First.", "permissions: ask")
    field.wait_state("docs", "done", patience=PATIENCE)

    assert "goes on" in field.run("restart", "docs").stdout
    field.wait_state("docs", "waiting:idle prompt", patience=PATIENCE)
    field.run("send", "docs", "Third.")

    field.wait_asked(lambda turns: any(turn.prompt == "Third." and turn.tools for turn in turns))
    assert [tuple(turn.prompts) for turn in list(field.model.turns) if turn.tools][-1] == ("First.", "Third.")


@pytest.mark.long
def test_a_run_that_nobody_watches(field: Field) -> None:
    """A headless run ends by itself, commits, and is refused what it was not allowed."""
    begin(field, "Rest.", "permissions: ask")
    field.wait_state("docs", "done", patience=PATIENCE)

    good = field.run("run", "docs", f"Work.\n!write n.txt hello\n{COMMIT}\n!say ready")
    bad = field.run("run", "docs", "Work.\n!run touch evil.txt", check=1)

    assert "ready" in good.stdout
    assert git(field.tree_of(), "log", "-1", "--format=%ae %s").strip() == "docs@lab.test by-agent"
    assert not (field.tree_of() / "evil.txt").exists()
    assert "bash" in bad.stdout + bad.stderr
