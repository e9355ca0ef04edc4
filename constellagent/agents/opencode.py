"""opencode: `--prompt` starts its screen with a prompt; `run` works on it and ends."""

from constellagent.agents.command import as_value, declared
from constellagent.agents.kind import Kind, Place, Start, Task, Tools
from constellagent.spec.models import Agent


def start(spec: Agent, task: Task, place: Place, tools: Tools | None) -> Start:
    """Return `opencode` with its prompt; a declared command takes the place of the program's name."""
    del place, tools
    words = declared(spec, "opencode")
    if task.prompt is None:
        return Start(words)
    if task.headless:
        return Start((*words, "run", "--", task.prompt))
    return Start((*words, "--prompt", as_value(task.prompt)))


KIND = Kind("opencode", "opencode", start)
