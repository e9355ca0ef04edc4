"""Claude Code: the prompt is its last word; `-p` answers it and ends."""

from constellagent.agents.command import declared
from constellagent.spec.models import Agent


def argv(spec: Agent, prompt: str | None, headless: bool) -> tuple[str, ...]:
    """Return `claude` with its prompt; a declared command takes the place of the program's name."""
    words = declared(spec, "claude")
    if prompt is None:
        return words
    return (*words, "-p", "--", prompt) if headless else (*words, "--", prompt)
