"""aider: takes a first prompt only for a run that ends by itself; in a conversation it is typed."""

from constellagent.agents.command import as_value, declared
from constellagent.agents.kind import Kind, Place, Start, Task, Tools
from constellagent.spec.models import Agent


def start(spec: Agent, task: Task, place: Place, tools: Tools | None) -> Start:
    """Return `aider`, with `--message` where it is to work on a prompt and end."""
    del place, tools
    words = declared(spec, "aider")
    if task.prompt is None:
        return Start(words)
    if not task.headless:
        return Start(words, later=task.prompt)
    return Start((*words, "--yes-always", "--message", as_value(task.prompt)))


KIND = Kind("aider", "aider", start)
