"""A view in a running application, with the keys that the deck has for every view."""

import contextlib
from collections.abc import AsyncIterator

from prompt_toolkit.key_binding import KeyBindings, merge_key_bindings

from constellagent.faces.tui.deck import View
from tests.faces.tui.fake_deck import FakeDeck
from tests.faces.tui.host import Host, hosted

SIZES = {"80x24": (55, 21), "250x60": (213, 57)}
"""What is left for a view beside the list of agents, by the size of the window."""


class Shown:
    """An open view.

    Attributes:
        host: the application around it.
    """

    def __init__(self, deck: FakeDeck, view: View, host: Host) -> None:
        self.host = host
        self._deck = deck
        self._view = view

    @property
    def closed(self) -> bool:
        """The deck has closed the view."""
        return self._deck.view is None

    async def press(self, *keys: str) -> None:
        """Type, do what that spawned, and draw."""
        for key in keys:
            await self.host.press(key)
            await self.settle()

    async def settle(self) -> None:
        """Do what was spawned, and draw."""
        await self._deck.settle()
        await self.host.drawn()
        await self.host.drawn()

    async def refresh(self) -> None:
        """Refresh the view, as the deck does when it is opened and when the fleet changes."""
        await self._view.refresh()
        await self.settle()

    def text(self) -> str:
        """Return what is seen."""
        return self.host.text()

    def screen(self) -> str:
        """Return title, view, and keys, as one text."""
        keys = "  ".join(f"{key} {what}" for key, what in self._view.hints())
        return f"{self._view.title}\n{self.host.text()}{keys}\n"


@contextlib.asynccontextmanager
async def shown(
    deck: FakeDeck, view: View, size: str = "80x24", *, refresh: bool = True
) -> AsyncIterator[Shown]:
    """Open a view; `refresh` fetches what it shows, as the deck does."""
    deck.view = view
    deckwide = KeyBindings()
    deckwide.add("q")(lambda _: deck.close_view())
    deckwide.add("escape")(lambda _: deck.close_view())
    deckwide.add("r")(lambda _: deck.spawn(view.refresh(), "refresh"))
    async with hosted(view.container(), *SIZES[size]) as host:
        host.app.key_bindings = merge_key_bindings([deckwide, view.bindings()])
        host.app.layout.focus(view.container())
        opened = Shown(deck, view, host)
        if refresh:
            await opened.refresh()
        yield opened
        await deck.settle()
