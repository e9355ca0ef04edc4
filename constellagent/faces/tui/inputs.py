"""Where keys and mouse go: what the keyboard asks of the deck for each of them."""

from collections.abc import Sequence

from constellagent.faces.tui import commands
from constellagent.faces.tui.deck import Command
from constellagent.faces.tui.key_names import prefix_shown, shown
from constellagent.faces.tui.keyboard import Program, Spot
from constellagent.faces.tui.multiplexer import Multiplexer
from constellagent.faces.tui.symbols import Symbols


class Inputs:
    """Meets `Sink`."""

    def __init__(self, deck: Multiplexer, symbols: Symbols) -> None:
        self._deck = deck
        self._symbols = symbols

    def programs(self) -> Sequence[Program]:
        """Return who gets what is typed, the focused one first; nobody while a part of ours has the focus."""
        deck = self._deck
        tile = deck.focused()
        if tile is None or tile.copying is not None:
            return ()
        others = [
            other for agent in sorted(deck.broadcast, key=str) if (other := deck.pool.tile(agent)).takes_keys
        ]
        found = [tile] if tile.takes_keys else []
        return [*found, *(other for other in others if other is not tile)]

    def spot(self, column: int, row: int) -> Spot | None:
        """Return what is at a cell of the outer terminal; None where no tile shows a live program."""
        found = None if self._deck.dialogs.open else self._deck.stage.at(column, row)
        if found is None or not found[0].live or found[0].copying is not None:
            return None
        tile, area = found
        return Spot(tile, column - area.x, row - area.y, area.width, area.height)

    def command(self, key: str) -> None:
        """Do what this key means after the prefix key."""
        deck = self._deck
        if deck.dialogs.open:
            return
        key = "space" if key == " " else key
        if key.isdecimal():
            if deck.lineup.focus(int(key) - 1):
                deck.close_view()
            else:
                deck.say(f"there is no terminal {key} here", "warning")
            return
        command = self._of(key)
        if command is not None:
            commands.perform(deck, command)
            return
        prefix = prefix_shown(deck.settings.prefix)
        deck.say(f"{prefix} {shown(key, self._symbols)} means nothing; {prefix} ? shows all keys", "warning")

    def prefixed(self, pending: bool) -> None:
        """Show that the next key will be a command, or will not any more."""
        self._deck.status.prefix_pending = pending
        self._deck.redraw()

    def focus(self, gained: bool) -> None:
        """Take note that the window around has the focus, or has lost it: notices depend on it."""
        self._deck.window_focused = gained

    def answered(self, answer: str) -> None:
        """Ignore it: nothing is asked of the outer terminal."""

    def _of(self, key: str) -> Command | None:
        return next((command for command in self._deck.commands if key in command.keys), None)
