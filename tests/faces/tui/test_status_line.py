"""The line at the bottom: what it says, and messages."""

import pytest

from constellagent.errors import UsageError
from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.status_line import StatusLine
from constellagent.faces.tui.symbols import ASCII, UNICODE
from constellagent.runtime.settings import Settings
from tests.faces.fake_control import agent_view
from tests.faces.tui.conftest import Screens
from tests.faces.tui.crews import due, four
from tests.faces.tui.fake_deck import FILE, NOW, FakeDeck, constellation
from tests.faces.tui.host import hosted

pytestmark = pytest.mark.usefixtures("utc")


def said(line: StatusLine, columns: int = 100) -> str:
    """Return what the line says."""
    return "".join(text for _, text in line.rows(columns, 1)[0]).rstrip()


def test_at_rest() -> None:
    """It says the prefix key, how many agents there are and wait, what comes next, and what is unread."""
    assert said(StatusLine(FakeDeck(four()), UNICODE)) == (
        " C-] ? keys │ 4 agents, 1 waiting │ next: triage/morning 14:06 │ ✉ 3 ☎ 1"
    )


def test_ascii() -> None:
    """Where the locale knows ASCII only, nothing else is said."""
    assert said(StatusLine(FakeDeck(four()), ASCII)) == (
        " C-] ? keys | 4 agents, 1 waiting | next: triage/morning 14:06 | m 3 t 1"
    )


def test_calm_where_there_is_nothing() -> None:
    """Nothing is said of what there is none of."""
    quiet = constellation(agent_view("docs"))
    assert said(StatusLine(FakeDeck(quiet), UNICODE)) == " C-] ? keys │ 1 agent"


def test_earliest_fire_and_failures() -> None:
    """Of all fires the earliest is said, and agents that failed are counted."""
    fleet = constellation(
        agent_view("a", "failed", next_fire=due(7200)), agent_view("b", "done", next_fire=due(-1))
    )
    assert said(StatusLine(FakeDeck(fleet), UNICODE)) == (
        " C-] ? keys │ 2 agents, 1 failed │ next: triage/morning now"
    )


def test_least_important_goes_first() -> None:
    """In a narrow window whole parts are left out from the end; the last one left is cut."""
    line = StatusLine(FakeDeck(four()), UNICODE)
    assert said(line, 60) == " C-] ? keys │ 4 agents, 1 waiting"
    assert said(line, 20) == " C-] ? keys"
    assert said(line, 8) == " C-] ? …"


def test_message_holds_for_a_while() -> None:
    """A message takes the place of all else, an error longer than the others, then goes by itself."""
    deck = FakeDeck(four())
    line = StatusLine(deck, UNICODE)
    for tone, seconds in (("info", 4.0), ("warning", 8.0), ("error", 12.0)):
        line.say(f"said \x1b[1m{tone}", tone)  # type: ignore[arg-type] # a tone by its name
        assert said(line) == f" said \N{REPLACEMENT CHARACTER}[1m{tone}"
        assert line.rows(80, 1)[0][0][0] == f"class:tone.{tone}"
        assert line.changes_at == deck.time + seconds
        deck.time += seconds - 0.1
        assert "said" in said(line)
        deck.time += 0.2
        assert said(line).startswith(" C-] ?")
    assert deck.redraws == 3


def test_clock_that_is_set_back() -> None:
    """A message does not stay for hours where the clock is set back."""
    deck = FakeDeck(four())
    line = StatusLine(deck, UNICODE)
    line.say("hello")
    deck.time -= 3600
    assert "hello" not in said(line)


def test_click_takes_the_message_away() -> None:
    """A click on a message takes it away."""
    line = StatusLine(FakeDeck(four()), UNICODE)
    line.say("hello")
    line.clicked(0, 3)
    assert "hello" not in said(line)


def test_prefix_pending() -> None:
    """After the prefix key it says what may follow, over a message too."""
    line = StatusLine(FakeDeck(four()), UNICODE)
    line.say("hello")
    line.prefix_pending = True
    assert said(line, 80).startswith(" C-]  ? all keys  : commands  g switch")
    assert "class:status.strong" in [style for style, _ in line.rows(80, 1)[0]]


def test_broadcast() -> None:
    """While typed keys go to several agents it says so first."""
    line = StatusLine(
        FakeDeck(four()), UNICODE, lambda: frozenset({AgentId(FILE, "docs"), AgentId(FILE, "a")})
    )
    assert said(line).startswith("  typing to 2 agents  │ C-] ? keys")


def test_daemon_away() -> None:
    """While the daemon is away it says how old what is shown is, and forgets it when it is back."""
    deck = FakeDeck(four())
    line = StatusLine(deck, UNICODE)
    deck.fleet.connected = False
    deck.fleet.change()
    deck.time += 12
    deck.fleet.change()
    assert said(line).startswith("  daemon away: showing what was known 12s ago  │ C-] ? keys")
    assert line.changes_at == NOW + 13
    deck.fleet.connected = True
    deck.fleet.change()
    assert "away" not in said(line)
    assert line.changes_at is None


def test_away_from_the_start() -> None:
    """A daemon that was never there is away since the start."""
    deck = FakeDeck()
    deck.fleet.connected = False
    line = StatusLine(deck, UNICODE)
    deck.time += 1
    assert "known 1s ago" in said(line)


def test_keys_of_a_view() -> None:
    """While a view is open its keys stand right after how to see all keys."""
    line = StatusLine(FakeDeck(four()), UNICODE)
    line.hints = lambda: [("a", "apply"), ("q", "close")]
    assert said(line).startswith(" C-] ? keys  a apply  q close │ 4 agents")


def test_wrong_prefix_setting() -> None:
    """A prefix that is no control key is refused at the start, by name."""
    deck = FakeDeck()
    deck.settings = Settings(prefix="hello")
    with pytest.raises(UsageError, match="hello"):
        StatusLine(deck, UNICODE)


@pytest.mark.parametrize("columns", [80, 250])
async def test_looks(screens: Screens, columns: int) -> None:
    """The line looks as agreed at both widths."""
    async with hosted(StatusLine(FakeDeck(four()), UNICODE).window, columns, 1) as host:
        await host.drawn()
        screens(f"chrome/status-{columns}.txt", host.text())
