"""Gemini CLI itself, in its worktree, as its identity, with a model that does as told."""

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

pytestmark = [needs("gemini"), pytest.mark.timeout(300)]

COMMIT = "!run git add n.txt && git commit -q -m by-agent"
WRITES = (
    ".gemini/state.json",
    ".gemini/installation_id",
    ".gemini/projects.json",
    ".gemini/tmp/",
    ".gemini/history/",
)
"""What it writes into a home that is used by hand, too; none of it is configuration."""


@pytest.fixture
def field() -> Iterator[Field]:
    """A place with Gemini CLI."""
    with Field("gemini") as place:
        yield place


def begin(field: Field, prompt: str, options: str) -> None:
    """Declare and start the agent `docs`."""
    env = f'env: {{pass: [GEMINI_API_KEY], set: {{GOOGLE_GEMINI_BASE_URL: "{field.model.url}"}}}}'
    field.declare_agents(docs=f"prompt: {json.dumps(prompt)}, options: {{{options}}}, {env}")
    field.run("apply", "--yes", GEMINI_API_KEY="any")


def press(field: Field, *keys: bytes) -> None:
    """Press keys at the agent's terminal, as a person does who is attached to it."""

    async def type_in(data: bytes) -> None:
        holder = await HolderClient.connect(Path(field.view("docs")["session"]["socket"]))
        await holder.send(data)
        await holder.close()

    for key in keys:
        asyncio.run(type_in(key))


def test_its_flags_and_exit_codes(tmp_path: Path) -> None:
    """It has the options that we give, tells its version, and refuses a conversation that is not there."""
    env = {
        "HOME": str(tmp_path),
        "PATH": f"{programs.node().parent}:/usr/bin:/bin",
        "GEMINI_API_KEY": "any",
        "GOOGLE_GEMINI_BASE_URL": "http://127.0.0.1:9",
    }
    gemini = str(programs.link("gemini", tmp_path / "bin"))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [gemini, *words],
            cwd=tmp_path,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    told = run("--help").stdout
    version = run("--version").stdout.strip()
    unknown = run("--skip-trust", "--resume", "11111111-1111-4111-8111-111111111111", "-p", "hello")

    for option in (
        "--session-id",
        "--resume",
        "--approval-mode",
        "--policy",
        "--skip-trust",
        "-i,",
        "stream-json",
    ):
        assert option in told
    assert version == programs.program("gemini").version
    assert unknown.returncode != 0


@pytest.mark.long
def test_it_works_and_commits_as_itself(field: Field) -> None:
    """It starts with its prompt, edits, commits with its own address, reads its inbox, and is done."""
    before = field.fingerprint()
    begin(
        field,
        f"Work.\n!write n.txt hello\n!wait 2\n{COMMIT}\n!wait 3\n!use ravi_inbox_email {{}}\n!say bye",
        "permissions: edit, profile: agent",
    )

    field.wait_state("docs", "working")
    view = field.wait_state("docs", "done")

    assert view["source"] == "hook"
    assert git(field.tree_of(), "log", "-1", "--format=%ae %s").strip() == "docs@lab.test by-agent"
    assert git(field.tree_of(), "status", "--porcelain") == ""
    assert "threads" in list(field.model.turns)[-1].results[-1]
    assert field.fingerprint() == before


@pytest.mark.long
def test_it_asks_is_answered_and_told_more(field: Field) -> None:
    """A permission question shows, its answer sets it to work, Esc does not leave it stuck, texts arrive."""
    begin(field, "Work.\n!run touch asked.txt", "permissions: ask, profile: agent")
    field.wait_state("docs", "waiting:permission")
    press(field, b"\r")
    field.wait_state("docs", "done", "waiting:idle prompt")
    assert (field.tree_of() / "asked.txt").exists()

    field.run("send", "docs", "Second.\n!run touch more.txt\nÜber 🚀")
    field.wait_asked(lambda turns: any(turn.prompt.startswith("Second.\n!run touch more") for turn in turns))
    field.wait_state("docs", "waiting:permission")
    press(field, b"\x1b")
    field.wait_state("docs", "waiting:idle prompt", patience=20)
    assert not (field.tree_of() / "more.txt").exists()


@pytest.mark.long
def test_a_restart_goes_on_with_its_conversation(field: Field) -> None:
    """The session after a restart is in the same conversation, and is not given its first prompt again."""
    begin(field, "First.", "permissions: ask, profile: agent")
    field.wait_state("docs", "done")

    assert "goes on" in field.run("restart", "docs").stdout
    field.wait_state("docs", "waiting:idle prompt")
    field.run("send", "docs", "Third.")

    field.wait_asked(lambda turns: any(turn.prompt == "Third." and turn.tools for turn in turns))
    assert [turn.prompts for turn in list(field.model.turns) if turn.tools][-1] == ("First.", "Third.")


@pytest.mark.long
def test_with_the_persons_configuration(field: Field) -> None:
    """It is told who it is with its prompt, shows its state by its title, and no configuration is written."""
    (field.person / ".gemini" / "settings.json").write_text(
        '{"security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": false}}}\n'
    )
    before = field.fingerprint(*WRITES)
    begin(field, f"Work.\n!write n.txt hello\n{COMMIT}\n!wait 5", "permissions: edit")

    field.wait_asked(lambda turns: any(len(turn.results) == 2 for turn in turns))
    assert field.wait_state("docs", "working")["source"] in {"title", "output"}
    view = field.wait_state("docs", "done", "waiting:idle prompt")

    assert view["source"] in {"title", "notification", "screen"}
    assert git(field.tree_of(), "log", "-1", "--format=%ae").strip() == "docs@lab.test"
    assert any("You are `docs`" in turn.prompt for turn in list(field.model.turns))
    assert field.fingerprint(*WRITES) == before


@pytest.mark.long
def test_a_run_that_nobody_watches(field: Field) -> None:
    """A headless run ends by itself, commits, and is refused what it was not allowed."""
    begin(field, "Rest.", "profile: agent")
    field.wait_state("docs", "done")

    good = field.run("run", "docs", f"Work.\n!write n.txt hello\n{COMMIT}\n!say ready")
    bad = field.run("run", "docs", "Work.\n!run touch evil.txt", check=1)

    assert "ready" in good.stdout
    assert git(field.tree_of(), "log", "-1", "--format=%ae %s").strip() == "docs@lab.test by-agent"
    assert not (field.tree_of() / "evil.txt").exists()
    assert "run_shell_command" in bad.stdout + bad.stderr
