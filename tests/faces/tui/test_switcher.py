"""Finding an agent, and marking some."""

import asyncio

import pytest

from constellagent.faces.tui import switcher
from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.symbols import UNICODE
from tests.faces.tui.conftest import Screens
from tests.faces.tui.crews import crew, four, two_constellations
from tests.faces.tui.fake_deck import FILE, FakeDeck
from tests.faces.tui.host import DOWN, ENTER, ESCAPE, TAB, hosted

pytestmark = pytest.mark.usefixtures("utc")


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        (ENTER, ["api-tests"]),
        (DOWN + ENTER, ["triage"]),
        ("docs" + ENTER, ["docs"]),
        ("feature auth" + ENTER, ["auth-redesign"]),
        ("codex" + ENTER, ["api-tests"]),
        ("permission" + ENTER, ["api-tests"]),
        ("docs@acme.test" + ENTER, ["docs"]),
        ("done" + ENTER, ["docs"]),
        (ESCAPE, []),
    ],
)
async def test_switch(keys: str, shown: list[str]) -> None:
    """Who waits comes first, who is looked at last; name, branch, state, kind and address all find."""
    deck = FakeDeck(four())
    async with hosted() as host:
        done = asyncio.ensure_future(switcher.switch(deck, host.dialogs, UNICODE))
        await host.drawn()
        await host.press(keys)
        await done
    assert [agent.name for agent in deck.shown] == shown


async def test_longest_wait_first() -> None:
    """Of those that wait the one that waits longest is at the top."""
    deck = FakeDeck(crew(20))
    async with hosted() as host:
        done = asyncio.ensure_future(switcher.switch(deck, host.dialogs, UNICODE))
        await host.press(ENTER)
        await done
    assert deck.shown == [AgentId(FILE, "agent-17")]


async def test_agent_that_goes_meanwhile() -> None:
    """An agent without a view is not offered."""
    deck = FakeDeck(four())
    agents = [*deck.fleet.ids(), AgentId(FILE, "gone")]
    assert [item.value for item in switcher.items(deck, UNICODE, agents)] == ["0", "1", "2", "3"]


def test_several_constellations() -> None:
    """Over several constellations each name has its constellation before it."""
    deck = FakeDeck(*two_constellations())
    found = switcher.items(deck, UNICODE, deck.fleet.ids())
    assert found[0].label == "acme-web/auth-redesign  feature/auth-redesign"


async def test_several() -> None:
    """Those that were marked are marked, Tab changes it, Escape gives nothing."""
    deck = FakeDeck(four())
    before = [AgentId(FILE, "docs")]
    async with hosted() as host:
        marked = asyncio.ensure_future(switcher.several(deck, host.dialogs, UNICODE, "Type to", before))
        await host.drawn()
        await host.press(TAB + ENTER)
        assert await marked == [AgentId(FILE, "auth-redesign"), AgentId(FILE, "docs")]
        marked = asyncio.ensure_future(switcher.several(deck, host.dialogs, UNICODE, "Type to", before))
        await host.drawn()
        await host.press(ESCAPE)
        assert await marked is None


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (250, 60)])
async def test_looks(screens: Screens, columns: int, rows: int) -> None:
    """The switcher looks as agreed at both sizes."""
    deck = FakeDeck(four())
    async with hosted(columns=columns, rows=rows) as host:
        done = asyncio.ensure_future(switcher.switch(deck, host.dialogs, UNICODE))
        await host.drawn()
        screens(f"chrome/switcher-{columns}x{rows}.txt", host.text())
        await host.press(ESCAPE)
        await done
