"""How any command is launched."""

import pytest

from constellagent.agents.command import KIND, declared
from tests.agents.specs import PROMPT, spec, words_of


@pytest.mark.parametrize("headless", [False, True])
@pytest.mark.parametrize("prompt", [None, PROMPT])
def test_words_are_taken_as_they_are(prompt: str | None, headless: bool) -> None:
    """A command of unknown grammar gets exactly its declared words: no prompt, no second parsing."""
    words = ("bash", "scripts/triage.sh", "$HOME; rm", "-x")

    assert words_of(KIND, spec("command", command=words), prompt, headless=headless) == words


def test_a_line_goes_to_the_shell() -> None:
    """`shell` is one line for /bin/sh and nothing else is."""
    assert words_of(KIND, spec("command", shell="npm start | tee log"), PROMPT, headless=False) == (
        "/bin/sh",
        "-c",
        "npm start | tee log",
    )


def test_the_program_is_for_who_declares_none() -> None:
    """Declared words win over the words of the kind."""
    assert declared(spec("claude"), "claude") == ("claude",)
    assert declared(spec("claude", command=["my-claude"]), "claude") == ("my-claude",)
