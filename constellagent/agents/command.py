"""Any command: exec'd as it is declared. Its prompt comes to it in `CONSTELLAGENT_PROMPT`."""

from constellagent.agents.kind import Kind, Place, Start, Task, Tools
from constellagent.spec.models import Agent


def start(spec: Agent, task: Task, place: Place, tools: Tools | None) -> Start:
    """Return the declared words, or the shell with the declared line."""
    del task, place, tools  # a command of unknown grammar gets no words that it did not ask for
    if spec.shell is not None:
        return Start(("/bin/sh", "-c", spec.shell))
    return Start(declared(spec))


def declared(spec: Agent, *program: str) -> tuple[str, ...]:
    """Return the words that the file declares, or `program` where it declares none."""
    return spec.command or program


KIND = Kind("command", "", start)
