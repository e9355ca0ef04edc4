"""How opencode is launched."""

import pytest

from constellagent.agents.opencode import argv
from tests.agents.specs import PROMPT, spec


@pytest.mark.parametrize(
    ("prompt", "headless", "words"),
    [
        (None, False, ("opencode",)),
        (None, True, ("opencode",)),
        (PROMPT, False, ("opencode", "--prompt", PROMPT)),
        (PROMPT, True, ("opencode", "run", "--", PROMPT)),
        ("--version", False, ("opencode", "--prompt", " --version")),
        ("--version", True, ("opencode", "run", "--", "--version")),
    ],
)
def test_the_prompt_is_in_its_place(prompt: str | None, headless: bool, words: tuple[str, ...]) -> None:
    """A conversation and a run get the prompt where the program takes it, never as an option."""
    assert argv(spec("opencode"), prompt, headless) == words


def test_a_declared_command_replaces_the_program() -> None:
    """Declared words stand where the program's name would, and the prompt still follows."""
    declared = spec("opencode", command=["nice", "opencode", "--verbose"])

    words = argv(declared, PROMPT, True)

    assert words[:3] == ("nice", "opencode", "--verbose")
    assert words[3:] == argv(spec("opencode"), PROMPT, True)[1:]
