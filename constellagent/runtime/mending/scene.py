"""One look at what all areas need, shared until somebody says that it is to be taken anew."""

import asyncio

from constellagent.runtime.mending import grounds, known
from constellagent.runtime.mending.grounds import Fault, Ground, Surroundings
from constellagent.runtime.mending.known import Known


class Scene:
    """What the state knows, and which constellations there are."""

    def __init__(self, around: Surroundings) -> None:
        """Nothing is looked at yet."""
        self.around = around
        self._known: Known | None = None
        self._grounds: tuple[list[Ground], list[Fault]] | None = None

    def forget(self) -> None:
        """Take the next look anew."""
        self._known = self._grounds = None

    async def known(self) -> Known:
        """Return what the state knows.

        Raises:
            WorldError: it cannot be read now.
        """
        if self._known is None:
            self._known = await asyncio.to_thread(known.read, self.around.paths.database)
        return self._known

    async def grounds(self) -> list[Ground]:
        """Return the constellations that can be looked at.

        Raises:
            WorldError: the state cannot be read now.
        """
        return (await self._found())[0]

    async def faults(self) -> list[Fault]:
        """Return the places that cannot be looked at."""
        return (await self._found())[1]

    async def _found(self) -> tuple[list[Ground], list[Fault]]:
        if self._grounds is None:
            self._grounds = await grounds.find(self.around, await self.known())
        return self._grounds
