"""All that a person can have done, and with which keys after the prefix key."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal, Protocol

from constellagent.faces.tui import agent_commands, help, palette, switcher  # noqa: A004 - the word of the glossary
from constellagent.faces.tui.deck import AgentId, Arrangement, Command, Deck, Group, View
from constellagent.faces.tui.dialogs import Dialogs
from constellagent.faces.tui.help import Help
from constellagent.faces.tui.key_names import prefix_shown
from constellagent.faces.tui.symbols import Symbols
from constellagent.faces.wording import counted

Step = Literal["next", "left", "right", "up", "down"]
Views = Mapping[str, Callable[[Deck], View]]
Run = Callable[[Deck], Awaitable[None] | None]


class Terminals(Protocol):
    """What the commands need of the tiles, beside the `Deck`."""

    @property
    def broadcast(self) -> frozenset[AgentId]:
        """Those that get what is typed beside the focused one; empty while broadcast is off."""
        ...

    @property
    def shown(self) -> Sequence[AgentId]:
        """The agents whose terminals are shown, in the order of their tiles."""
        ...

    @property
    def view(self) -> View | None:
        """The open view."""
        ...

    def set_broadcast(self, agents: Sequence[AgentId]) -> None:
        """Type to these agents from now on; to none but the focused one where it is empty."""
        ...

    def arrange(self, arrangement: Arrangement) -> None:
        """Show so many terminals."""
        ...

    async def zoom(self) -> None:
        """Show the focused terminal alone, through the fast path, until its prefix key."""
        ...

    def arrange_next(self) -> None:
        """Show two where one is shown, four where two are, then all, then one again."""
        ...

    def move_focus(self, step: Step) -> None:
        """Focus another tile, or the list where that lies in this direction."""
        ...

    def swap(self, step: Literal[-1, 1]) -> None:
        """Swap the focused tile with the one before or after it."""
        ...

    def close_tile(self) -> None:
        """Take the focused tile away; its session goes on."""
        ...

    def scroll(self) -> None:
        """Look back through the focused terminal's scrollback."""
        ...

    def search(self) -> None:
        """Search the focused terminal's scrollback."""
        ...

    def paste(self) -> None:
        """Give the last copy to the focused terminal's program."""
        ...

    def repaint(self) -> None:
        """Draw everything anew."""
        ...

    def leave(self) -> None:
        """End the multiplexer; all sessions go on."""
        ...


_VIEWS = (
    ("schedules", "t", "Show schedules and their runs"),
    ("inbox", "m", "Show the inbox of the agent"),
    ("plan", "P", "Show the plan, and apply it"),
    ("diff", "D", "Show what the agent changed"),
    ("events", "e", "Show what happened"),
    ("audit", "u", "Show the audit of the agent"),
)
"""The views by the names of their factories: key, and what they show."""


DIGITS = " ".join("123456789")
"""The keys that focus a terminal by its number."""


def table(terminals: Terminals, dialogs: Dialogs, symbols: Symbols, views: Views) -> tuple[Command, ...]:
    """Return the commands; a view that `views` cannot make has none."""
    return (
        *_of_tiles(terminals),
        *_of_agents(terminals, dialogs, symbols),
        *(_opening(name, key, what, views[name]) for name, key, what in _VIEWS if name in views),
        *_of_copies(terminals),
        *_of_multiplexer(terminals, dialogs, symbols),
    )


def perform(deck: Deck, command: Command) -> None:
    """Do a command; what takes time goes on beside the keys."""
    work = command.run(deck)
    if work is not None:
        deck.spawn(_awaited(work), command.name)


async def _awaited(work: Awaitable[None]) -> None:
    await work


def _command(name: str, what: str, keys: str, run: Run, group: Group) -> Command:
    return Command(name, what, tuple(keys.split()), run, group)


