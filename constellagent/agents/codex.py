"""Codex: the prompt is its last word; `exec` works on it and ends."""

from constellagent.agents.command import declared
from constellagent.agents.kind import Kind, Place, Start, Task, Tools
from constellagent.spec.models import Agent


def start(spec: Agent, task: Task, place: Place, tools: Tools | None) -> Start:
    """Return `codex` with its prompt; a declared command takes the place of the program's name."""
    del place, tools
    words = declared(spec, "codex")
    if task.prompt is None:
        return Start(words)
    return Start((*words, "exec", "--", task.prompt) if task.headless else (*words, "--", task.prompt))


KIND = Kind("codex", "codex", start)
