"""aider: takes a first prompt only for a run that ends by itself; in a conversation it is typed."""

from constellagent.agents.command import as_value, declared
from constellagent.spec.models import Agent


def argv(spec: Agent, prompt: str | None, headless: bool) -> tuple[str, ...]:
    """Return `aider`, with `--message` where it is to work on a prompt and end."""
    words = declared(spec, "aider")
    if prompt is None or not headless:
        return words
    return (*words, "--yes-always", "--message", as_value(prompt))
