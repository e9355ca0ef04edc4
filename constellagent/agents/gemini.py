"""Gemini CLI: `-i` starts a conversation with the prompt; `-p` answers it and ends."""

from constellagent.agents.command import as_value, declared
from constellagent.agents.kind import Kind, Place, Start, Task, Tools
from constellagent.spec.models import Agent


def start(spec: Agent, task: Task, place: Place, tools: Tools | None) -> Start:
    """Return `gemini` with its prompt; a declared command takes the place of the program's name."""
    del place, tools
    words = declared(spec, "gemini")
    if task.prompt is None:
        return Start(words)
    return Start((*words, "-p" if task.headless else "-i", as_value(task.prompt)))


KIND = Kind("gemini", "gemini", start)
