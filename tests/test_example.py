"""The example constellation works: loaded, planned and applied for real in a fresh clone."""

import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from constellagent.spec.limits import Budget, Limits
from constellagent.spec.load import load
from constellagent.spec.models import (
    Agent,
    Constellation,
    Env,
    KeepRuns,
    On,
    OnMessage,
    Retries,
    Schedule,
    Service,
)
from constellagent.spec.options import Options
from constellagent.spec.values import Block
from tests.checkout import EXAMPLE, ROOT, Clone, clone_tree, free_the_port, lived_in

FILE = ROOT / EXAMPLE
AUTHORS = {
    "agents/census": ("census", "census@demo.test", "census.md"),
    "docs/history": ("history", "history@demo.test", "history.md"),
    "agents/reader": ("reader", "reader@demo.test", "keys.md"),
    "agents/herald": ("herald", "the.herald@demo.test", "index.html"),
}
"""Who commits which report on which branch."""

SIGNED_UP = {
    "ada": ("linkhouse.example", 0),
    "bea": ("codebarn.example", 0),
    "cal": ("textmill.example", 0),
    "dan": ("twokeys.example", 1),
}
"""Who has a password of which service, and how many secrets."""

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A fresh clone in which the example was applied."""
    clone = clone_tree(tmp_path_factory.mktemp("example"))
    free_the_port(clone)
    with lived_in(clone):
        _call(clone, "apply", "--yes")
        yield clone


def _call(clone: Clone, *words: str, status: int | None = 0) -> str:
    done = clone.run("constellagent", *words, "--file", EXAMPLE, status=status)
    return done.stdout + done.stderr


def _states(clone: Clone) -> dict[str, str]:
    """Return how each session stands; of a live one, what its terminal shows is left out."""
    views: list[dict[str, Any]] = json.loads(
        clone.run("constellagent", "status", "--file", EXAMPLE, "--json").stdout
    )
    rows = [*views[0]["agents"], *views[0]["services"]]
    return {
        row["name"]: "running" if row["session"] and row["session"]["live"] else row["state"] for row in rows
    }


def _until(condition: Callable[[], bool], what: str, seconds: float = 100) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


def _worktree(clone: Clone, agent: str) -> Path:
    return clone.repo.parent / f"{clone.repo.name}.worktrees" / agent


def test_it_loads_without_a_problem() -> None:
    """The example is valid and declares eleven agents and five services."""
    constellation = load(FILE.read_bytes(), EXAMPLE).constellation

    assert len(constellation.agents) == 11
    assert len(constellation.services) == 5


@pytest.mark.parametrize(
    "block",
    [
        Constellation,
        Service,
        Env,
        Agent,
        Options,
        Limits,
        Budget,
        Schedule,
        On,
        OnMessage,
        Retries,
        KeepRuns,
    ],
)
def test_it_teaches_every_key(block: type[Block]) -> None:
    """Every key of the language stands in the example, in use or in a comment."""
    words = set(re.findall(r"\w+", FILE.read_text(encoding="utf-8")))

    assert {field.alias or name for name, field in block.model_fields.items()} - words == set()


def test_its_coding_agents_load_without_their_marks() -> None:
    """What is commented out for want of an account is as valid as the rest, limits and schedules included."""
    text = FILE.read_text(encoding="utf-8")
    head, mark, tail = text.partition("  # auth-redesign:\n")
    entries = re.sub(r"^  #( |$)", "  ", mark + tail, flags=re.MULTILINE)
    limits = re.sub(r"^  # (?=\w+_(?:per|run)|working)", "  ", head, flags=re.MULTILINE)

    constellation = load((limits + entries).encode(), EXAMPLE).constellation

    kinds = {name: agent.kind for name, agent in constellation.agents.items() if agent.kind != "command"}
    assert kinds == {"auth-redesign": "claude", "auth-review": "codex", "dependencies": "copilot"}
    assert None not in constellation.limits.model_dump().values()


def test_every_agent_becomes_ready(applied: Clone) -> None:
    """Reports and sign-ups finish, the others and the services run, the scheduled ones are not started."""
    wanted = {
        "census": "done",
        "history": "done",
        "reader": "done",
        "herald": "running",
        "shell": "running",
        "watch": "stopped",
        "clerk": "stopped",
        **dict.fromkeys(SIGNED_UP, "done"),
        **dict.fromkeys(("library", "linkhouse", "codebarn", "textmill", "twokeys"), "running"),
    }

    _until(lambda: _states(applied) == wanted, f"{wanted}, but {_states(applied)}")


@pytest.mark.parametrize(("branch", "name", "address", "report"), [(b, *rest) for b, rest in AUTHORS.items()])
def test_every_agent_commits_as_itself(
    applied: Clone, branch: str, name: str, address: str, report: str
) -> None:
    """The newest commit of each branch holds the report, by the agent's identity and by nobody else."""
    shown = ["git", "log", "-1", "--format=%an|%ae|%cn|%ce", "--name-only", branch]
    wanted = [f"{name}|{address}|{name}|{address}", "", f"reports/{report}"]

    _until(lambda: applied.run(*shown).stdout.splitlines() == wanted, f"a commit of {name} on {branch}")
    assert address in applied.run("git", "show", f"{branch}:reports/{report}").stdout


