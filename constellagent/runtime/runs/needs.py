"""The services that an agent needs: live before its run starts, started and waited for where they are not."""

import asyncio
from collections import defaultdict

from constellagent.errors import ConflictError, WorldError
from constellagent.plan.desired import DesiredAgent, DesiredService
from constellagent.plan.observed import SessionFacts, There, Unknown
from constellagent.runtime.contexts import Context
from constellagent.runtime.ports import Step


class Needs:
    """Starts what is missing; several runs that need one service start it once."""

    def __init__(self) -> None:
        self._starting: dict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def meet(self, context: Context, agent: DesiredAgent) -> None:
        """Return once every service that `agent` needs is live.

        Raises:
            ConflictError: somebody else answers in the place of one.
            WorldError: one cannot be looked at, could not be started, or was not ready in time.
        """
        for name in agent.services:
            async with self._starting[context.id, name]:
                await self._meet(context, context.desired.services[name])

    async def _meet(self, context: Context, service: DesiredService) -> None:
        if await _live(context, service.name):
            return
        try:
            session = await _start(context, service)
        except ConflictError:
            if await _live(context, service.name):
                return  # an apply was quicker
            raise
        await context.world.launches.wait_ready(service, session)


async def _live(context: Context, service: str) -> bool:
    seen = (await context.world.sessions.look()).get(("service", service))
    if isinstance(seen, Unknown):
        raise WorldError(f"service {service} cannot be looked at: {seen.reason}")
    return isinstance(seen, There) and seen.value.live


async def _start(context: Context, service: DesiredService) -> SessionFacts:
    launch = await context.world.launches.service(service)
    async with context.world.journal.step(Step.SESSION_START, service.name):
        return await context.world.sessions.start(launch)
