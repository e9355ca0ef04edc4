"""Which commands a constellation file would run: what a person reads before approving it."""

from constellagent.agents.kind import Task
from constellagent.agents.start import start
from constellagent.runtime.control import CommandView
from constellagent.spec.models import Constellation


def commands_of(constellation: Constellation) -> list[CommandView]:
    """Return every command of the file, services first, in the file's order."""
    found: list[CommandView] = []
    for name, service in constellation.services.items():
        argv = ["/bin/sh", "-c", service.shell] if service.shell is not None else list(service.command or ())
        found.append(CommandView(subject=name, what="service", argv=argv))
    for name, agent in constellation.agents.items():
        found += [CommandView(subject=name, what="setup", argv=list(step)) for step in agent.setup]
        begin = start(agent, Task(agent.prompt))
        found.append(CommandView(subject=name, what="agent", argv=list(begin.argv)))
        found += [
            CommandView(subject=name, what=f"schedule {key}", argv=list(schedule.command))
            for key, schedule in agent.schedules.items()
            if schedule.command is not None
        ]
    return found
