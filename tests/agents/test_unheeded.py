"""Which options of an agent its kind cannot heed."""

import pytest

from constellagent.agents.unheeded import unheeded
from tests.agents.specs import spec


@pytest.mark.parametrize("kind", ["claude", "codex", "copilot", "opencode", "aider"])
def test_who_asks_for_nothing_loses_nothing(kind: str) -> None:
    """What is not said is no promise."""
    assert unheeded(spec(kind)) == []


@pytest.mark.parametrize("kind", ["codex", "aider"])
def test_a_program_without_words_for_an_option(kind: str) -> None:
    """It has none for single tools; the others have."""
    assert unheeded(spec(kind, options={"allow": ["x"], "permissions": "read"})) == [
        f"{kind} has no way to heed `options.allow`"
    ]
    assert unheeded(spec("claude", options={"allow": ["x"], "permissions": "read"})) == []


def test_a_shell_line_gets_no_options() -> None:
    """A permission that is not kept is told of; a plain command was promised none."""
    (told,) = unheeded(spec("claude", shell="claude --continue", options={"permissions": "read"}))
    assert told == "a shell line gets none of `options:` (permissions); give it words of its own"
    (told,) = unheeded(spec("codex", shell="x", options={"model": "m", "args": ["-v"]}))
    assert "(model, args)" in told
    assert unheeded(spec("command", command=["x"], options={"permissions": "read"})) == []


def test_what_needs_a_profile_of_its_own() -> None:
    """Gemini's hooks and tools; not where they are not wanted."""
    assert unheeded(spec("gemini")) == ["gemini takes hooks and mcp only with `options.profile: agent`"]
    assert unheeded(spec("gemini", options={"profile": "agent"})) == []
    assert unheeded(spec("gemini", options={"hooks": False, "mcp": False})) == []