def test_the_reader_read_from_the_service(applied: Clone) -> None:
    """What the service serves arrived in the reader's report."""
    _until(lambda: _states(applied)["reader"] == "done", "the reader is done")

    assert "- `agents`" in applied.run("git", "show", "agents/reader:reports/keys.md").stdout


@pytest.mark.parametrize("agent", SIGNED_UP)
def test_every_sign_up_is_in_its_own_vault(applied: Clone, agent: str) -> None:
    """Each agent has the password of its own service, and the one that was given an API key has that."""
    domain, secrets = SIGNED_UP[agent]
    _until(lambda: _states(applied)[agent] == "done", f"{agent} is done")

    passwords: list[dict[str, Any]] = json.loads(_call(applied, "identity", "passwords", agent, "--json"))
    kept: list[dict[str, Any]] = json.loads(_call(applied, "identity", "secrets", agent, "--json"))
    assert [entry["domain"] for entry in passwords] == [domain]
    assert len(kept) == secrets


def test_the_herald_serves_on_its_own_port(applied: Clone) -> None:
    """The reserved port answers with the page that the agent wrote."""

    def address() -> str | None:
        found = re.search(r"http://127\.0\.0\.1:\d+/", _call(applied, "logs", "herald"))
        return found.group() if found else None

    _until(lambda: address() is not None, "the herald says where it serves")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def page() -> str:
        try:
            with opener.open(address() or "", timeout=30) as answer:
                text: str = answer.read().decode()
        except OSError:
            return ""
        return text

    _until(lambda: "the.herald@demo.test serves this page" in page(), "the herald's page")


def test_the_shell_waits_for_input(applied: Clone) -> None:
    """Text that is sent to the interactive agent runs in its worktree, as its identity."""
    _call(applied, "send", "shell", "ravi get email --plain > me.txt")
    file = _worktree(applied, "shell") / "me.txt"

    _until(lambda: file.exists() and file.read_text() == "shell@demo.test\n", "the shell wrote who it is")
    file.unlink()


def test_nothing_is_left_to_do(applied: Clone) -> None:
    """The second plan is empty, and the second apply touches no file of any worktree."""
    _until(lambda: "starting" not in _states(applied).values(), "all agents have started")
    _until(lambda: _states(applied)["census"] == "done", "the census is done")
    folders = _worktree(applied, "census").parent
    before = {path: path.lstat().st_mtime_ns for path in folders.rglob("*")}

    _call(applied, "plan", "--detailed-exitcode")
    _call(applied, "apply", "--yes")

    assert {path: path.lstat().st_mtime_ns for path in folders.rglob("*")} == before


def test_its_schedules_are_fine(applied: Clone) -> None:
    """The dry-run finds nothing at all to say about them."""
    said = applied.run("constellagent", "schedule", "check", EXAMPLE, "--fail-on", "info").stdout

    assert said.startswith("2 schedules, ")
    assert said.endswith(" 0 errors, 0 warnings\n")


def test_its_schedules_are_in_effect(applied: Clone) -> None:
    """The daemon knows both, and expects the same next fire as the dry-run."""
    shown: list[dict[str, Any]] = json.loads(_call(applied, "schedule", "show", "--json"))
    coming = _call(applied, "schedule", "list", "watch", "-n", "1", "-o", "plain")

    assert {view["schedule"]: view["state"] for view in shown} == {
        "watch/morning": "on",
        "clerk/orders": "on",
    }
    assert [f"{fire['fire_at']} watch/morning\n" for fire in shown[0]["next"][:1]] == [coming]


def _runs(clone: Clone) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(_call(clone, "schedule", "history", "clerk", "--json"))
    return rows


def _inbox(clone: Clone, agent: str) -> list[str]:
    said = clone.run(
        "constellagent", "run", agent, "--file", EXAMPLE, "--", "ravi", "message", "email"
    ).stdout
    return [mail["subject"] for mail in json.loads(said) if mail["direction"] == "incoming"]


def test_orders_by_mail_are_done_and_answered(applied: Clone) -> None:
    """Each mail wakes the clerk, which does that order on a branch of its own, commits, and answers."""
    for words in ("git worktree", "SIGTERM"):
        order = ["--to", "clerk@demo.test", "--subject", f"order: find {words}", "--body", "please"]
        _call(applied, "identity", "send", "shell", *order)

    answers = ["Re: order: find SIGTERM", "Re: order: find git worktree"]
    _until(lambda: sorted(_inbox(applied, "shell")) == answers, "two answers of the clerk")
    _until(lambda: [run["commit_count"] for run in _runs(applied)] == [1, 1], f"runs, but {_runs(applied)}")
    for run in _runs(applied):
        told = {key: run[key] for key in ("schedule", "reason", "state", "exit_status")}
        assert told == {"schedule": "clerk/orders", "reason": "email", "state": "succeeded", "exit_status": 0}
        assert run["did"]["mails_sent"] == 1
        assert run["did"]["mails_read"] >= 1
        assert run["branch"].startswith("runs/clerk/orders/")
        author = applied.run("git", "log", "-1", "--format=%an <%ae>", run["branch"]).stdout
        assert author == "clerk <clerk@demo.test>\n"
        assert "- README.md:" in applied.run("git", "show", f"{run['branch']}:reports/order.md").stdout
        assert "order: find" not in json.dumps(run), "what a mail says is not in the ledger"
