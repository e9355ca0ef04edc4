"""The view of the audit."""

import asyncio

import pytest

from constellagent.errors import UnavailableError
from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.views.audit import Audit
from constellagent.runtime.identity_views import AuditReport, ChainView
from tests.faces.cli.personal import audit_view
from tests.faces.tui.conftest import Screens
from tests.faces.tui.crews import four
from tests.faces.tui.fake_deck import FILE, FakeDeck
from tests.faces.tui.views.shown import SIZES, shown

pytestmark = pytest.mark.usefixtures("utc")


def rig() -> FakeDeck:
    """Return a deck whose daemon knows some lines."""
    deck = FakeDeck(four())
    deck.control.audit_lines = [
        [
            audit_view(1, at="1970-01-11T09:00:00.123Z", actor="daemon", action="identity.created"),
            audit_view(2, at="1970-01-12T09:00:00.123Z"),
            audit_view(3, at="1970-01-12T09:00:01.123Z", action="secrets.get", result="denied"),
            audit_view(4, at="1970-01-12T09:00:02.123Z", agent="", actor="person", about="2 \x1b[2Jthreads"),
        ]
    ]
    return deck


@pytest.mark.parametrize("size", SIZES)
async def test_looks(screens: Screens, size: str) -> None:
    """The view looks as agreed at both sizes, for one agent and for all."""
    deck = rig()
    deck.control.audit_report = AuditReport(ok=True, problem="", identities=[_chain("docs")])
    async with shown(deck, Audit(deck), size) as view:
        screens(f"views/audit-{size}.txt", view.screen())
        await view.press("a", "v")
        screens(f"views/audit-all-{size}.txt", view.screen())


def _chain(agent: str, problem: str = "") -> ChainView:
    return ChainView(identity=f"uuid-of-{agent}", agent=agent, lines=3, ok=not problem, problem=problem)


async def test_asks_for_one_or_all() -> None:
    """It asks for the current agent's lines, and with `a` for those of all identities."""
    deck = rig()
    deck.current = AgentId(FILE, "docs")
    audit = Audit(deck)
    async with shown(deck, audit) as view:
        assert audit.title == "audit of docs · 4 lines"
        await view.press("a")
        assert audit.title == "audit of all identities · 4 lines"
        await view.press("a")
    asked = [(request["file"], request["agent"]) for request in deck.control.requests("audit")]
    assert asked == [(FILE, "docs"), (None, None), (FILE, "docs")]


async def test_no_agent() -> None:
    """Where no agent is chosen the lines of all are shown, and `a` changes nothing."""
    deck = FakeDeck()
    audit = Audit(deck)
    async with shown(deck, audit) as view:
        await view.press("a")
        assert audit.title == "audit of all identities · no lines"
        assert "No identity has an audit yet" in view.text()


@pytest.mark.parametrize(
    ("report", "wanted"),
    [
        (AuditReport(ok=True, problem="", identities=[_chain("docs")]), "the audit holds: 1 record checked."),
        (
            AuditReport(ok=False, problem="a line is gone", identities=[]),
            "does NOT hold: a line is gone",
        ),
        (AuditReport(ok=False, problem="", identities=[_chain("docs", "line 3 was changed")]), "line 3 was"),
        (AuditReport(ok=False, problem="", identities=[]), "the audit does NOT hold"),
    ],
)
async def test_verify(report: AuditReport, wanted: str) -> None:
    """`v` verifies, and what it found stays above the lines."""
    deck = rig()
    deck.control.audit_report = report
    async with shown(deck, Audit(deck)) as view:
        await view.press("v")
        assert wanted in view.text()
        assert ("tone.done" if report["ok"] else "tone.error") in view.host.style_at("At 13:46:40")


async def test_fault_keeps_what_is_known() -> None:
    """Where they cannot be had the lines stay, below why; `r` tries again at once."""
    deck = rig()
    async with shown(deck, Audit(deck)) as view:
        deck.control.fail("audit", UnavailableError("the daemon does not answer"))
        await view.press("r")
        assert "the daemon does not answer" in view.host.lines()[0]
        assert "API_KEY" in view.text()
        assert deck.said == [("the daemon does not answer", "error")]
        deck.control.fails.clear()
        await view.press("r")
        assert "does not answer" not in view.text()


async def test_many_refreshes_cost_one_request() -> None:
    """A hundred changes of the fleet right after opening cost no request."""
    deck = rig()
    audit = Audit(deck)
    async with shown(deck, audit):
        waiting = asyncio.gather(*(audit.refresh() for _ in range(100)))
        await asyncio.sleep(0)
        waiting.cancel()
        assert len(deck.control.requests("audit")) == 1


async def test_empty_and_narrowed() -> None:
    """An identity without lines is told from unknown ones; `/` narrows and the title says so."""
    deck = rig()
    audit = Audit(deck)
    async with shown(deck, audit, refresh=False) as view:
        await view.host.drawn()
        assert "Looking…" in view.text()
        deck.control.audit_lines.insert(0, [])
        await view.refresh()
        assert "Nothing was done with this identity yet" in view.text()
        await view.press("r")
        deck.answers.append("created")
        await view.press("/")
        assert audit.title.endswith(" · 4 lines · 1 with 'created'")
