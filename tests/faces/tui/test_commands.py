"""The table of commands."""

import asyncio
from collections import Counter

import pytest
from prompt_toolkit.key_binding import KeyBindings

from constellagent.errors import UsageError
from constellagent.faces.tui.commands import perform, table
from constellagent.faces.tui.deck import AgentId, Command
from constellagent.faces.tui.dialogs import Dialogs
from constellagent.faces.tui.symbols import UNICODE
from tests.faces.tui.crews import four
from tests.faces.tui.fake_deck import FILE, FakeDeck
from tests.faces.tui.fake_terminals import VIEW_NAMES, FakeTerminals, FakeView, every_command
from tests.faces.tui.host import ENTER, ESCAPE, TAB, hosted

DOCS, TRIAGE = AgentId(FILE, "docs"), AgentId(FILE, "triage")


def by_key(key: str, terminals: FakeTerminals, dialogs: Dialogs | None = None) -> Command:
    """Return the command of a key."""
    return next(command for command in every_command(terminals, dialogs) if key in command.keys)


def test_each_key_once() -> None:
    """No key and no name is given twice, and prompt_toolkit knows every key."""
    commands = every_command()
    assert max(Counter(command.name for command in commands).values()) == 1
    assert max(Counter(key for command in commands for key in command.keys).values()) == 1
    for command in commands:
        for key in command.keys:
            KeyBindings().add(key)(lambda _: None)


def test_what_is_short() -> None:
    """What a command does fits two columns of help in 80."""
    assert all(len(command.what) <= 31 and command.what[0].isupper() for command in every_command())


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("space", ("arrange", "next")),
        ("a", ("arrange", "all")),
        ("z", ("zoom",)),
        ("o", ("focus", "next")),
        ("left", ("focus", "left")),
        ("right", ("focus", "right")),
        ("up", ("focus", "up")),
        ("down", ("focus", "down")),
        ("{", ("swap", -1)),
        ("}", ("swap", 1)),
        ("x", ("close",)),
        ("[", ("scroll",)),
        ("/", ("search",)),
        ("]", ("paste",)),
        ("r", ("repaint",)),
        ("d", ("leave",)),
    ],
)
async def test_tiles(key: str, told: tuple[object, ...]) -> None:
    """Each key tells the tiles what to do."""
    deck, terminals = FakeDeck(four()), FakeTerminals()
    perform(deck, by_key(key, terminals))
    await deck.settle()
    assert terminals.told == [told]


@pytest.mark.parametrize(
    ("key", "name"),
    [("t", "schedules"), ("m", "inbox"), ("P", "plan"), ("D", "diff"), ("e", "events"), ("u", "audit")],
)
def test_views(key: str, name: str) -> None:
    """Each view has its key."""
    deck = FakeDeck(four())
    perform(deck, by_key(key, FakeTerminals()))
    assert deck.view is not None
    assert deck.view.name == name


def test_view_that_is_not_there() -> None:
    """A view that cannot be made has no command."""
    names = {command.name for command in table(FakeTerminals(), Dialogs(), UNICODE, {})}
    assert not names & set(VIEW_NAMES)


@pytest.mark.parametrize("key", ["s", "S", "R", "p"])
async def test_agents_are_about_the_current_one(key: str) -> None:
    """Without an agent what goes wrong is said, as for everything that is spawned."""
    deck = FakeDeck()
    perform(deck, by_key(key, FakeTerminals()))
    await deck.settle()
    assert deck.said == [(str(UsageError("no agent is chosen")), "error")]


async def test_web_without_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no browser can be opened, the command that prints an address is named."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "somewhere")
    deck = FakeDeck(four())
    perform(deck, by_key("w", FakeTerminals()))
    await deck.settle()
    assert "constellagent web" in deck.said[0][0]


def test_broadcast() -> None:
    """It goes on for all that are shown, says so, and off again."""
    deck, terminals = FakeDeck(four()), FakeTerminals()
    terminals.shown = [DOCS, TRIAGE]
    perform(deck, by_key("b", terminals))
    assert terminals.broadcast == {DOCS, TRIAGE}
    perform(deck, by_key("b", terminals))
    assert terminals.broadcast == frozenset()
    assert deck.said == [("what you type goes to 2 agents", "warning"), ("broadcast is off", "info")]


@pytest.mark.parametrize(
    ("keys", "chosen"), [(TAB + ENTER, {"docs", "auth-redesign"}), (ENTER, {"docs"}), (ESCAPE, {"docs"})]
)
async def test_choose_whom(keys: str, chosen: set[str]) -> None:
    """Who gets what is typed can be chosen; Escape leaves it as it was."""
    deck, terminals = FakeDeck(four()), FakeTerminals()
    terminals.broadcast = frozenset({DOCS})
    async with hosted() as host:
        perform(deck, by_key("B", terminals, host.dialogs))
        settled = asyncio.ensure_future(deck.settle())
        await host.drawn()
        await host.press(keys)
        await settled
    assert {agent.name for agent in terminals.broadcast} == chosen


async def test_choose_nobody() -> None:
    """Who marks nobody turns it off."""
    deck, terminals = FakeDeck(four()), FakeTerminals()
    async with hosted() as host:
        perform(deck, by_key("B", terminals, host.dialogs))
        settled = asyncio.ensure_future(deck.settle())
        await host.press(ENTER)
        await settled
    assert deck.said == [("broadcast is off", "info")]


@pytest.mark.parametrize("key", ["g", "tab"])
async def test_switch(key: str) -> None:
    """Both keys find an agent."""
    deck, terminals = FakeDeck(four()), FakeTerminals()
    async with hosted() as host:
        perform(deck, by_key(key, terminals, host.dialogs))
        settled = asyncio.ensure_future(deck.settle())
        await host.press("docs" + ENTER)
        await settled
    assert deck.shown == [DOCS]


@pytest.mark.parametrize(("keys", "told"), [("leave" + ENTER, [("leave",)]), (ESCAPE, [])])
async def test_palette(keys: str, told: list[tuple[object, ...]]) -> None:
    """A command that is found is done."""
    deck, terminals = FakeDeck(four()), FakeTerminals()
    async with hosted() as host:
        deck.commands = every_command(terminals, host.dialogs)
        perform(deck, by_key(":", terminals, host.dialogs))
        settled = asyncio.ensure_future(deck.settle())
        await host.drawn()
        await host.press(keys)
        await settled
    assert terminals.told == told


@pytest.mark.parametrize("view", [None, FakeView("schedules")])
async def test_help(view: FakeView | None) -> None:
    """The help shows all keys, with those of the open view."""
    deck, terminals = FakeDeck(four()), FakeTerminals()
    terminals.view = view
    async with hosted(columns=250, rows=60) as host:
        deck.commands = every_command(terminals, host.dialogs)
        perform(deck, by_key("?", terminals, host.dialogs))
        settled = asyncio.ensure_future(deck.settle())
        await host.drawn()
        assert "Find an agent and show it" in host.text()
        assert ("run now" in host.text()) is (view is not None)
        await host.press("q")
        await settled
