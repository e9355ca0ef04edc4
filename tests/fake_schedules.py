"""The in-memory twin of the port `Schedules`; the others are in `tests/fakes.py`."""

from collections.abc import Mapping

from tests.fake_world import FakeWorld


class FakeSchedules:
    """The port `Schedules`."""

    def __init__(self, world: FakeWorld) -> None:
        self._world = world

    async def look(self) -> Mapping[str, Mapping[str, str]]:
        """Return what is in effect."""
        await self._world.call("look schedules", "")
        return {agent: dict(known) for agent, known in self._world.schedules.items()}

    async def put(self, agent: str, name: str, declared: str) -> None:
        """Put one into effect."""
        await self._world.call("put schedule", agent)
        self._world.write()
        self._world.schedules.setdefault(agent, {})[name] = declared

    async def drop(self, agent: str, name: str) -> None:
        """Take one out of effect."""
        await self._world.call("drop schedule", agent)
        self._world.write()
        self._world.schedules.get(agent, {}).pop(name, None)
