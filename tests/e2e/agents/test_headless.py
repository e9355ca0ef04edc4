"""Runs of real coding agents that nobody watches, judged by what they did, through the daemon."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.agents.field import KEY, Field
from tests.programs import needs
from tests.reliability.lab import git, wait_for

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]

KINDS = ("claude", "codex", "copilot")
TELL_USAGE = {"claude", "codex"}
"""The kinds that say what they used, whoever the model is of."""
COMMIT = "!run git add n.txt && git commit -q -m by-agent"
WORK = f"Work.\n!run echo hello > n.txt\n{COMMIT}\n!say finished"


@pytest.fixture(params=[pytest.param(kind, marks=needs(kind)) for kind in KINDS])
def field(request: pytest.FixtureRequest) -> Iterator[Field]:
    """A place with one kind of agents."""
    with Field(request.param) as place:
        yield place


def begin(field: Field, prompt: str, **options: Any) -> None:
    """Declare the agent `docs` with a schedule that works on a prompt, and make its worktree."""
    url = field.model.url
    match field.kind:
        case "claude":
            env = {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_AUTH_TOKEN": KEY}
        case "codex":
            env = {"MODEL_KEY": KEY}
            provider = f'{{name="stub",base_url="{url}/v1",wire_api="responses",env_key="MODEL_KEY"}}'
            options |= {"model": "stub"}
            options["args"] = ["-c", f"model_providers.stub={provider}", "-c", 'model_provider="stub"']
        case _:
            env = {"COPILOT_PROVIDER_BASE_URL": f"{url}/v1", "COPILOT_PROVIDER_API_KEY": KEY}
            env |= {"COPILOT_MODEL": "small", "COPILOT_OFFLINE": "true"}
    nightly = {"cron": "0 9 * * *", "prompt": prompt, "workspace": "agent"}
    declared = {
        "autostart": False,
        "options": options,
        "env": {"set": env},
        "schedules": {"nightly": nightly},
    }
    field.declare_agents(docs=json.dumps(declared)[1:-1])
    field.run("apply", "--yes")


def ran(field: Field, *words: str) -> tuple[int, dict[str, Any]]:
    """Run the agent `docs`, and return exit code and verdict."""
    done = field.run("run", "docs", *words, "--json", check=None)
    return done.returncode, json.loads(done.stdout)["verdict"]


def subjects(field: Field) -> Sequence[str]:
    """Return the subjects of the agent's commits."""
    return git(field.tree_of(), "log", "--format=%an %s", "main..HEAD").splitlines()


def test_a_run_works_and_says_so(field: Field) -> None:
    """A prompt ends in a commit of the agent's own, a verdict, what it used, and exit code 0."""
    begin(field, "nothing")
    done = field.run("run", "docs", WORK, check=None)

    assert done.returncode == 0, done.stdout + done.stderr
    assert subjects(field) == ["docs by-agent"]
    assert (field.tree_of() / "n.txt").read_text() == "hello\n"
    assert "finished" in done.stdout
    assert done.stderr.splitlines()[-1].startswith("done")


def test_what_was_denied_and_changed_nothing_has_failed(field: Field) -> None:
    """An agent that may only read, and is asked to write, ends with 0 itself and has failed all the same."""
    begin(field, "nothing", unattended="read")

    code, verdict = ran(field, "Write.\n!write n.txt hello\n!say could not")

    assert not (field.tree_of() / "n.txt").exists()
    assert (code, verdict["ok"]) == (1, False), verdict


def test_a_run_of_a_schedule_is_in_the_ledger(field: Field) -> None:
    """Its row has the verdict, the commits and what it used."""
    begin(field, WORK)

    done = field.run("schedule", "run", "docs/nightly", check=None)
    assert done.returncode == 0, done.stdout + done.stderr

    wait_for(lambda: history(field)["commit_count"], "the report")
    row = history(field)
    assert (row["state"], row["exit_status"], row["commit_count"]) == ("succeeded", 0, 1)
    if field.kind in TELL_USAGE:
        assert row["usage"]["input"] > 0


def test_a_run_that_hangs_is_ended(field: Field) -> None:
    """A model that never answers does not keep a run for longer than its limit."""
    begin(field, "nothing")

    code, verdict = ran(field, "Wait.\n!hang", "--timeout", "8")

    assert (code, verdict["ok"], verdict["timed_out"]) == (124, False, True)
    assert verdict["why"] == "it took longer than its limit of 8s"


def test_the_persons_files_are_as_before(field: Field) -> None:
    """A run writes none of the person's configuration."""
    begin(field, "nothing")
    before = configuration(field.person)

    field.run("run", "docs", WORK, check=None)

    assert configuration(field.person) == before


def history(field: Field) -> dict[str, Any]:
    """Return the newest row of the ledger."""
    (row, *_) = field.json("schedule", "history")
    found: dict[str, Any] = row
    return found


def configuration(person: Path) -> dict[str, str]:
    """Return the person's own configuration; what a program keeps of itself beside it is not meant."""
    names = (".claude/settings.json", ".codex/config.toml", ".copilot/settings.json", ".gitconfig")
    return {name: (person / name).read_text() for name in names if (person / name).exists()}
