"""The list of agents, drawn by a real application."""

import pytest

from constellagent.faces.tui.agent_list import AgentList, list_width
from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.symbols import ASCII, UNICODE
from constellagent.runtime.control import ConstellationView
from tests.faces.fake_control import agent_view
from tests.faces.tui.conftest import Screens
from tests.faces.tui.crews import crew, four, pair, two_constellations
from tests.faces.tui.fake_deck import FILE, NOW, FakeDeck, constellation
from tests.faces.tui.host import DOWN, END, ENTER, HOME, PAGE_DOWN, PAGE_UP, UP, Host, hosted

pytestmark = pytest.mark.usefixtures("utc")
SIZES = ((80, 24), (250, 60))


def listed(*views: ConstellationView) -> tuple[FakeDeck, AgentList]:
    """Return a list over a fake deck; nobody looks at a tile."""
    deck = FakeDeck(*views)
    deck.current = None
    return deck, AgentList(deck, UNICODE)


@pytest.mark.parametrize(("columns", "wide"), [(40, 24), (80, 24), (120, 29), (176, 36), (250, 36)])
def test_width(columns: int, wide: int) -> None:
    """The list is 24 columns wide in a small window and 36 in a large one."""
    assert list_width(columns) == wide


@pytest.mark.parametrize(("columns", "rows"), SIZES)
@pytest.mark.parametrize("name", ["2", "4", "12", "60", "two"])
async def test_looks(screens: Screens, name: str, columns: int, rows: int) -> None:
    """The list of a few, a dozen and five dozen agents looks as agreed at both sizes."""
    views = {"2": [pair()], "4": [four()], "two": two_constellations()}.get(name) or [crew(int(name))]
    deck = FakeDeck(*views)
    deck.current = deck.fleet.ids()[1]
    wide = list_width(columns)
    async with hosted(AgentList(deck, UNICODE).window, wide, rows - 3) as host:
        await host.drawn()
        screens(f"chrome/list-{name}-{columns}x{rows}.txt", host.text())


async def test_ascii(screens: Screens) -> None:
    """Where the locale knows ASCII only, nothing else is drawn."""
    deck = FakeDeck(four())
    async with hosted(AgentList(deck, ASCII).window, 24, 21) as host:
        await host.drawn()
        assert host.text().isascii()
        screens("chrome/list-ascii.txt", host.text())


async def test_waiting_stands_out() -> None:
    """The name and the reason of an agent that waits have the colour of waiting."""
    _, shown = listed(four())
    async with hosted(shown.window, 24, 21) as host:
        await host.drawn()
        assert "state.waiting" in host.style_at("api-tests")
        assert "state.waiting" in host.style_at("permission")
        assert "state.waiting" not in host.style_at("docs")


async def test_follows_the_tile() -> None:
    """Without the focus the list marks the agent of the focused tile."""
    deck, shown = listed(four())
    deck.current = AgentId(FILE, "docs")
    async with hosted(None) as host:
        host.app.layout.container = shown.window
        shown.rows(24, 21)
    assert shown.selected == AgentId(FILE, "docs")


async def test_arrows_choose_and_enter_shows() -> None:
    """With the focus the arrows choose an agent, and Enter shows its terminal."""
    deck, shown = listed(four())
    async with hosted(shown.window, 24, 21) as host:
        await host.press(DOWN)
        await host.press("j")
        assert shown.selected == AgentId(FILE, "api-tests")
        assert "class:selected" in host.style_at("api-tests")
        await host.press(UP)
        await host.press(ENTER)
        assert deck.shown == [AgentId(FILE, "auth-redesign")]
        await host.press(END)
        assert shown.selected == AgentId(FILE, "docs")
        await host.press(HOME)
        assert shown.selected == AgentId(FILE, "auth-redesign")


async def test_nothing_to_choose() -> None:
    """Without agents the keys do nothing, and a line says so."""
    deck, shown = listed()
    async with hosted(shown.window, 24, 21) as host:
        await host.press(DOWN)
        await host.press(ENTER)
        assert deck.shown == []
        assert "no agents yet" in host.text()
        assert shown.title == "no constellations"


async def test_click_shows() -> None:
    """A click on any row of an agent shows it; one below the last does nothing."""
    deck, shown = listed(four())
    async with hosted(shown.window, 24, 40) as host:
        await host.drawn()
        row = next(at for at, line in enumerate(host.lines()) if "docs" in line)
        await host.click(5, row + 1)
        assert deck.shown == [AgentId(FILE, "docs")]
        await host.click(5, 39)
        assert len(deck.shown) == 1


def edges(host: Host) -> tuple[str, str]:
    """Return the first and the last line."""
    lines = host.lines()
    return lines[0].strip(), lines[-1].strip()


async def test_scrolls() -> None:
    """The wheel scrolls without choosing; both edges count what is beyond them and who waits there."""
    _, shown = listed(crew(60))
    async with hosted(shown.window, 24, 21) as host:
        await host.drawn()
        assert edges(host) == ("● agent-00   working 5s", "↓ 40 more, 5 waiting")
        await host.wheel(3, 3, down=True)
        assert edges(host) == ("↑ 4 more, 1 waiting", "↓ 37 more, 5 waiting")
        await host.wheel(3, 3, down=False)
        assert edges(host)[0].startswith("● agent-00")
        assert shown.selected is None


async def test_choice_stays_in_sight() -> None:
    """Whatever is chosen by keys or from outside is brought into sight, clear of the edges."""
    _, shown = listed(crew(60))
    async with hosted(shown.window, 24, 21) as host:
        await host.press(END)
        assert "agent-59" in host.text()
        for _ in range(30):
            await host.press(UP)
        assert shown.selected == AgentId(FILE, "agent-29")
        assert "agent-29" in host.text()
        await host.press(PAGE_DOWN)
        await host.press(PAGE_UP)
        assert shown.selected == AgentId(FILE, "agent-29")
        shown.select(AgentId(FILE, "agent-03"))
        await host.drawn()
        assert "agent-03" in host.text()


async def test_one_that_is_gone() -> None:
    """An agent that is gone is chosen no more."""
    deck, shown = listed(four())
    shown.select(AgentId(FILE, "docs"))
    assert shown.selected is not None
    deck.fleet.change(pair())
    assert shown.selected is None


async def test_knows_when_it_ages() -> None:
    """It knows when the next age in sight changes, and that nothing ages where there is no age."""
    deck, shown = listed(constellation(agent_view("a", since=NOW - 61), agent_view("b", since=NOW - 7300)))
    async with hosted(shown.window, 24, 21) as host:
        await host.drawn()
        assert shown.changes_at == NOW + 59
        deck.fleet.change(constellation(agent_view("a", since=None)))
        await host.drawn()
        assert shown.changes_at is None


async def test_broadcast_is_marked() -> None:
    """Those who get what is typed are marked."""
    deck = FakeDeck(four())
    deck.current = None
    shown = AgentList(deck, UNICODE, lambda: frozenset({AgentId(FILE, "docs")}))
    async with hosted(shown.window, 24, 21) as host:
        await host.drawn()
        assert "docs B" in host.text()


def test_title() -> None:
    """The title is the constellation's name, or how many there are."""
    assert listed(four())[1].title == "acme-web"
    assert listed(*two_constellations())[1].title == "2 constellations"
