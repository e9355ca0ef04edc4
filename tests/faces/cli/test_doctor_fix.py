"""`doctor --fix`: it asks on a terminal, only lists without one, and says what became of each finding."""

import json
from collections.abc import Callable

import pytest

from constellagent.faces.cli import doctor_fix
from constellagent.runtime.mending.finding import Finding
from constellagent.runtime.paths import Paths
from tests.faces.cli.conftest import OnTerminal
from tests.faces.conftest import Cli


@pytest.fixture
def home(paths: Paths, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """Give a state in which one file can be read by others."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(paths.home))
    monkeypatch.delenv("CONSTELLAGENT_SESSION", raising=False)
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    (paths.locks / "open").write_text("")
    (paths.locks / "open").chmod(0o644)
    return paths


def test_without_a_terminal_it_only_lists(home: Paths, cli: Cli) -> None:
    """Exit code 1 says that something is left that can be mended."""
    ran = cli("doctor", "--fix")
    assert ran.code == 1
    assert ran.out.startswith("left      open modes: ")
    assert (home.locks / "open").stat().st_mode & 0o777 == 0o644


def test_yes_mends_and_a_second_time_finds_nothing(home: Paths, cli: Cli) -> None:
    """It says before what it does, and after what it did."""
    ran = cli("doctor", "--fix", "--yes")
    assert (ran.code, ran.out.split()[0]) == (0, "mended")
    assert "make it yours alone" in ran.err
    assert (home.locks / "open").stat().st_mode & 0o777 == 0o600
    assert cli("doctor", "--fix", "--yes").out == "nothing to mend\n"


def test_json_says_what_became_of_each(home: Paths, cli: Cli) -> None:
    """One object for each finding."""
    (row,) = json.loads(cli("doctor", "--fix", "--yes", "--json").out)
    assert (row["area"], row["kind"], row["outcome"], row["safe"]) == (
        "leftovers",
        "open modes",
        "mended",
        True,
    )


@pytest.mark.parametrize(("answer", "outcome", "mode"), [("n", "declined", 0o644), ("y", "mended", 0o600)])
def test_on_a_terminal_it_asks(
    home: Paths, terminal: Callable[..., OnTerminal], answer: str, outcome: str, mode: int
) -> None:
    """Each finding by itself; a no leaves it as it is."""
    on = terminal("doctor", "--fix", columns=200)
    on.until("[y/N] ")
    on.type(f"{answer}\n")
    assert on.end() == int(outcome == "declined")
    assert outcome in on.said
    assert (home.locks / "open").stat().st_mode & 0o777 == mode


def test_plain_doctor_names_what_it_would_offer(home: Paths, cli: Cli) -> None:
    """Without --fix nothing is changed."""
    ran = cli("doctor")
    assert "open modes: " in ran.out
    assert "`constellagent doctor --fix` would make it yours alone" in ran.out
    assert (home.locks / "open").stat().st_mode & 0o777 == 0o644


def test_yes_needs_fix_and_a_session_may_not(home: Paths, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent must not end the daemon that watches it."""
    assert cli("doctor", "--yes").code == 64
    monkeypatch.setenv("CONSTELLAGENT_SESSION", "0" * 32)
    assert cli("doctor", "--fix", "--yes").code == 69


def test_a_grave_finding_fails_and_one_without_advice_is_fine() -> None:
    """The level of a line says how bad it is."""
    levels = [
        doctor_fix.as_check(Finding("state", "damaged state", "s", "x", "set it aside", grave=True)).level,
        doctor_fix.as_check(Finding("locks", "stale lock", "s", "x", "remove it")).level,
        doctor_fix.as_check(Finding("locks", "old lock", "s", "x")).level,
    ]
    assert levels == ["fail", "warn", "ok"]


@pytest.mark.parametrize("kind", ["no look", "unknown repository", "unknown worktree", "unknown processes"])
def test_what_could_not_be_looked_at_is_never_fine(kind: str) -> None:
    """Nobody knows how it is, also where there is nothing to advise."""
    assert doctor_fix.as_check(Finding("worktrees", kind, "s", "x")).level == "warn"
