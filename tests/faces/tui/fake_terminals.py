"""What the commands need of the tiles, in memory: it writes down what it is told."""

from collections.abc import Sequence
from typing import Literal

from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase
from prompt_toolkit.layout import AnyContainer, Window

from constellagent.faces.tui.commands import Step, table
from constellagent.faces.tui.deck import AgentId, Arrangement, Command, Deck, View
from constellagent.faces.tui.dialogs import Dialogs
from constellagent.faces.tui.symbols import UNICODE

VIEW_NAMES = ("schedules", "inbox", "plan", "diff", "events", "audit")


class FakeView:
    """Meets `View` and shows nothing."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._window = Window()

    @property
    def title(self) -> str:
        """What its border says."""
        return self.name.capitalize()

    def container(self) -> AnyContainer:
        """Return a window of nothing."""
        return self._window

    def bindings(self) -> KeyBindingsBase:
        """Return no keys."""
        return KeyBindings()

    def hints(self) -> Sequence[tuple[str, str]]:
        """Return one key."""
        return [("n", "run now")]

    async def refresh(self) -> None:
        """Do nothing."""


class FakeTerminals:
    """Meets `Terminals`. `told` holds the calls; the rest may be set."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        self.broadcast: frozenset[AgentId] = frozenset()
        self.shown: Sequence[AgentId] = ()
        self.view: View | None = None

    def set_broadcast(self, agents: Sequence[AgentId]) -> None:
        """Take it over."""
        self.broadcast = frozenset(agents)

    def arrange_next(self) -> None:
        """Write it down."""
        self.told.append(("arrange", "next"))

    def arrange(self, arrangement: Arrangement) -> None:
        """Write it down."""
        self.told.append(("arrange", arrangement))

    async def zoom(self) -> None:
        """Write it down."""
        self.told.append(("zoom",))

    def move_focus(self, step: Step) -> None:
        """Write it down."""
        self.told.append(("focus", step))

    def swap(self, step: Literal[-1, 1]) -> None:
        """Write it down."""
        self.told.append(("swap", step))

    def close_tile(self) -> None:
        """Write it down."""
        self.told.append(("close",))

    def scroll(self) -> None:
        """Write it down."""
        self.told.append(("scroll",))

    def search(self) -> None:
        """Write it down."""
        self.told.append(("search",))

    def paste(self) -> None:
        """Write it down."""
        self.told.append(("paste",))

    def repaint(self) -> None:
        """Write it down."""
        self.told.append(("repaint",))

    def leave(self) -> None:
        """Write it down."""
        self.told.append(("leave",))


class MakeView:
    """Makes a view of a name for any deck."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, _deck: Deck, /) -> View:
        """Return the view."""
        return FakeView(self._name)


def every_command(
    terminals: FakeTerminals | None = None, dialogs: Dialogs | None = None
) -> tuple[Command, ...]:
    """Return all commands, with all views."""
    views = {name: MakeView(name) for name in VIEW_NAMES}
    return table(terminals or FakeTerminals(), dialogs or Dialogs(), UNICODE, views)
