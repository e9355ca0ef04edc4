"""opencode: `--prompt` starts its screen with a prompt; `run` works on it and ends."""

from constellagent.agents.command import as_value, declared
from constellagent.spec.models import Agent


def argv(spec: Agent, prompt: str | None, headless: bool) -> tuple[str, ...]:
    """Return `opencode` with its prompt; a declared command takes the place of the program's name."""
    words = declared(spec, "opencode")
    if prompt is None:
        return words
    return (*words, "run", "--", prompt) if headless else (*words, "--prompt", as_value(prompt))
