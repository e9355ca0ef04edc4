"""A whole day of a real coding agent, from its first start to its schedule, for each kind that is proven.

One field, one agent, and everything that a person relies on, in the order in which a person meets it. What
was seen of each is printed: `pytest -s` shows it.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.e2e.agents.field import Field
from tests.e2e.agents.home import added, changed, look, populate
from tests.e2e.agents.witness import (
    ANSWERS,
    KINDS,
    PATIENCE,
    SHOWN,
    USUALLY,
    Witness,
    asking,
    press,
    speaking,
)
from tests.models.orders import Turn
from tests.programs import needs
from tests.reliability.lab import git, wait_for

pytestmark = pytest.mark.timeout(900)  # a real program that hangs is told by the waits below

MAIL = "The build is green again"
FIRST = "Work.\n!write n.txt hello\n!wait 2\n!run git add n.txt && git commit -q -m by-agent\n!say worked"
NIGHTLY = "Nightly.\n!write m.txt night\n!run git add m.txt && git commit -q -m by-night\n!say slept"
CACHES = {
    "claude": (".cache/claude-cli-nodejs/",),
    "codex": (),
    "copilot": (".cache/copilot/", ".cache/Microsoft/"),
    "gemini": (),
    "opencode": (".local/share/opencode/", ".local/share/opentui/", ".local/state/", ".cache/", ".npm/"),
}
"""What a kind adds to the person's home whatever its profile is, none of it configuration: logs of MCP
servers, itself unpacked; opencode keeps its database there."""
OWN = {kind: {"hook"} for kind in KINDS} | {"codex": {"hook", "report"}}
"""What an agent says itself: codex reports its state on its terminal too, which may be a moment ahead."""


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


def declare(field: Field) -> None:
    """Declare the agent `docs` with its prompt and a schedule, and a mate who has an address too."""
    said = speaking(field, profile="agent")
    said["options"] |= {"permissions": "edit", "unattended": "edit"}
    said["schedules"] = {"nightly": {"cron": "0 9 * * *", "prompt": NIGHTLY}}
    docs = json.dumps({"kind": field.kind, "prompt": FIRST, **said})
    field.write(f'agents:\n  docs: {docs}\n  mate: {{command: [sleep, "3600"]}}\n')


class Tale:
    """Tells what was seen, one line for each thing that must show."""

    def __init__(self, kind: str) -> None:
        """Say of whom."""
        self._kind = kind

    def __call__(self, what: str, seen: object) -> None:
        """Tell one thing."""
        print(f"{self._kind}: {what}: {seen}")


def turns(field: Field) -> list[Turn]:
    """Return what the model was asked for in turns; what it is asked for beside them has no tools."""
    return [turn for turn in list(field.model.turns) if turn.tools]


def asked(field: Field, begin: str, *, results: int) -> Turn:
    """Wait until the model was asked for a prompt that begins so, with these results; returns that turn."""

    def found() -> list[Turn]:
        return [one for one in turns(field) if one.prompt.startswith(begin) and len(one.results) >= results]

    wait_for(found, f"the model to be asked: {begin}", PATIENCE.get(field.kind, USUALLY))
    return found()[-1]


def rests(field: Field) -> None:
    """Wait until the agent has nothing to do."""
    field.wait_state("docs", "done", "waiting:idle prompt", patience=PATIENCE.get(field.kind, USUALLY))


def test_a_whole_day(field: Field) -> None:
    """It works, asks, is told more, goes on after a restart, reads its mail, and runs by night."""
    tale = Tale(field.kind)
    populate(field.person)
    before = look(field.person)
    declare(field)
    field.run("doctor", check=None)
    field.run("plan")
    with Witness(field) as witness:
        starts(field, witness)
        works_on_its_prompt(field, witness, tale)
        asks_and_is_answered(field, witness, tale)
        reads_its_inbox(field, tale)
        goes_on_after_a_restart(field, tale)
        runs_by_night(field, tale)
    leaves_the_home_alone(field, before, tale)


def starts(field: Field, witness: Witness) -> None:
    """Apply starts it. It is slow to begin, so that nobody misses that it is starting."""
    program, held = field.folder / "bin" / field.kind, field.folder / "held"
    real = program.rename(held.with_name(f"{field.kind}-itself"))
    program.write_text(f'#!/bin/sh\nwhile [ -e "{held}" ]; do sleep 0.05; done\nexec "{real}" "$@"\n')
    program.chmod(0o755)
    held.touch()
    applying = field.start("apply", "--yes")
    witness.wait("starting", 0)
    held.unlink()
    said, failed = applying.communicate(timeout=150)
    assert applying.returncode == 0, said + failed


def works_on_its_prompt(field: Field, witness: Witness, tale: Tale) -> None:
    """Started by apply, it edits and commits as its identity, and its hooks tell of the turn."""
    done = witness.wait("done", 0)
    tale("apply starts it in its worktree with its prompt", field.view()["path"])
    log = git(field.tree_of(), "log", "-1", "--format=%an <%ae> %s").strip()
    tale("it edits a file and commits as its identity", log)
    tale("status", witness.told())

    assert log == f"docs <{field.view()['address']}> by-agent"
    assert (field.tree_of() / "n.txt").read_text() == "hello\n"
    assert git(field.tree_of(), "status", "--porcelain") == ""
    assert witness.seen[-1] == "done"
    assert witness.seen[:2] == ["stopped", "starting"]
    assert "starting" not in witness.seen[2:]
    assert set(witness.seen) <= {"stopped", "starting", "unknown", "working", "waiting:idle prompt", "done"}
    working = set().union(*(witness.known[at] for at, one in enumerate(witness.seen) if one == "working"))
    assert "hook" in working
    assert done & OWN[field.kind]


def asks_and_is_answered(field: Field, witness: Witness, tale: Tale) -> None:
    """A second prompt needs a permission, which shows, and is given by a key."""
    since, file = len(witness.seen), field.folder / "asked.txt"
    field.run("send", "docs", f"Ask.\n{asking(field, file)}\n!say asked")
    question = witness.wait("waiting:permission", since)
    wait_for(lambda: SHOWN[field.kind] in field.screen("docs"), "the question to be shown")
    refused = field.run("send", "docs", "--wait", "1", "Not now.", check=1)
    assert not file.exists()
    asked_at = len(witness.seen)
    press(field, ANSWERS[field.kind])
    done = witness.wait("done", asked_at)
    tale("send delivers a second prompt", "it began a turn")
    tale("a permission question shows", f"waiting (permission), known from {sorted(question)}")
    tale("a text while it asks", refused.stderr.splitlines()[0])
    tale("answered by its key it goes on", witness.told(since))

    assert question & OWN[field.kind]
    assert done & OWN[field.kind]
    assert file.read_text() == "yes\n"


def reads_its_inbox(field: Field, tale: Tale) -> None:
    """Mail that a mate sends is what its tools read."""
    address = field.view()["address"]
    field.run("identity", "send", "mate", "--to", address, "--subject", MAIL, "--body", "See for yourself.")
    field.run("send", "docs", "Read.\n!use ravi_inbox_email {}\n!say read")
    read = asked(field, "Read.", results=1).results[-1]
    tale("its MCP tools read its own inbox", " ".join(read.split())[:120])

    assert MAIL in read
    assert field.view("mate")["address"] in read
    rests(field)


def goes_on_after_a_restart(field: Field, tale: Tale) -> None:
    """The next session is told all earlier prompts, and not given the first one again."""
    first = field.view()["session"]["id"]
    said = field.run("restart", "docs").stdout.strip()
    rests(field)
    field.run("send", "docs", "Last.\n!say last")
    prompts = asked(field, "Last.", results=0).prompts
    tale("restart", said)
    tale("the model is then told", [prompt.splitlines()[0] for prompt in prompts])

    assert field.view()["session"]["id"] != first
    assert "goes on" in said
    assert [prompt.splitlines()[0] for prompt in prompts] == ["Work.", "Ask.", "Read.", "Last."]


def runs_by_night(field: Field, tale: Tale) -> None:
    """A run of its schedule ends by itself, with an exit code, and a row in the ledger."""
    done = field.run("schedule", "run", "docs/nightly", check=None)
    assert done.returncode == 0, done.stdout + done.stderr
    row = newest(field)
    if not row["commit_count"]:
        wait_for(lambda: newest(field)["commit_count"], "the report")
        row = newest(field)
    kept = {key: row.get(key) for key in ("state", "exit_status", "commit_count", "usage")}
    tale("a scheduled headless run ends", f"exit {done.returncode}; ledger {kept}")

    assert (row["state"], row["exit_status"], row["commit_count"]) == ("succeeded", 0, 1)


def newest(field: Field) -> dict[str, Any]:
    """Return the newest row of the ledger."""
    (row, *_) = field.json("schedule", "history")
    found: dict[str, Any] = row
    return found


def leaves_the_home_alone(field: Field, before: Mapping[str, str], tale: Tale) -> None:
    """The person's whole home is as it was, logins and all, but for what is added to the cache."""
    field.run("daemon", "stop", "--sessions", "--yes")
    after = look(field.person)
    new = added(before, after)
    tale("the person's home", f"{len(before)} files as before; {len(new)} new, all in {CACHES[field.kind]}")

    assert not changed(before, after)
    assert not [name for name in new if not name.startswith(CACHES[field.kind])]
