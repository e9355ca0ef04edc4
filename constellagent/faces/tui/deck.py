"""What the parts of the multiplexer know of each other: one deck, its commands, its views.

A view, a list or a dialog is built with a `Deck` and never with the application, so each part runs alone in
a test. What a person can do is a `Command`, whichever way it is called: by key, palette or mouse.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from prompt_toolkit.key_binding import KeyBindingsBase
from prompt_toolkit.layout.containers import AnyContainer

from constellagent.runtime.control import AgentView, ConstellationView, Control
from constellagent.runtime.live_views import EventView
from constellagent.runtime.settings import Settings

Arrangement = Literal["one", "two", "four", "all"]
Group = Literal["terminals", "agents", "views", "copy", "multiplexer"]
Tone = Literal["info", "done", "warning", "error"]


@dataclass(frozen=True, slots=True)
class AgentId:
    """One agent, over all constellations that are shown."""

    file: str
    name: str


class Fleet(Protocol):
    """What is known of all agents, kept fresh from `Control.watch`."""

    @property
    def constellations(self) -> Sequence[ConstellationView]:
        """The newest views, in the order of the daemon."""
        ...

    @property
    def events(self) -> Sequence[EventView]:
        """What happened, oldest first; the last thousand."""
        ...

    @property
    def connected(self) -> bool:
        """The daemon answers; False while it is away, when what is shown may be old."""
        ...

    @property
    def problem(self) -> str:
        """Why the daemon is away, one line; empty while it answers, and before that is known."""
        ...

    def agent(self, agent: AgentId) -> AgentView | None:
        """Return the view of one agent, None where there is none any more."""
        ...

    def ids(self) -> Sequence[AgentId]:
        """Return all agents in the order of the list."""
        ...

    def subscribe(self, changed: Callable[[], None]) -> None:
        """Call `changed` after each change of what is known; it must not block."""
        ...


class View(Protocol):
    """A pane in place of the tiles. `name` is its word in commands, one lower-case word."""

    name: str

    @property
    def title(self) -> str:
        """What its border says."""
        ...

    def container(self) -> AnyContainer:
        """Return what is drawn; the same object each time. Its first focusable window gets the focus."""
        ...

    def bindings(self) -> KeyBindingsBase:
        """Return its keys, which hold while it has the focus.

        `q` and `escape` close it; what it shows instead of itself, such as one mail, takes them to go back.
        """
        ...

    def hints(self) -> Sequence[tuple[str, str]]:
        """Return its keys and what they do, most useful first, for the status line and `?`."""
        ...

    async def refresh(self) -> None:
        """Fetch anew what it shows: when it is opened, on `r`, and when the fleet has changed.

        Raises:
            ConstellagentError: it cannot be had; the deck shows the message, the view keeps what it has.
        """
        ...


class Deck(Protocol):
    """The running multiplexer, as its parts see it."""

    @property
    def control(self) -> Control:
        """The daemon; reconnects by itself, and raises UnavailableError while there is none."""
        ...

    @property
    def fleet(self) -> Fleet:
        """What is known of the agents."""
        ...

    @property
    def settings(self) -> Settings:
        """This user's settings."""
        ...

    @property
    def current(self) -> AgentId | None:
        """The agent that commands are about: of the focused tile, or chosen in the list."""
        ...

    @property
    def commands(self) -> Sequence["Command"]:
        """All commands, for the palette and the help."""
        ...

    def now(self) -> float:
        """Return the time of day, epoch seconds."""
        ...

    def say(self, text: str, tone: Tone = "info") -> None:
        """Show one line for a while."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Do something beside the keys; a ConstellagentError of it is said, anything else is a defect."""
        ...

    def redraw(self) -> None:
        """Draw a frame soon, as something that is shown has changed."""
        ...

    def show(self, agent: AgentId, *, focus: bool = True) -> None:
        """Show the agent's terminal, in a tile of its own or instead of the current one."""
        ...

    def open(self, view: View) -> None:
        """Open a view in place of the tiles."""
        ...

    def close_view(self) -> None:
        """Go back to the tiles."""
        ...

    async def confirm(self, question: str, detail: Sequence[str] = ()) -> bool:
        """Ask yes or no over everything; Escape is no."""
        ...

    async def ask(self, question: str, initial: str = "", *, multiline: bool = False) -> str | None:
        """Ask for text over everything; None where it was called off."""
        ...

    async def choose(self, question: str, choices: Sequence[tuple[str, str]]) -> str | None:
        """Let one of (value, label) be chosen by fuzzy search; None where it was called off."""
        ...


@dataclass(frozen=True, slots=True)
class Command:
    """Something that a person can have done.

    Attributes:
        name: its word, such as `zoom`; unique.
        what: one short line in the imperative, for the palette and the help.
        keys: what follows the prefix key, in prompt_toolkit's names; empty for the palette only.
        run: does it; what takes time is a coroutine, which the deck spawns.
        group: under which heading the help shows it.
    """

    name: str
    what: str
    keys: tuple[str, ...]
    run: Callable[[Deck], Awaitable[None] | None]
    group: Group
