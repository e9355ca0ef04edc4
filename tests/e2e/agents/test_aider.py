"""aider itself, in its worktree, as its identity, with a model that does as told."""

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

pytestmark = [needs("aider"), pytest.mark.timeout(600)]

MODEL = ("--model", "openai/m", "--edit-format", "whole", "--no-show-model-warnings", "--map-tokens", "0")
"""Words that let it speak to any model; without its map of the repository it keeps no cache of that."""
WRITES = (".aider/", ".cache/")
"""What it writes into a home beside configuration."""
PATIENCE = 200.0


@pytest.fixture
def field() -> Iterator[Field]:
    """A place with aider."""
    with Field("aider") as place:
        yield place


def begin(field: Field, prompt: str, options: str = "") -> None:
    """Declare and start the agent `docs`."""
    env = f'env: {{pass: [OPENAI_API_KEY], set: {{OPENAI_API_BASE: "{field.model.url}/v1"}}}}'
    args = f"options: {{args: {json.dumps(MODEL)}{options}}}"
    field.declare_agents(docs=f"prompt: {json.dumps(prompt)}, {args}, {env}")
    field.run("apply", "--yes", OPENAI_API_KEY="any")


def press(field: Field, key: bytes) -> None:
    """Press a key at the agent's terminal, as a person does who is attached to it."""

    async def type_in() -> None:
        holder = await HolderClient.connect(Path(field.view("docs")["session"]["socket"]))
        await holder.send(key)
        await holder.close()

    asyncio.run(type_in())


def test_its_flags_and_exit_codes(tmp_path: Path) -> None:
    """It has the options that we give, tells its version, and refuses what it does not know."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(programs.program("aider").path), *words],
            cwd=tmp_path,
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    told = run("--help").stdout
    version = run("--version").stdout
    unknown = run("--no-such-option")

    for option in (
        "--message-file",
        "--yes-always",
        "--chat-history-file",
        "--notifications-command",
        "--read",
    ):
        assert option in told
    assert programs.program("aider").version in version
    assert unknown.returncode == 2


@pytest.mark.long
def test_it_gets_its_prompt_and_commits_as_itself(field: Field) -> None:
    """Its prompt is typed once it is ready; it edits, commits with its own address, and leaves no files."""
    before = field.fingerprint(*WRITES)
    begin(field, "Work.\n!write n.txt hello", ", permissions: edit")

    field.wait_asked(lambda turns: any("!write n.txt hello" in turn.prompt for turn in turns), PATIENCE)
    field.wait_state("docs", "done", patience=PATIENCE)

    assert git(field.tree_of(), "log", "-1", "--format=%ae %an").split()[0] == "docs@lab.test"
    assert (field.tree_of() / "n.txt").read_text() == "hello\n"
    assert git(field.tree_of(), "status", "--porcelain") == ""
    assert field.fingerprint(*WRITES) == before
    assert any("You are `docs`" in json.dumps(body) for _, body in list(field.model.requests))


@pytest.mark.long
def test_it_asks_is_answered_and_told_more(field: Field) -> None:
    """A question shows, keeps texts away and is answered by a person; then a text arrives."""
    begin(field, "Work.\n!write n.txt hello")
    field.wait_state("docs", "waiting:permission", patience=PATIENCE)
    field.run("send", "docs", "More.", check=1)
    press(field, b"y\r")
    field.wait_state("docs", "done", "waiting:idle prompt", patience=PATIENCE)
    assert (field.tree_of() / "n.txt").exists()

    field.run("send", "docs", "Second.\nÜber 🚀")
    field.wait_asked(lambda turns: any("Second.\nÜber 🚀" in turn.prompt for turn in turns), PATIENCE)


@pytest.mark.long
def test_a_run_that_nobody_watches(field: Field) -> None:
    """A headless run ends by itself and commits; a prompt that looks like a command is none."""
    begin(field, "Rest.")
    field.wait_state("docs", "done", "waiting:idle prompt", patience=PATIENCE)

    field.run("run", "docs", "Work.\n!write n.txt hello")
    field.run("run", "docs", "!touch evil.txt")

    assert git(field.tree_of(), "log", "-1", "--format=%ae").strip() == "docs@lab.test"
    assert not (field.tree_of() / "evil.txt").exists()
