"""The switcher: an agent by letters of its name, branch, state or address; those that wait come first."""

from collections.abc import Sequence

from constellagent.faces.tui.agent_rows import said, style_of
from constellagent.faces.tui.ages import age
from constellagent.faces.tui.deck import AgentId, Deck
from constellagent.faces.tui.dialogs import Dialogs
from constellagent.faces.tui.finder import Finder, Item
from constellagent.faces.tui.symbols import Symbols
from constellagent.faces.tui.words import clean
from constellagent.runtime.control import AgentView


def items(deck: Deck, symbols: Symbols, agents: Sequence[AgentId]) -> list[Item]:
    """Return these agents to be found, by their place in `agents`."""
    several = len(deck.fleet.constellations) > 1
    names = {shown["file"]: shown["name"] for shown in deck.fleet.constellations}
    found: list[Item] = []
    for place, agent in enumerate(agents):
        view = deck.fleet.agent(agent)
        if view is not None:
            of = f"{names[agent.file]}/" if several and agent.file in names else ""
            found.append(_item(str(place), f"{of}{agent.name}", view, deck.now(), symbols))
    return found


async def switch(deck: Deck, dialogs: Dialogs, symbols: Symbols) -> None:
    """Let a person find an agent, and show its terminal."""
    agents = sorted(deck.fleet.ids(), key=lambda agent: _urgency(deck, agent))
    chosen = await dialogs.show(Finder("Switch to", items(deck, symbols, agents), symbols))
    if chosen:
        deck.show(agents[int(chosen[0])])


async def several(
    deck: Deck, dialogs: Dialogs, symbols: Symbols, title: str, marked: Sequence[AgentId]
) -> list[AgentId] | None:
    """Let a person mark agents; None where it was called off."""
    agents = list(deck.fleet.ids())
    before = [str(place) for place, agent in enumerate(agents) if agent in marked]
    finder = Finder(title, items(deck, symbols, agents), symbols, several=True, marked=before)
    chosen = await dialogs.show(finder)
    return None if chosen is None else [agents[int(place)] for place in chosen]


def _item(value: str, label: str, view: AgentView, now: float, symbols: Symbols) -> Item:
    words = [said(view, now), "" if view["since"] is None else age(view["since"], now)]
    return Item(
        value=value,
        label=f"{clean(label)}  {clean(view['branch'])}",
        note=" ".join(word for word in words if word),
        sign=(style_of(view["state"]), symbols.of(view["state"])),
        also=clean(f"{view['state']} {view['reason']} {view['address'] or ''} {view['kind']}"),
    )


def _urgency(deck: Deck, agent: AgentId) -> tuple[int, float]:
    """Those that wait come first, the longest of them at the top; the one that is looked at comes last."""
    view = deck.fleet.agent(agent)
    if agent == deck.current:
        return 2, 0.0
    if view is not None and view["state"] == "waiting":
        return 0, view["since"] or 0.0
    return 1, 0.0
