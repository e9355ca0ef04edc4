"""The rows of the agent list, as values."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui.agent_rows import Look, Row, rows, said, style_of
from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.symbols import UNICODE
from constellagent.faces.tui.theme_rules import CLASSES
from constellagent.faces.tui.words import width
from constellagent.runtime.control import State
from tests.faces.fake_control import agent_view, service_view
from tests.faces.tui.crews import crew, due
from tests.faces.tui.fake_deck import FILE, NOW, constellation

MINUS = UNICODE.minus

pytestmark = pytest.mark.usefixtures("utc")


def text(row: Row) -> str:
    """Return what a row shows."""
    return "".join(part for _, part in row.line).rstrip()


def shown(columns: int = 24, height: int = 10, **changes: Any) -> list[str]:
    """Return the rows of one agent called docs."""
    agent = agent_view("docs", **{"address": None, "branch": "", **changes})
    return [text(row) for row in rows([constellation(agent)], Look(columns, NOW, UNICODE), height)]


@pytest.mark.parametrize("state", get_args(State))
def test_every_state_has_a_class(state: State) -> None:
    """Each state has a class that the themes know."""
    assert style_of(state).removeprefix("class:") in CLASSES


def test_what_is_said() -> None:
    """An agent that waits says why; one that sleeps says when it wakes; all others say their state."""
    assert said(agent_view("a", "waiting", reason="question"), NOW) == "question"
    assert said(agent_view("a", "waiting"), NOW) == "waiting"
    assert said(agent_view("a", "stopped", next_fire=due(60)), NOW) == "next 13:47"
    assert said(agent_view("a", "working", next_fire=due(60)), NOW) == "working"
    assert said(agent_view("a", "failed", reason="exit 1"), NOW) == "failed"


def test_one_row_where_there_is_no_more_to_say() -> None:
    """Without changes and messages the age stands beside the state."""
    assert shown(state="done", since=NOW - 300) == [" ✓ docs          done 5m"]
    assert shown(state="stopped", since=None) == [" ○ docs          stopped"]


def test_reason_where_there_is_room() -> None:
    """The reason stands beside the state where there is room for it, else the age alone."""
    assert shown(36, state="failed", reason="exit 1", since=NOW) == [" ✗ docs            failed: exit 1 0s"]
    assert shown(24, state="failed", reason="exit status 137", since=NOW) == [" ✗ docs        failed 0s"]
    assert shown(14, state="failed", reason="exit 1", since=NOW) == [" ✗ docs failed"]
    assert shown(14, state="waiting", reason="permission", since=NOW) == [" ◐ do… permis…"]


def test_details() -> None:
    """Commits give way first, then changed lines, never messages."""
    known = {"added": 120, "removed": 8, "ahead": 2, "behind": 1, "unread_mail": 1, "unread_texts": 3}
    assert shown(36, since=NOW, **known)[1] == f"   +120 {MINUS}8  ↑2 ↓1  ✉1 ☎3          0s"
    assert shown(24, since=NOW, **known)[1] == f"   +120 {MINUS}8  ✉1 ☎3     0s"
    assert shown(14, since=NOW, **known)[1] == "   ✉1 ☎3    0s"
    assert shown(24, since=NOW, removed=8)[1] == f"   +0 {MINUS}8              0s"
    assert shown(24, since=NOW, ahead=None, behind=4)[1] == "   ↓4                 0s"


def test_not_declared_any_more() -> None:
    """An agent that is declared no more is dim."""
    agent = agent_view("docs", declared=False)
    row = rows([constellation(agent)], Look(24, NOW, UNICODE), 9)[0]
    assert ("class:dim", "docs") in row.line


def test_problems() -> None:
    """A constellation that cannot be shown says why, and so does one whose identities are unknown."""
    broken, blind = constellation(), constellation(agent_view("docs"))
    broken["problem"] = "line 3: no such key"
    blind["provider_problem"] = "not logged in"
    lines = [text(row) for row in rows([broken, blind], Look(36, NOW, UNICODE), 20)]
    assert " line 3: no such key" in lines
    assert " identities: not logged in" in lines


def test_services() -> None:
    """A service says its state, with the reason where there is room; many are counted where there is none."""
    fleet = constellation(
        services=[service_view("db", "failed", reason="exit 1", since=None), service_view("shop")]
    )
    wide = [text(row) for row in rows([fleet], Look(36, NOW, UNICODE), 9)]
    assert wide[:2] == [" services", " ✗ db                 failed: exit 1"]
    narrow = [text(row) for row in rows([fleet], Look(36, NOW, UNICODE), 1)]
    assert narrow == [" 2 services, 1 failed"]


def test_nothing() -> None:
    """Where there is nothing a row says so."""
    assert [text(row) for row in rows([], Look(24, NOW, UNICODE), 9)] == [" no agents yet"]


def test_the_roomier_the_better() -> None:
    """With less height rows go away step by step, until one is left of each agent."""
    fleet = constellation(*crew(8)["agents"])
    counts = [
        len(rows([fleet], Look(30, NOW, UNICODE, AgentId(FILE, "agent-00")), height)) for height in range(40)
    ]
    assert sorted(set(counts)) == [8, 9, 17, 31]
    assert all(count <= height or count == 8 for height, count in enumerate(counts))


@given(
    st.lists(
        st.builds(
            agent_view,
            st.text("abc漢-", min_size=1, max_size=40),
            st.sampled_from(get_args(State)),
            reason=st.text(max_size=12),
            added=st.integers(0, 10**6),
            ahead=st.none() | st.integers(0, 999),
            unread_mail=st.integers(0, 99),
            since=st.none() | st.floats(0, 2 * NOW),
        ),
        max_size=4,
    ),
    st.integers(14, 40),
    st.integers(0, 30),
)
def test_rows_are_as_wide_as_the_list(agents: list[Any], columns: int, height: int) -> None:
    """Whatever agents are called and say, each row takes the columns of the list and holds no control."""
    for row in rows([constellation(*agents)], Look(columns, NOW, UNICODE), height):
        assert text(row).isprintable()
        assert width("".join(part for _, part in row.line)) <= columns
