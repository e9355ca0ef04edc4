"""Claude Code: the prompt is its last word; `-p` answers it and ends."""

from constellagent.agents.command import declared
from constellagent.agents.kind import Kind, Place, Start, Task, Tools
from constellagent.spec.models import Agent


def start(spec: Agent, task: Task, place: Place, tools: Tools | None) -> Start:
    """Return `claude` with its prompt; a declared command takes the place of the program's name."""
    del place, tools
    words = declared(spec, "claude")
    if task.prompt is None:
        return Start(words)
    return Start((*words, "-p", "--", task.prompt) if task.headless else (*words, "--", task.prompt))


KIND = Kind("claude", "claude", start)
