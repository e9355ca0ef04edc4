"""What is asked about an inbox."""

from typing import Any

from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.views.inbox_source import InboxSource
from tests.faces.cli.personal import conversation_view, thread_view
from tests.faces.fake_control import agent_view
from tests.faces.tui.fake_deck import FILE, FakeDeck, constellation, event

DOCS = AgentId(FILE, "docs")


def rig(**changes: Any) -> FakeDeck:
    """Return a deck with one agent."""
    return FakeDeck(constellation(agent_view("docs", **changes)))


def test_address() -> None:
    """The address comes with the number; without an identity, or an agent, there is none."""
    assert InboxSource(rig()).address(DOCS) == "docs@acme.test"
    assert InboxSource(rig(phone="+1202")).address(DOCS) == "docs@acme.test  +1202"
    assert InboxSource(rig(address=None)).address(DOCS) is None
    assert InboxSource(rig()).address(AgentId(FILE, "gone")) is None


def test_news() -> None:
    """What came, what was read, and the daemon's coming back are news; states and others' mail are not."""
    deck = rig()
    source = InboxSource(deck)
    seen = [source.news(DOCS)]

    def is_news() -> bool:
        now = source.news(DOCS)
        seen.append(now)
        return now != seen[-2]

    deck.fleet.events = [event("waits"), event("mail came", "other", kind="mail")]
    deck.fleet.change(constellation(agent_view("docs", "waiting")))
    assert not is_news()
    deck.fleet.events.append(event("mail came", kind="mail"))
    assert is_news()
    deck.fleet.change(constellation(agent_view("docs", unread_mail=1)))
    assert is_news()
    deck.fleet.connected = False
    assert is_news()
    deck.fleet.change(constellation())
    assert is_news()


async def test_order() -> None:
    """Unread conversations come first, then the newest; who has no number is not asked for texts."""
    deck = rig(phone="+1202")
    deck.control.answers = {
        "inbox": [
            thread_view("old", at="2026-01-01T00:00:00Z", unread=1),
            thread_view("new", at="2026-01-03T00:00:00Z"),
        ],
        "sms": [conversation_view("+1", at="2026-01-02T00:00:00Z", unread=0)],
    }
    found = await InboxSource(deck).conversations(DOCS)
    assert [row["at"][:10] for row in found] == ["2026-01-01", "2026-01-03", "2026-01-02"]
    without = rig()
    await InboxSource(without).conversations(DOCS)
    assert [request["action"] for request in without.control.requests("identity")] == ["inbox"]
