"""Codex: the prompt is its last word; `exec` works on it and ends."""

from constellagent.agents.command import declared
from constellagent.spec.models import Agent


def argv(spec: Agent, prompt: str | None, headless: bool) -> tuple[str, ...]:
    """Return `codex` with its prompt; a declared command takes the place of the program's name."""
    words = declared(spec, "codex")
    if prompt is None:
        return words
    return (*words, "exec", "--", prompt) if headless else (*words, "--", prompt)
