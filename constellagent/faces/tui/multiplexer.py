"""The deck: joins tiles, list, views and dialogs to one window, and knows what has the focus."""

import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal

from prompt_toolkit.layout import AnyContainer, FloatContainer, Layout
from prompt_toolkit.layout.layout import InvalidLayoutError
from prompt_toolkit.mouse_events import MouseEvent

from constellagent.errors import ConstellagentError
from constellagent.faces.tui import titles
from constellagent.faces.tui.agent_list import AgentList, list_width
from constellagent.faces.tui.arrangement import neighbour
from constellagent.faces.tui.borders import Mark, Part, Title
from constellagent.faces.tui.box import leaving
from constellagent.faces.tui.commands import Step
from constellagent.faces.tui.copy_desk import CopyDesk
from constellagent.faces.tui.copying.keys import HINTS
from constellagent.faces.tui.deck import AgentId, Arrangement, Command, Fleet, Tone, View
from constellagent.faces.tui.dialogs import Dialog, Dialogs
from constellagent.faces.tui.finder import Finder, Item
from constellagent.faces.tui.lineup import Lineup
from constellagent.faces.tui.pool import Pool
from constellagent.faces.tui.questions import Ask, Confirm
from constellagent.faces.tui.stage import Stage
from constellagent.faces.tui.status_line import StatusLine
from constellagent.faces.tui.symbols import UNICODE, Symbols
from constellagent.faces.tui.tile import Source, Tile
from constellagent.faces.tui.words import clean
from constellagent.runtime.control import Control, SessionView
from constellagent.runtime.settings import Settings
from constellagent.runtime.tasks import spawn

Drawn = Callable[[bool], None]
"""Asks for a frame; True where more than terminals has changed."""


