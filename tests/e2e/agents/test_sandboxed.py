"""Real coding agents in a sandbox: they work there as they do without one, and only there.

What a sandbox must prevent is shown by `reliability/test_sandbox_battery.py`, for any program. Here is what
these programs need: their own profile, their hooks, their tools, git, and a conversation that goes on.
"""

import json
import shutil
from collections.abc import Iterator

import pytest

from tests.e2e.agents.field import Field
from tests.e2e.agents.home import look, populate
from tests.e2e.agents.test_whole import MAIL, asked, newest, rests
from tests.e2e.agents.witness import ANSWERS, SHOWN, asking, press, speaking
from tests.programs import needs
from tests.reliability.lab import git, wait_for

pytestmark = [
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap"),
    pytest.mark.timeout(600),
]

KINDS = {"claude": False, "codex": True, "copilot": True}
"""The kinds that are proven in a sandbox, and whether that is a long test."""
FIRST = "Work.\n!write n.txt hello\n!run git add n.txt && git commit -q -m by-agent\n!say worked"
NIGHTLY = "Nightly.\n!write m.txt night\n!run git add m.txt && git commit -q -m by-night\n!say slept"
OUT = "Out.\n!run echo gone > {out}/out.txt; cat {secret}; echo tried\n!say tried"


@pytest.fixture(
    params=[
        pytest.param(kind, marks=[needs(kind), *([pytest.mark.long] if long else [])])
        for kind, long in KINDS.items()
    ]
)
def field(request: pytest.FixtureRequest) -> Iterator[Field]:
    """A place with one kind of agents."""
    with Field(request.param) as place:
        yield place


def declare(field: Field, **options: str) -> None:
    """Declare the agent `docs` in a sandbox, with a schedule, and a mate who has an address too."""
    said = speaking(field, profile="agent")
    said["options"] |= {"permissions": "edit", "unattended": "edit", **options}
    said["schedules"] = {"nightly": {"cron": "0 9 * * *", "prompt": NIGHTLY, "workspace": "agent"}}
    docs = json.dumps({"kind": field.kind, "prompt": FIRST, "sandbox": "bwrap", **said})
    field.write(f'agents:\n  docs: {docs}\n  mate: {{command: [sleep, "3600"]}}\n')


def test_it_works_in_a_sandbox(field: Field) -> None:
    """It commits as itself, asks, reads its mail, goes on after a restart, and runs by its schedule."""
    populate(field.person)
    before = look(field.person)
    declare(field)
    field.run("apply", "--yes")

    assert field.wait_state("docs", "done")["source"] in {"hook", "report"}
    log = git(field.tree_of(), "log", "-1", "--format=%ae %s").strip()
    assert log == f"{field.view()['address']} by-agent"

    asks_and_is_answered(field)
    reads_its_inbox(field)
    goes_on_after_a_restart(field)
    runs_by_its_schedule(field)

    field.run("daemon", "stop", "--sessions", "--yes")
    assert look(field.person) == before


def asks_and_is_answered(field: Field) -> None:
    """What it may not do without asking it asks for, in the sandbox too.

    Codex asks for what leaves its own sandbox. Inside ours it has none, and nothing leaves ours.
    """
    file = field.tree_of() / "asked.txt"
    field.run("send", "docs", f"Ask.\n{asking(field, file)}\n!say asked")
    if field.kind != "codex":
        field.wait_state("docs", "waiting:permission")
        wait_for(lambda: SHOWN[field.kind] in field.screen("docs"), "the question to be shown")
        field.run("send", "docs", "--wait", "1", "Not now.", check=1)  # and the question takes keys by now
        press(field, ANSWERS[field.kind])
    wait_for(file.exists, "the file that it asks for")
    rests(field)
    assert file.read_text() == "yes\n"
    file.unlink()


def reads_its_inbox(field: Field) -> None:
    """Its tools reach the provider."""
    address = field.view()["address"]
    field.run("identity", "send", "mate", "--to", address, "--subject", MAIL, "--body", "See for yourself.")
    field.run("send", "docs", "Read.\n!use ravi_inbox_email {}\n!say read")
    assert MAIL in asked(field, "Read.", results=1).results[-1]
    rests(field)


def goes_on_after_a_restart(field: Field) -> None:
    """Its profile lasts, and its conversation in it."""
    said = field.run("restart", "docs").stdout
    rests(field)
    field.run("send", "docs", "Last.\n!say last")
    prompts = [prompt.splitlines()[0] for prompt in asked(field, "Last.", results=0).prompts]
    assert "goes on" in said
    assert prompts == ["Work.", "Ask.", "Read.", "Last."]
    rests(field)


def runs_by_its_schedule(field: Field) -> None:
    """A run that nobody watches is in the sandbox too, and is judged as any other."""
    done = field.run("schedule", "run", "docs/nightly", check=None)
    assert done.returncode == 0, done.stdout + done.stderr
    wait_for(lambda: newest(field)["commit_count"], "the report")
    assert newest(field)["state"] == "succeeded"
    assert git(field.tree_of(), "log", "-1", "--format=%ae %s").strip().endswith("by-night")


@pytest.mark.long
def test_it_can_do_all_and_still_not_leave(field: Field) -> None:
    """With every permission of its own it is kept in by the sandbox alone."""
    populate(field.person)
    declare(field, permissions="all")
    field.run("apply", "--yes")
    field.wait_state("docs", "done")
    database = field.home / "state.db"

    out = OUT.format(out=field.person, secret=database)
    field.run("send", "docs", out)

    said = asked(field, "Out.", results=1).results[-1]
    rests(field)
    assert "tried" in said
    assert "Read-only file system" in said
    assert "No such file" in said
    assert not (field.person / "out.txt").exists()
