"""Codex, for real and as a person uses it: a file, the commands, and what came of it."""

import json
from collections.abc import Iterator

import pytest

from tests.e2e.agents.field import KEY, Field
from tests.programs import needs
from tests.reliability.lab import git, wait_for

pytestmark = [pytest.mark.long, pytest.mark.timeout(300), needs("codex")]

DATED = "Go on.\\n!run date > dated.txt && git add dated.txt && git commit -qm dated\\n!say committed"
"""A prompt, as the file writes it."""


@pytest.fixture
def field() -> Iterator[Field]:
    """A place with Codex, and a person who trusts the repository."""
    with Field("codex") as place:
        own = place.person / ".codex" / "config.toml"
        own.write_text(f'{own.read_text()}[projects."{place.repo}"]\ntrust_level = "trusted"\n')
        yield place


def declare(field: Field, prompt: str = "", *, profile: str = "person", **options: str) -> None:
    """Declare an agent that talks to the model; with the person's profile the provider is among its words."""
    url = f"{field.model.url}/v1"
    variables = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": url} if profile == "agent" else {"MODEL_KEY": KEY}
    told: dict[str, object] = {"profile": profile, "model": "stub", "permissions": "edit", **options}
    if profile == "person":
        provider = f'{{name="stub",base_url="{url}",wire_api="responses",env_key="MODEL_KEY"}}'
        told["args"] = ["-c", f"model_providers.stub={provider}", "-c", 'model_provider="stub"']
    asked = f', prompt: "{prompt}"' if prompt else ""
    field.declare_agents(coder=f"env: {{set: {json.dumps(variables)}}}, options: {json.dumps(told)}{asked}")


def asked(field: Field) -> list[str]:
    """Return the person's texts in the conversation of the newest request of a turn."""
    return [list(turn.prompts) for turn in list(field.model.turns) if turn.tools][-1]


@pytest.mark.parametrize("profile", ["person", "agent"])
def test_it_works_on_its_prompt_and_commits_as_its_identity(field: Field, profile: str) -> None:
    """Within its sandbox, in its worktree; and no configuration of the person's has changed by that."""
    before = field.fingerprint()
    declare(field, DATED, profile=profile)
    field.run("apply", "--yes")

    view = field.wait_state("coder", "done")

    assert git(field.tree_of("coder"), "log", "-1", "--format=%s %ae").strip() == f"dated {view['address']}"
    assert view["source"] in {"hook", "report"}
    after = field.fingerprint()
    if profile == "agent":
        assert after == before
    else:
        changed = {name for name in before if after.get(name) != before[name]}
        assert changed <= {".codex/config.toml"}
        assert all(name.startswith((".codex/", ".cache/")) for name in set(after) - set(before))


def test_it_asks_the_person_and_goes_on(field: Field) -> None:
    """What its sandbox does not allow is asked, and waits for an answer; no text is typed into that."""
    outside = field.folder / "outside.txt"
    call = {"cmd": f"touch {outside}", "sandbox_permissions": "require_escalated", "justification": "May I?"}
    declare(field)
    field.run("apply", "--yes")
    field.wait_state("coder", "waiting:idle prompt")
    field.run("send", "coder", f"Go on.\n!use exec_command {json.dumps(call)}")

    view = field.wait_state("coder", "waiting:permission")
    refused = field.run("send", "coder", "--wait", "1", "Not now.", check=None)

    assert view["source"] in {"hook", "report"}
    assert (refused.returncode, outside.exists(), len(asked(field))) == (1, False, 1)
    field.run("send", "coder", "--force", "y", check=None)  # its Enter answers yes
    field.wait_state("coder", "done")
    assert outside.exists()


def test_a_person_trusts_the_folder_once(field: Field) -> None:
    """The question shows as a permission that it waits for; the prompt waits behind it, and is not lost."""
    (field.person / ".codex" / "config.toml").write_text("# mine\n")
    declare(field, DATED)
    field.run("apply", "--yes")

    field.wait_state("coder", "waiting:permission")
    refused = field.run("send", "coder", "--wait", "1", "Not now.", check=None)

    assert (refused.returncode, list(field.model.turns)) == (1, [])
    field.run("send", "coder", "--force", "yes", check=None)  # its Enter answers yes
    field.wait_state("coder", "done")
    assert "dated" in git(field.tree_of("coder"), "log", "-1", "--format=%s")


def test_its_conversation_goes_on_after_a_restart(field: Field) -> None:
    """A text that is sent begins a turn, and after a restart the model is told both."""
    declare(field, "First of all.")
    field.run("apply", "--yes")
    field.wait_state("coder", "done")
    field.run("send", "coder", "Second.\n!say so")
    wait_for(lambda: len(asked(field)) == 2, "the second prompt")
    field.wait_state("coder", "done", "waiting:idle prompt")

    said = field.run("restart", "coder").stdout
    field.wait_state("coder", "done", "waiting:idle prompt")
    field.run("send", "coder", "Third.")
    wait_for(lambda: len(asked(field)) == 3, "the third prompt")

    assert "goes on" in said
    assert asked(field) == ["First of all.", "Second.\n!say so", "Third."]


def test_a_run_is_judged_by_what_it_says(field: Field) -> None:
    """A run ends with its answer; one that the model failed, or that was refused everything, has failed."""
    declare(field)
    field.run("apply", "--yes")

    done = field.run("run", "coder", "Go on.\n!write new.txt hello\n!run git add -A && git commit -qm new")
    failed = field.run("run", "coder", "Go on.\n!fail 400", check=None)

    assert "done: Go on." in done.stdout
    assert git(field.tree_of("coder"), "log", "-1", "--format=%s").strip() == "new"
    assert failed.returncode == 1


def test_it_reads_its_own_inbox(field: Field) -> None:
    """The tools of its identity are there for a run's only turn, and answer without a question."""
    declare(field)
    field.run("apply", "--yes")

    field.run("run", "coder", "Go on.\n!use ravi_inbox_email {}")

    results = [turn.results for turn in list(field.model.turns) if turn.results][-1]
    assert json.loads(results[0][results[0].index("{") :])["total"] == 0
