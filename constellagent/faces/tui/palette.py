"""The palette: any command by a few letters of what it does, with its keys, so that they are learnt."""

from constellagent.faces.tui.deck import Command, Deck
from constellagent.faces.tui.dialogs import Dialogs
from constellagent.faces.tui.finder import Finder, Item
from constellagent.faces.tui.key_names import all_shown, prefix_shown
from constellagent.faces.tui.symbols import Symbols


def items(deck: Deck, symbols: Symbols) -> list[Item]:
    """Return all commands of the deck, by their names."""
    prefix = prefix_shown(deck.settings.prefix)
    return [
        Item(
            value=command.name,
            label=command.what,
            note=f"{prefix} {all_shown(command.keys, symbols)}" if command.keys else "",
            also=f"{command.name} {command.group}",
        )
        for command in deck.commands
    ]


async def pick(deck: Deck, dialogs: Dialogs, symbols: Symbols) -> Command | None:
    """Let a person find a command; None where it was called off."""
    chosen = await dialogs.show(Finder("Commands", items(deck, symbols), symbols))
    return next((command for command in deck.commands if chosen and command.name == chosen[0]), None)
