"""The list of all agents at the left: what each is doing, and which of them one is looking at.

While it has the focus its rows are chosen with the arrows; otherwise it shows the agent of the focused tile.
"""

from collections.abc import Callable, Sequence

from prompt_toolkit.application import get_app
from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase
from prompt_toolkit.layout import Window

from constellagent.faces.tui import agent_rows
from constellagent.faces.tui.agent_rows import Look, Row
from constellagent.faces.tui.ages import older_at
from constellagent.faces.tui.deck import AgentId, Deck
from constellagent.faces.tui.rows import Rows
from constellagent.faces.tui.symbols import Symbols
from constellagent.faces.tui.words import Fragments, clean, fit
from constellagent.faces.wording import counted

NARROWEST, WIDEST = 24, 36
_WHEEL = 3
"""Rows for one turn of the wheel."""


def list_width(columns: int) -> int:
    """Return how wide the list is in a window of so many columns: 24 up to 80, 36 from 176 on."""
    return max(NARROWEST, min(WIDEST, NARROWEST + (columns - 80) // 8))


class AgentList(Rows):
    """The control; `window` is what goes into a layout.

    Attributes:
        changes_at: when an age in sight changes, epoch seconds; None while none is shown.
    """

    def __init__(
        self, deck: Deck, symbols: Symbols, broadcast: Callable[[], frozenset[AgentId]] = frozenset
    ) -> None:
        self._deck = deck
        self._symbols = symbols
        self._broadcast = broadcast
        self._chosen: AgentId | None = None
        self._top = 0
        self._follows = True
        self._drawn: list[Row] = []
        self._height = 1
        self.changes_at: float | None = None
        self.window = Window(self)

    @property
    def title(self) -> str:
        """What its border says: the constellation, or how many there are."""
        shown = self._deck.fleet.constellations
        return clean(shown[0]["name"]) if len(shown) == 1 else counted(len(shown), "constellation")

    @property
    def selected(self) -> AgentId | None:
        """The chosen agent; None where there is no agent, or the one that was chosen is gone."""
        return self._chosen if self._chosen in self._deck.fleet.ids() else None

    def select(self, agent: AgentId) -> None:
        """Choose an agent and bring it into sight."""
        self._follows = self._follows or agent != self._chosen
        self._chosen = agent

    def move(self, step: int) -> None:
        """Choose the agent so many further on; it stops at both ends."""
        ids = list(self._deck.fleet.ids())
        if not ids:
            return
        at = (ids.index(self._chosen) if self._chosen in ids else -1) + step
        self._follows = True
        self._chosen = ids[max(0, min(len(ids) - 1, at))]
        self._deck.redraw()

    def is_focusable(self) -> bool:
        """Take the focus."""
        return True

    def get_key_bindings(self) -> KeyBindingsBase:
        """Return the keys that hold while it has the focus."""
        keys = KeyBindings()
        for key, step in {"up": -1, "k": -1, "down": 1, "j": 1, "home": -(10**6), "end": 10**6}.items():
            keys.add(key)(lambda _, step=step: self.move(step))
        keys.add("pageup")(lambda _: self.move(-self._page()))
        keys.add("pagedown")(lambda _: self.move(self._page()))
        keys.add("enter")(lambda _: self._show(self.selected))
        return keys

    def rows(self, width: int, height: int, /) -> Sequence[Fragments]:
        """Return the rows in sight; where some are not, the edge says how many agents are beyond it."""
        if not get_app().layout.has_focus(self) and self._deck.current is not None:
            self.select(self._deck.current)
        now = self._deck.now()
        look = Look(width, now, self._symbols, self.selected, self._broadcast())
        self._drawn = agent_rows.rows(self._deck.fleet.constellations, look, height)
        self._height = max(1, height)
        self._scroll()
        seen = self._drawn[self._top : self._top + self._height]
        self.changes_at = min(
            (older_at(row.since, now) for row in seen if row.since is not None), default=None
        )
        lines = [row.line for row in seen]
        if height > 2 and self._top:
            lines[0] = self._beyond(self._drawn[: self._top + 1], self._symbols.arrows[2], width)
        if height > 2 and len(self._drawn) > self._top + height:
            lines[-1] = self._beyond(self._drawn[self._top + height - 1 :], self._symbols.arrows[3], width)
        return lines

    def clicked(self, row: int, _column: int, /) -> None:
        """Show the agent whose row it is."""
        if self._top + row < len(self._drawn):
            self._show(self._drawn[self._top + row].agent)

    def wheeled(self, step: int) -> None:
        """Scroll; what is chosen stays."""
        self._follows = False
        self._top = max(0, min(len(self._drawn) - self._height, self._top + step * _WHEEL))
        self._deck.redraw()

    def _show(self, agent: AgentId | None) -> None:
        if agent is not None:
            self.select(agent)
            self._deck.show(agent)

    def _page(self) -> int:
        agents = {row.agent for row in self._drawn[self._top : self._top + self._height]}
        return max(1, len(agents) - 2)

    def _scroll(self) -> None:
        """Keep the list inside its rows, and the chosen agent in sight, clear of the edges that count."""
        places = [at for at, row in enumerate(self._drawn) if row.agent == self.selected and row.agent]
        if self._follows and places:
            self._top = min(self._top, max(0, places[0] - 1))
            self._top = max(self._top, places[-1] + 2 - self._height)
        self._follows = self._follows and not places
        self._top = max(0, min(self._top, len(self._drawn) - self._height))

    def _beyond(self, hidden: Sequence[Row], arrow: str, columns: int) -> Fragments:
        agents = {row.agent for row in hidden if row.agent is not None}
        views = [view for agent in agents if (view := self._deck.fleet.agent(agent)) is not None]
        waiting = sum(view["state"] == "waiting" for view in views)
        line: Fragments = [("class:dim", f" {arrow} {len(agents)} more")]
        if waiting:
            line.append(("class:state.waiting", f", {waiting} waiting"))
        return fit(line, columns, self._symbols.more)
