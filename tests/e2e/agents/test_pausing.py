"""Runs of real coding agents that stand still for a while: at a limit, or because they are told to."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from constellagent.faces.blocking import BlockingClient
from constellagent.runtime.paths import Paths
from tests.e2e.agents.field import Field
from tests.e2e.agents.test_headless import KINDS, begin
from tests.programs import needs
from tests.reliability.lab import wait_for

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]

WORK = "Work.\n!run echo one > one.txt\n!wait 4\n!run echo two > two.txt\n!say finished"


@pytest.fixture(params=[pytest.param(kind, marks=needs(kind)) for kind in KINDS])
def field(request: pytest.FixtureRequest) -> Iterator[Field]:
    """A place with one kind of agents."""
    with Field(request.param) as place:
        yield place


def session(field: Field, ident: str) -> dict[str, Any]:
    """Return a session's view."""
    with BlockingClient.connect(Paths(field.home).control_socket) as client:
        return {**client.session(str(field.file), ident)}


def stopped(pid: int) -> bool:
    """Say whether what a process has started is stopped."""
    found = subprocess.run(
        ["ps", "-o", "stat=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout.strip().startswith("T")


def paused(field: Field) -> bool:
    """Say whether a run of the agent is shown as paused."""
    return any(run["state"] == "paused" for run in field.view().get("runs", []))


def ended(field: Field, ident: str) -> dict[str, Any]:
    """Wait for the end of a session and return its view."""
    wait_for(lambda: not session(field, ident)["live"], "the run to end", 60)
    return session(field, ident)


def test_a_program_survives_that_it_is_stopped(field: Field) -> None:
    """It goes on where it was, answers that came meanwhile included, and ends well."""
    begin(field, "nothing")
    ident = field.run("run", "docs", "-d", WORK).stdout.strip()
    wait_for((field.tree_of() / "one.txt").exists, "the run to work", 60)
    pid = session(field, ident)["pid"]
    os.kill(pid, signal.SIGUSR1)
    wait_for(lambda: stopped(pid), "it to be stopped", 20)
    with pytest.raises(AssertionError):
        wait_for((field.tree_of() / "two.txt").exists, "nothing", 8)
    assert stopped(pid)
    os.kill(pid, signal.SIGUSR2)

    assert ended(field, ident)["exit_status"] == 0
    assert (field.tree_of() / "two.txt").read_text() == "two\n"


@needs("claude")
def test_a_run_is_paused_at_its_limit() -> None:
    """It stands still, is shown so and can be let go on; what it used in all is charged."""
    with Field("claude") as field:
        begin(field, "nothing")
        text = field.file.read_text().replace("docs: {", "docs: {limits: {tokens_per_run: 20}, ")
        field.file.write_text(text)
        field.run("apply", "--yes")
        ident = field.run("run", "docs", "-d", WORK).stdout.strip()
        wait_for(lambda: paused(field), "the run to be paused", 60)
        shown = field.view()["runs"][0]
        pid = session(field, ident)["pid"]
        assert stopped(pid)
        assert not (field.tree_of() / "two.txt").exists()
        field.run("resume", "docs")
        end = ended(field, ident)
        used = json.loads(field.run("usage", "--json").stdout)

    assert (shown["run"], shown["why"].partition(" of ")[0].rpartition(" ")[0]) == (
        ident,
        "limit: tokens_per_run",
    )
    assert end["exit_status"] == 0
    assert [(day["agent"], day["runs"]) for day in used["days"]] == [("docs", 1)]
    assert used["days"][0]["input"] > 20
