"""The tiles that are kept: those that are shown, and the last few that were, ready to be shown again."""

from collections.abc import Collection

from constellagent.faces.tui.deck import AgentId, Fleet
from constellagent.faces.tui.tile import Source, Tile

KEPT = 8
"""Hidden tiles that are kept."""


class Pool:
    """One tile per agent, made when it is first asked for."""

    def __init__(self, source: Source, fleet: Fleet) -> None:
        self._source = source
        self._fleet = fleet
        self._tiles: dict[AgentId, Tile] = {}

    def tile(self, agent: AgentId) -> Tile:
        """Return the agent's tile."""
        tile = self._tiles.pop(agent, None)
        if tile is None:
            tile = Tile(agent, self._source)
            self._follow(tile)
        self._tiles[agent] = tile  # the last one asked for is the last one to go
        return tile

    def follow(self) -> None:
        """Let every tile show its agent's newest session."""
        for tile in self._tiles.values():
            self._follow(tile)

    async def trim(self, shown: Collection[AgentId]) -> None:
        """Let go of tiles that have not been shown for longest, beyond those that are kept."""
        hidden = [agent for agent in self._tiles if agent not in shown]
        gone = [self._tiles.pop(agent) for agent in hidden[: max(0, len(hidden) - KEPT)]]
        for tile in gone:  # all were taken out before the first is waited for: another trim may begin then
            await tile.close()

    async def suspend(self) -> None:
        """Let no tile read, while something else has the terminal; `follow` lets them go on."""
        for tile in list(self._tiles.values()):  # some may be trimmed meanwhile
            await tile.suspend()

    async def close(self) -> None:
        """Let go of all."""
        for agent in list(self._tiles):
            await self._tiles.pop(agent).close()

    def _follow(self, tile: Tile) -> None:
        view = self._fleet.agent(tile.agent)
        if view is not None:
            tile.follow(view["session"])
