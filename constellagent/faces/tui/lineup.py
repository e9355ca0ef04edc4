"""Which agents have tiles, in which order, and which one of them has the focus.

Pure. Each change returns nothing and leaves the focus on something that is shown, where anything is.
"""

from collections.abc import Iterable, Sequence

from constellagent.faces.tui.arrangement import wanted
from constellagent.faces.tui.deck import AgentId, Arrangement


class Lineup:
    """The tiles in their order.

    Attributes:
        arrangement: how many are wanted.
        agents: who is shown.
        focused: the number of the one in focus, from 0; 0 where none is shown.
    """

    def __init__(self) -> None:
        self.arrangement: Arrangement = "one"
        self.agents: list[AgentId] = []
        self.focused = 0
        self._known: list[AgentId] = []
        self._closed: set[AgentId] = set()

    @property
    def current(self) -> AgentId | None:
        """Whose tile has the focus."""
        return self.agents[self.focused] if self.agents else None

    def know(self, ids: Iterable[AgentId]) -> None:
        """Take note of which agents there are now; those that have gone lose their tiles."""
        self._known = list(ids)
        current = self.current
        self.agents = [agent for agent in self.agents if agent in self._known]
        self._focus(current)
        if not self.agents and self._closed.issuperset(self._known):
            self._closed.clear()  # an empty window helps nobody
        if self.arrangement == "all" or (not self.agents and self._known):
            self._fill()

    def show(self, agent: AgentId, *, focus: bool = True) -> None:
        """Give the agent a tile: one of its own while there is room, else that in focus."""
        current = self.current
        self._closed.discard(agent)
        if agent not in self.agents:
            if len(self.agents) < wanted(self.arrangement, len(self._known)):
                self.agents.append(agent)
            else:
                self.agents[self.focused] = agent
                current = agent
        self._focus(agent if focus else current)

    def arrange(self, arrangement: Arrangement) -> None:
        """Show more or fewer agents; the one in focus stays."""
        self.arrangement = arrangement
        self._closed.clear()
        current, count = self.current, wanted(arrangement, len(self._known))
        if len(self.agents) > count:
            first = min(max(0, self.focused - count + 1), len(self.agents) - count)
            self.agents = self.agents[first : first + count]
        self._focus(current)
        self._fill()

    def step(self, by: int) -> None:
        """Focus the next tile, or the one before, round and round."""
        if self.agents:
            self.focused = (self.focused + by) % len(self.agents)

    def focus(self, number: int) -> bool:
        """Focus a tile by its number from 0; False where there is none."""
        if not 0 <= number < len(self.agents):
            return False
        self.focused = number
        return True

    def swap(self, by: int) -> None:
        """Exchange the tile in focus with the next one, or the one before; it keeps the focus."""
        if len(self.agents) > 1:
            other = (self.focused + by) % len(self.agents)
            agents = self.agents
            agents[self.focused], agents[other] = agents[other], agents[self.focused]
            self.focused = other

    def close(self) -> None:
        """Take away the tile in focus until it is asked for; the last one stays."""
        if len(self.agents) < 2:
            return
        self._closed.add(self.agents.pop(self.focused))
        self.focused = min(self.focused, len(self.agents) - 1)
        if len(self.agents) <= 2:
            self.arrangement = "two" if len(self.agents) == 2 else "one"

    def window(self, count: int) -> Sequence[int]:
        """Return the numbers of the tiles to show where only so many have room: the one in focus is in it."""
        first = min(max(0, self.focused - count + 1), max(0, len(self.agents) - count))
        return range(first, min(len(self.agents), first + count))

    def _fill(self) -> None:
        """Give tiles to agents that have none, in the order of the list, from the one in focus on."""
        known = self._known
        current = self.current
        start = known.index(current) + 1 if current in known else 0
        for agent in known[start:] + known[:start]:
            if len(self.agents) >= wanted(self.arrangement, len(known)):
                break
            if agent not in self.agents and agent not in self._closed:
                self.agents.append(agent)

    def _focus(self, agent: AgentId | None) -> None:
        if agent in self.agents:
            self.focused = self.agents.index(agent)
        else:
            self.focused = min(self.focused, max(0, len(self.agents) - 1))
