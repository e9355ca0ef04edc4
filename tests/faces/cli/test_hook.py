"""`constellagent hook`, called through the command line proper: with options first, or for help."""

import pytest

from constellagent.__main__ import main
from constellagent.faces.cli import hook
from constellagent.runtime import hook_program
from constellagent.runtime.holder import protocol
from tests.faces.conftest import Cli


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this be no session."""
    monkeypatch.delenv(protocol.REPORT_SOCKET, raising=False)
    monkeypatch.delenv(protocol.REPORT_TOKEN, raising=False)


def test_outside_a_session_it_does_nothing(cli: Cli) -> None:
    """Exit 0, and nothing printed."""
    done = cli("hook", "working")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_verbose_says_why(cli: Cli) -> None:
    """A person who tries it learns what is missing."""
    done = cli("hook", "--verbose", "idle")
    assert (done.code, done.out) == (0, "")
    assert "this is no session of constellagent" in done.err


def test_help_tells_every_event(cli: Cli) -> None:
    """What a program may report is written where one looks for it."""
    done = cli("hook", "--help")
    assert done.code == 0
    for event in (*hook_program.STATES, *hook_program.AGENTS):
        assert event in done.out
    assert "constellagent-hook" in done.out


@pytest.mark.parametrize(
    ("words", "quick"),
    [
        (["hook", "working"], True),
        (["hook", "claude", "{}", "--verbose"], True),
        (["hook", "working", "--help"], False),
        (["hook", "--verbose", "working"], False),
        (["hook"], False),
        (["hooked", "working"], False),
    ],
)
def test_a_call_with_an_event_takes_the_quick_way(
    monkeypatch: pytest.MonkeyPatch, words: list[str], quick: bool
) -> None:
    """Only help, completion and mistakes load the command line."""
    taken: list[list[str]] = []

    def program(given: list[str]) -> int:
        taken.append(given)
        return 0

    monkeypatch.setattr(hook_program, "main", program)
    monkeypatch.setattr("constellagent.faces.cli.boundary.run", lambda _: 1)
    monkeypatch.setattr("sys.argv", ["constellagent", *words])
    assert main() == (0 if quick else 1)
    assert taken == ([words[1:]] if quick else [])


def test_all_that_is_given_reaches_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever way it is called, the words are the same."""
    taken: list[list[str]] = []

    def program(given: list[str]) -> int:
        taken.append(given)
        return 0

    monkeypatch.setattr(hook_program, "main", program)
    assert hook.hook("codex", ['{"a": 1}'], reason="r", message="m", verbose=True) == 0
    assert taken == [["codex", '{"a": 1}', "--reason=r", "--message=m", "--verbose"]]