def _of_tiles(terminals: Terminals) -> list[Command]:
    def arranged(name: Arrangement, what: str, key: str) -> Command:
        return _command(f"tiles-{name}", what, key, lambda _: terminals.arrange(name), "terminals")

    def focused(step: Step, what: str, key: str) -> Command:
        return _command(f"focus-{step}", what, key, lambda _: terminals.move_focus(step), "terminals")

    def swapped(name: str, step: Literal[-1, 1], what: str, key: str) -> Command:
        return _command(f"swap-{name}", what, key, lambda _: terminals.swap(step), "terminals")

    return [
        _command(
            "tiles",
            "Show one, two, four or all",
            "space",
            lambda _: terminals.arrange_next(),
            "terminals",
        ),
        arranged("one", "Show one terminal", ""),
        arranged("two", "Show two terminals", ""),
        arranged("four", "Show four terminals", ""),
        arranged("all", "Show all terminals", "a"),
        _command("number", "Focus the one of that number", DIGITS, _say_digits, "terminals"),
        _command("zoom", "Give it the whole window", "z", lambda _: terminals.zoom(), "terminals"),
        focused("next", "Focus the next terminal", "o"),
        focused("left", "Focus what is at the left", "left"),
        focused("right", "Focus what is at the right", "right"),
        focused("up", "Focus what is above", "up"),
        focused("down", "Focus what is below", "down"),
        swapped("before", -1, "Swap with the terminal before", "{"),
        swapped("after", 1, "Swap with the terminal after", "}"),
        _command(
            "close", "Close the tile, not its session", "x", lambda _: terminals.close_tile(), "terminals"
        ),
    ]


def _of_agents(terminals: Terminals, dialogs: Dialogs, symbols: Symbols) -> list[Command]:
    def toggle(deck: Deck) -> None:
        if terminals.broadcast:
            terminals.set_broadcast(())
            deck.say("broadcast is off")
            return
        _broadcast(deck, terminals, terminals.shown)

    async def choose(deck: Deck) -> None:
        before = sorted(terminals.broadcast, key=lambda agent: agent.name) or terminals.shown
        chosen = await switcher.several(deck, dialogs, symbols, "Type to", before)
        if chosen is not None:
            _broadcast(deck, terminals, chosen)

    return [
        _command("start", "Start the agent", "s", agent_commands.start, "agents"),
        _command("stop", "Stop the agent", "S", agent_commands.stop, "agents"),
        _command("restart", "Restart the agent", "R", agent_commands.restart, "agents"),
        _command("prompt", "Send a prompt to the agent", "p", agent_commands.prompt, "agents"),
        _command("broadcast", "Type to all shown, or stop that", "b", toggle, "agents"),
        _command("broadcast-to", "Choose whom to type to", "B", choose, "agents"),
        _command("web", "Open the diff in a browser", "w", agent_commands.web, "agents"),
    ]


def _say_digits(deck: Deck) -> None:
    deck.say("after the prefix key a digit focuses the terminal that has it in its title")


def _broadcast(deck: Deck, terminals: Terminals, agents: Sequence[AgentId]) -> None:
    terminals.set_broadcast(agents)
    if agents:
        deck.say(f"what you type goes to {counted(len(agents), 'agent')}", "warning")
    else:
        deck.say("broadcast is off")


def _opening(name: str, key: str, what: str, make: Callable[[Deck], View]) -> Command:
    return _command(name, what, key, lambda deck: deck.open(make(deck)), "views")


def _of_copies(terminals: Terminals) -> list[Command]:
    return [
        _command("scroll", "Scroll back, and copy", "[", lambda _: terminals.scroll(), "copy"),
        _command("search", "Search the scrollback", "/", lambda _: terminals.search(), "copy"),
        _command("paste", "Paste the last copy", "]", lambda _: terminals.paste(), "copy"),
    ]


def _of_multiplexer(terminals: Terminals, dialogs: Dialogs, symbols: Symbols) -> list[Command]:
    async def find(deck: Deck) -> None:
        command = await palette.pick(deck, dialogs, symbols)
        if command is not None:
            perform(deck, command)

    async def show_help(deck: Deck) -> None:
        view = terminals.view
        bare = f"without {prefix_shown(deck.settings.prefix)}"
        of_view = None if view is None else (f"{view.title} ({bare})", view.hints())
        found = help.sections(deck.commands, symbols, of_view)
        await dialogs.show(Help(help.title(deck.settings.prefix), found, symbols))

    return [
        _command(
            "switch",
            "Find an agent and show it",
            "g tab",
            lambda deck: switcher.switch(deck, dialogs, symbols),
            "multiplexer",
        ),
        _command("palette", "Find a command", ":", find, "multiplexer"),
        _command("help", "Show all keys", "?", show_help, "multiplexer"),
        _command("leave", "Leave; all sessions go on", "d", lambda _: terminals.leave(), "multiplexer"),
        _command("redraw", "Draw everything anew", "r", lambda _: terminals.repaint(), "multiplexer"),
    ]
