"""What a person should know of the agents' programs before an apply, and that is no part of its plan.

What is installed may change without making a saved plan wrong; and an option that a program cannot heed is
the file's matter, not the world's.
"""

import asyncio
from collections.abc import Mapping

from constellagent.agents.unheeded import unheeded
from constellagent.plan.diff import Options
from constellagent.runtime.contexts import Context
from constellagent.runtime.environment import programs_of

NO_PROGRAM = "its program is not on the PATH that it gets; `constellagent doctor` says how to install it"


async def programs(context: Context, path: str) -> dict[str, str] | None:
    """Return where the agents find their programs, None where the PATH that they get is not known."""
    if not path:
        return None
    agents = {name: agent.spec for name, agent in context.desired.agents.items()}
    return await asyncio.to_thread(programs_of, agents, path)


def remarks(context: Context, found: Mapping[str, str] | None, options: Options) -> list[tuple[str, str]]:
    """Return (agent, what to know), by agent, for those that are asked about; `found` is of `programs`."""
    if options.destroy:
        return []
    missing = [name for name, place in (found or {}).items() if not place]
    told = [(name, NO_PROGRAM) for name in missing]
    told += [(name, text) for name, agent in context.desired.agents.items() for text in unheeded(agent.spec)]
    return sorted(one for one in told if not options.agents or one[0] in options.agents)
