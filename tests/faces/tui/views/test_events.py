"""The view of what happened."""

import pytest

from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.views.events import Events
from tests.faces.tui.conftest import Screens
from tests.faces.tui.crews import four
from tests.faces.tui.fake_deck import FILE, NOW, FakeDeck, event
from tests.faces.tui.host import END, ENTER, UP
from tests.faces.tui.views.shown import SIZES, shown

pytestmark = pytest.mark.usefixtures("utc")


def rig() -> FakeDeck:
    """Return a deck on which some things happened."""
    deck = FakeDeck(four())
    deck.fleet.events = [
        event("api-tests ended with status 1", "api-tests", at=NOW - 90_000, level="error", kind="session"),
        event("waits: permission", "auth-redesign", at=NOW - 40, level="warning"),
        event("mail from \x1b[2Jstranger@example.com\u202e", "docs", at=NOW - 9, kind="mail"),
        event("applied: 3 changes", "", at=NOW - 3, level="done", kind="apply"),
        event("is done", "gone", at=NOW, level="done"),
    ]
    return deck


@pytest.mark.parametrize("size", SIZES)
async def test_looks(screens: Screens, size: str) -> None:
    """The view looks as agreed at both sizes."""
    deck = rig()
    async with shown(deck, Events(deck), size) as view:
        screens(f"views/events-{size}.txt", view.screen())


async def test_empty(screens: Screens) -> None:
    """Where nothing happened the view says what will show there."""
    deck = FakeDeck(four())
    async with shown(deck, Events(deck)) as view:
        screens("views/events-empty.txt", view.screen())
        await view.press("a")
        assert "Nothing has happened to auth-redesign yet" in view.text()


async def test_follows_the_newest() -> None:
    """What happens is followed, until a person looks at what was, and again from the end on."""
    deck = rig()
    events = Events(deck)
    async with shown(deck, events) as view:
        deck.fleet.events += [event(f"step {number}", at=NOW + number) for number in range(100)]
        await view.refresh()
        assert "step 99" in view.host.lines()[-1]
        await view.press(UP)
        deck.fleet.events.append(event("step 100", at=NOW + 100))
        await view.refresh()
        assert "step 100" not in view.text()
        await view.press(END)
        deck.fleet.events.append(event("step 101", at=NOW + 101))
        await view.refresh()
        assert "step 101" in view.host.lines()[-1]
        assert deck.control.asked == []


async def test_goes_to_the_agent() -> None:
    """Enter closes the view and shows the agent; of one that is gone, or of none, it is said."""
    deck = rig()
    async with shown(deck, Events(deck)) as view:
        await view.press(ENTER, UP, ENTER)
        assert deck.said == [
            ("there is no agent 'gone' any more", "warning"),
            ("this event is not about one agent", "info"),
        ]
        assert deck.view is not None
        await view.press(UP, ENTER)
        assert deck.shown == [AgentId(FILE, "docs")]
        assert view.closed


async def test_narrowed() -> None:
    """`a` shows those of the chosen event's agent, then all again; `/` those with some words."""
    deck = rig()
    events = Events(deck)
    async with shown(deck, events) as view:
        await view.press("k", "k", "a")
        assert events.title == "events of docs · 1"
        assert ("a", "all agents") in events.hints()
        await view.press("a")
        assert events.title == "events · 5"
        deck.answers.append("permission")
        await view.press("/")
        assert events.title == "events · 1 · with 'permission'"


async def test_closes() -> None:
    """`q` closes the view."""
    deck = rig()
    async with shown(deck, Events(deck)) as view:
        await view.press("q")
        assert deck.view is None


async def test_before_the_daemon_answered() -> None:
    """While nobody knows what there is, the view does not say that nothing happened."""
    deck = FakeDeck()
    deck.fleet.connected = False
    async with shown(deck, Events(deck)) as view:
        assert "the daemon does not answer yet" in view.text()


async def test_schedules_belong_to_their_agent() -> None:
    """What a schedule did is among what happened to its agent, and Enter shows that."""
    deck = rig()
    deck.fleet.events.append(event("working", "docs/often", at=NOW + 1, kind="run"))
    events = Events(deck)
    async with shown(deck, events) as view:
        await view.press("a")
        assert events.title == "events of docs · 2"
        await view.press(ENTER)
        assert deck.shown == [AgentId(FILE, "docs")]
