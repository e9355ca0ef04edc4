"""Copilot CLI: `-i` starts a conversation with the prompt; `-p` answers it and ends."""

from constellagent.agents.command import as_value, declared
from constellagent.spec.models import Agent


def argv(spec: Agent, prompt: str | None, headless: bool) -> tuple[str, ...]:
    """Return `copilot` with its prompt; a declared command takes the place of the program's name."""
    words = declared(spec, "copilot")
    if prompt is None:
        return words
    return (*words, "-p" if headless else "-i", as_value(prompt))
