"""`run --agents`: starting a race and following it."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import UnavailableError
from constellagent.faces.cli import race_following
from constellagent.runtime.race_views import RaceView
from tests.faces.cli.conftest import OnTerminal
from tests.faces.cli.raced import going, race_view, run_view
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, Queue
from tests.reliability.lab import wait_for


def goes(daemon: FakeControl) -> None:
    """Let a race begin, run and end."""
    begun = race_view(going("ada"), going("bob"))
    half = race_view(going("ada", "running"), run_view("bob"))
    daemon.answers["start"] = begun
    daemon.answers["show"] = Queue([begun, half, half, race_view(), race_view()])


def test_a_race_is_followed_to_its_end(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """One line for each change, then the table; one that succeeded is enough."""
    goes(daemon)
    ran = cli("run", "--agents", "ada, bob", "Do it.", "--base", "v1", "--timeout", "20m")

    assert ran.code == 0
    assert ran.err.splitlines() == [
        "race 1a2b3c4d: races/1a2b3c4d/ada, races/1a2b3c4d/bob",
        "ada is being started",
        "bob is being started",
        "ada runs",
        "bob succeeded (1m15s, 1 commit, +10 -3)",
        "ada succeeded (1m15s, 1 commit, +10 -3)",
        "bob failed (1m15s, 1 commit, +10 -3): exit status 1",
        "`constellagent race keep 1a2b3c4d AGENT` takes the work of one of them",
    ]
    assert ran.out.splitlines()[0] == "race 1a2b3c4d from main (ffffffffffff): over, 1 of 2 succeeded"
    file = str(repo / "constellation.yaml")
    first, second, *_, last = daemon.requests("race")
    assert first == {
        "file": file,
        "action": "start",
        "agents": ["ada", "bob"],
        "prompt": "Do it.",
        "base": "v1",
        "timeout": 1200.0,
    }
    assert second == {"file": file, "action": "show", "race": "1a2b3c4d", "brief": True}
    assert last == {"file": file, "action": "show", "race": "1a2b3c4d"}


def test_a_daemon_that_dies_ends_nothing(
    daemon: FakeControl, repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one is asked; where there is none, it is said how to see the race again."""
    goes(daemon)
    follow, deaths = race_following._to_the_end, [1, 1]

    def dying(*given: Any, quiet: bool) -> RaceView:
        if deaths:
            deaths.pop()
            raise UnavailableError("the daemon went away")
        return follow(*given, quiet=quiet)

    monkeypatch.setattr(race_following, "_to_the_end", dying)
    gone = cli("run", "--agents", "ada,bob", "Do it.")
    assert gone.code == 69
    assert "race 1a2b3c4d goes on: `constellagent race show 1a2b3c4d` shows it" in gone.err

    deaths.append(1)
    assert cli("run", "--agents", "ada,bob", "Do it.").code == 0


def test_a_race_without_a_winner_fails(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The exit code is 1 where nobody succeeded; --json is the race alone."""
    lost = race_view(run_view("ada", state="timeout"), run_view("bob", state="failed"))
    daemon.answers |= {"start": lost, "show": lost}
    ran = cli("run", "--agents", "ada,bob", "Do it.", "--json")
    assert (ran.code, ran.err) == (1, "")
    assert json.loads(ran.out)["race"] == "1a2b3c4d"


def test_detach(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """--detach prints the race's id and does not wait."""
    goes(daemon)
    assert cli("run", "--agents", "ada,bob", "Do it.", "-d").out == "1a2b3c4d\n"
    assert json.loads(cli("run", "--agents", "ada,bob", "Do it.", "-d", "--json").out)["race"] == "1a2b3c4d"
    assert {request["action"] for request in daemon.requests("race")} == {"start"}


def test_the_prompt_comes_from_a_file_or_a_pipe(
    daemon: FakeControl, repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Word for word; a run of one agent takes the file too."""
    daemon.answers["start"] = race_view()
    (repo / "prompt.md").write_text("Line one\nline two\n")
    cli("run", "--agents", "ada,bob", "-d", "--prompt-file", str(repo / "prompt.md"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"From a pipe\n")))
    cli("run", "--agents", "ada,bob", "-d")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"From a dash\n")))
    cli("run", "--agents", "ada,bob", "-d", "-")
    cli("run", "docs", "-d", "--prompt-file", str(repo / "prompt.md"))

    assert [one["prompt"] for one in daemon.requests("race")] == [
        "Line one\nline two\n",
        "From a pipe\n",
        "From a dash\n",
    ]
    assert daemon.requests("run")[0]["prompt"] == "Line one\nline two\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--agents", "ada,,bob", "x"], "names no agents"),
        (["--agents", "ada,bob", "x", "y"], "--agents takes one prompt"),
        (["--agents", "ada,bob", "--", "ls"], "--agents takes one prompt"),
        (["--agents", "ada,bob", "x", "--prompt-file", "y"], "not both"),
        (["--agents", "ada,bob", "--prompt-file", "nowhere"], "cannot be read"),
        (["--agents", "ada,bob", "x", "--timeout", "0"], "longer than zero"),
        (["docs", "x", "--base", "main"], "--base is for a race"),
        ([], "name an agent"),
    ],
)
def test_what_makes_no_sense_is_refused(
    daemon: FakeControl, repo: Path, cli: Cli, words: list[str], said: str
) -> None:
    """Nothing is started."""
    ran = cli("run", *words)
    assert (ran.code, said in ran.err) == (64, True), ran.err
    assert daemon.asked == []


@pytest.mark.parametrize(
    ("data", "said"),
    [(b" \n", "is empty"), (b"\xff", "no UTF-8"), (b"x" * ((1 << 20) + 1), "longer than 1 MiB")],
)
def test_a_prompt_is_text(daemon: FakeControl, repo: Path, cli: Cli, data: bytes, said: str) -> None:
    """An empty, a huge and a binary prompt are mistakes."""
    (repo / "prompt").write_bytes(data)
    ran = cli("run", "--agents", "ada,bob", "--prompt-file", str(repo / "prompt"))
    assert (ran.code, said in ran.err) == (64, True), ran.err


def test_interrupting_ends_the_following_only(
    daemon: FakeControl, repo: Path, terminal: Callable[..., OnTerminal]
) -> None:
    """Ctrl-C says how to look at the race, and how to end it."""
    begun = race_view(going("ada"), going("bob"))
    daemon.answers |= {"start": begun, "show": begun}
    on = terminal("run", "--agents", "ada,bob", "Do it.")
    on.until("bob is being started")
    wait_for(lambda: len(daemon.requests("race")) > 1, "the race to be looked at")
    on.interrupt()
    assert on.end() == 130
    assert "race 1a2b3c4d goes on" in on.said
    assert {request["action"] for request in daemon.requests("race")} == {"start", "show"}