class Multiplexer:
    """Meets `Deck`, and what the stage wants to know.

    Attributes:
        lineup: who has a tile.
        broadcast: those that get what is typed beside the one in focus; empty while broadcast is off.
        stage: the window.
        status: the line at the bottom.
        listed: the list of agents.
        dialogs: what is asked over everything.
        end: ends the application, or with a session hands the terminal over to it meanwhile; set by it.
        repaint: draws everything anew; set by the application.
        typed: takes note that an echo may come; set by the application.
        window_focused: the window around has the focus, as far as it tells.
    """

    def __init__(
        self,
        control: Control,
        fleet: Fleet,
        settings: Settings,
        symbols: Symbols,
        redraw: Drawn,
        look_again: Callable[[float], None],
    ) -> None:
        self.control = control
        self.fleet = fleet
        self.settings = settings
        self.commands: Sequence[Command] = ()
        self.lineup = Lineup()
        self.broadcast: frozenset[AgentId] = frozenset()
        self.dialogs = Dialogs()
        self.end: Callable[[SessionView | None], None] = lambda _: None
        self.repaint: Callable[[], None] = self.redraw
        self.typed: Callable[[], None] = lambda: None
        self.window_focused = True
        self._symbols = symbols
        self._redraw = redraw
        self._view: View | None = None
        self._about: AgentId | None = None
        self._left_out = 0
        source = Source(
            control=control,
            settings=settings,
            now=time.monotonic,
            changed=lambda: redraw(False),
            look_again=look_again,
            refused=self._refused,
            typed=self._typed,
            copied=self._copied,
            resized=lambda: redraw(True),
        )
        self.pool = Pool(source, fleet)
        self.listed = AgentList(self, symbols, self._typing_to)
        self.status = StatusLine(self, symbols, self._typing_to)
        self.status.hints = self._hints
        self.stage = Stage(
            self, self.listed.window, self.status.window, list_width, unicode=symbols is UNICODE
        )
        self.copying = CopyDesk(self)
        root = FloatContainer(self.stage, self.dialogs.floats)
        self.layout = Layout(root, focused_element=self.stage.terminal)
        fleet.subscribe(self._fleet_changed)
        self._fleet_changed()

    # What its parts see: `Deck`.

    @property
    def current(self) -> AgentId | None:
        """The agent that commands are about: chosen in the list, when the view was opened, or by a tile."""
        if self.layout.has_focus(self.listed.window) and self.listed.selected is not None:
            return self.listed.selected
        if self._view is not None and self._about in self.fleet.ids():
            return self._about
        return self.lineup.current

    def now(self) -> float:
        """Return the time of day, epoch seconds."""
        return time.time()

    def say(self, text: str, tone: Tone = "info") -> None:
        """Show one line for a while."""
        self.status.say(text, tone)

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Do something beside the keys; a ConstellagentError of it is said, anything else is a defect."""
        spawn(self._said(work), name=name)

    def redraw(self) -> None:
        """Draw a frame soon, as something that is shown has changed."""
        self._redraw(True)

    def show(self, agent: AgentId, *, focus: bool = True) -> None:
        """Show the agent's terminal, in a tile of its own or instead of the current one."""
        self.lineup.show(agent, focus=focus)
        if focus:
            self._close_view()
            self.layout.focus(self.stage.terminal)
        self._lineup_changed()

    def open(self, view: View) -> None:
        """Open a view in place of the tiles."""
        self._about, self._view = self.current, view
        self.layout.update_parents_relations()
        try:
            self.layout.focus(view.container())
        except (ValueError, InvalidLayoutError):
            self.layout.focus(self.listed.window)
        self.refresh_view()
        self.redraw()

    def close_view(self) -> None:
        """Go back to the tiles."""
        self._close_view()
        self.layout.focus(self.stage.terminal)
        self.redraw()

    def refresh_view(self) -> None:
        """Let the open view fetch anew what it shows."""
        if self._view is not None:
            self.spawn(self._view.refresh(), f"refresh {self._view.name}")

    async def confirm(self, question: str, detail: Sequence[str] = ()) -> bool:
        """Ask yes or no over everything; Escape is no."""
        confirm: Dialog[bool] = Confirm(question, detail, self._symbols)
        return await self.dialogs.show(confirm) or False

    async def ask(self, question: str, initial: str = "", *, multiline: bool = False) -> str | None:
        """Ask for text over everything; None where it was called off."""
        return await self.dialogs.show(Ask(question, initial, self._symbols, multiline=multiline))

    async def choose(self, question: str, choices: Sequence[tuple[str, str]]) -> str | None:
        """Let one of (value, label) be chosen by fuzzy search; None where it was called off."""
        items = [Item(value, label) for value, label in choices]
        chosen = await self.dialogs.show(Finder(question, items, self._symbols))
        return chosen[0] if chosen else None

    # What commands do with tiles: `Terminals`.

    @property
    def view(self) -> View | None:
        """The open view; None while the tiles are shown."""
        return self._view

    @property
    def shown(self) -> Sequence[AgentId]:
        """The agents whose terminals are shown, in the order of their tiles."""
        return tuple(self.lineup.agents)

    def arrange(self, arrangement: Arrangement) -> None:
        """Show one, two, four or all terminals."""
        self.lineup.arrange(arrangement)
        self.close_view()
        self._lineup_changed()

    def arrange_next(self) -> None:
        """Show more terminals, or one again."""
        order: list[Arrangement] = ["one", "two", "four", "all"]
        self.arrange(order[(order.index(self.lineup.arrangement) + 1) % len(order)])

    def move_focus(self, step: Step) -> None:
        """Focus another tile, or the list, which is left of the leftmost."""
        if step == "next" or self._view is not None or self.layout.has_focus(self.listed.window):
            if step == "next" and self.layout.has_focus(self.stage.terminal):
                self.lineup.step(1)
            if step == "left":
                self.focus_list()
            else:
                self.close_view()
            return
        shown = self.lineup.window(len(self.stage.places.tiles))
        place = shown.index(self.lineup.focused) if self.lineup.focused in shown else 0
        tiles = self.stage.places.tiles[: len(shown)]
        found = neighbour(tiles, place, step) if tiles else None
        if found is not None:
            self.lineup.focus(shown[found])
        elif step == "left":
            self.focus_list()
        self.redraw()

    def focus_list(self) -> None:
        """Give the keys to the list of agents."""
        self.layout.focus(self.listed.window)
        self.redraw()

    def swap(self, step: Literal[-1, 1]) -> None:
        """Swap the focused tile with the one before or after it."""
        self.lineup.swap(step)
        self.redraw()

    def close_tile(self) -> None:
        """Take the focused tile away; its session goes on."""
        self.lineup.close()
        self._lineup_changed()

    async def zoom(self) -> None:
        """Give the whole window to the program in focus, until the prefix key is pressed there."""
        tile = self.tile
        if tile is None or tile.session is None or not tile.session["live"]:
            self.say("only a running session can have the whole window", "warning")
        else:
            self.end(tile.session)

    def set_broadcast(self, agents: Sequence[AgentId]) -> None:
        """Type to these agents from now on; to none but the focused one where it is empty."""
        self.broadcast = frozenset(agents)
        self.redraw()

    def scroll(self) -> None:
        """Look back through the focused terminal's scrollback."""
        self.copying.begin()

    def search(self) -> None:
        """Search the focused terminal's scrollback."""
        self.copying.search()

    def paste(self) -> None:
        """Give the last copy to the focused terminal's program."""
        self.copying.paste_last()

    def leave(self) -> None:
        """End the multiplexer; all sessions go on."""
        self.end(None)

    @property
    def tile(self) -> Tile | None:
        """The tile in focus among the tiles, whether or not it has the keys."""
        current = self.lineup.current
        return None if current is None else self.pool.tile(current)

    def looks_at(self, agent: AgentId) -> bool:
        """Tell whether a person has that agent's terminal in sight."""
        return self.window_focused and self._view is None and agent == self.lineup.current

    # What the stage shows.

    @property
    def body(self) -> AnyContainer | None:
        """The open view's container; None while the tiles are shown."""
        return None if self._view is None else self._view.container()

    @property
    def covered(self) -> bool:
        """Something may lie over the tiles."""
        return self.dialogs.open

    def wanted(self) -> int:
        """Return how many tiles there should be."""
        return max(1, len(self.lineup.agents))

    def tiles(self, room: int) -> Sequence[Tile]:
        """Return the tiles to show where so many have room, the one in focus among them."""
        return [self.pool.tile(self.lineup.agents[number]) for number in self.lineup.window(room)]

    def focused(self) -> Tile | None:
        """Return the tile with the focus; None where something else has it."""
        if self._view is not None or self.dialogs.open or not self.layout.has_focus(self.stage.terminal):
            return None
        return self.tile

    def title(self, tile: Tile | None) -> tuple[Title, Mark]:
        """Return what the border above a tile says, or above the open view, and how it is drawn."""
        if tile is None:
            focused = self.layout.has_focus(self._view.container()) if self._view is not None else False
            title = self._view.title if self._view is not None else ""
            return _plain(clean(title), focused=focused)
        mark: Mark = "border.focused" if tile is self.focused() else "border"
        if tile.agent in self._typing_to():
            mark = "border.broadcast"
        parts = titles.tile_title(
            tile,
            self.fleet.agent(tile.agent),
            number=self.lineup.agents.index(tile.agent) + 1,
            mark=mark,
            now=self.now(),
            symbols=self._symbols,
        )
        if self._left_out and tile is self.tile:
            parts = [*parts, Part("class:dim", f" {self._symbols.dot} {self._left_out} without room", 2)]
        return parts, mark

    def list_title(self) -> tuple[Title, Mark]:
        """Return the same of the list."""
        return _plain(self.listed.title, focused=self.layout.has_focus(self.listed.window))

    def left_out(self, count: int) -> None:
        """Take note of how many tiles have no room."""
        self._left_out = count

    def mouse(self, tile: Tile, column: int, row: int, event: MouseEvent) -> object:
        """Handle a mouse event at a cell of a tile whose program does not want it."""
        return self.copying.mouse(tile, column, row, event)

    def take_focus(self, tile: Tile) -> None:
        """Give the keys to a tile, as when it is clicked."""
        self.lineup.show(tile.agent)
        self.layout.focus(self.stage.terminal)
        self.redraw()

    @property
    def changes_at(self) -> float | None:
        """When an age above a tile is out of date, epoch seconds."""
        now = self.now()
        ages = [titles.changes_at(self.fleet.agent(agent), now) for agent in self.lineup.agents]
        return min((at for at in ages if at is not None), default=None)

    def _hints(self) -> Sequence[tuple[str, str]] | None:
        """Return the keys of what has the place of the live terminals."""
        if self._view is not None:
            return leaving(self._view.hints())
        tile = self.focused()
        return HINTS if tile is not None and tile.copying is not None else None

    def _typing_to(self) -> frozenset[AgentId]:
        return self.broadcast

    def _close_view(self) -> None:
        self._view = None
        self.layout.update_parents_relations()

    def _fleet_changed(self) -> None:
        self.lineup.know(self.fleet.ids())
        self.broadcast &= frozenset(self.fleet.ids())
        self.pool.follow()
        if self.fleet.connected:
            self.refresh_view()
        self.redraw()

    def _lineup_changed(self) -> None:
        self.spawn(self.pool.trim(self.lineup.agents), "trim the tiles")
        self.redraw()

    def _typed(self) -> None:
        self.typed()

    def _copied(self, text: str) -> None:
        self.spawn(self.copying.put(text), "copy for a program")

    def _refused(self, tile: Tile) -> None:
        self.say(f"{tile.agent.name} takes no input now", "warning")

    async def _said(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except ConstellagentError as error:
            hint = f"; {error.hint}" if error.hint else ""
            self.say(f"{str(error).partition(chr(10))[0]}{hint}", "error")


def _plain(text: str, *, focused: bool) -> tuple[Title, Mark]:
    style = "class:title.focused" if focused else "class:title"
    return [Part(style, text, 1)], "border.focused" if focused else "border"
