"""The view of an inbox."""

import base64

import pytest

from constellagent.errors import UnavailableError
from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.views.inbox import Inbox
from constellagent.runtime.identity_views import CodeView
from tests.faces.cli.personal import conversation_view, mail_view, text_view, thread_view
from tests.faces.fake_control import agent_view
from tests.faces.tui.conftest import Screens
from tests.faces.tui.crews import four
from tests.faces.tui.fake_deck import FILE, FakeDeck, constellation
from tests.faces.tui.host import DOWN, ENTER
from tests.faces.tui.views.shown import SIZES, Shown, shown

pytestmark = pytest.mark.usefixtures("utc")
BACKSPACE = "\x7f"
CODE = CodeView(code="482913", source="mail", sender="no-reply@example.com", at="1970-01-12T13:40:00Z", id=3)


def rig() -> FakeDeck:
    """Return a deck with an agent that has mail and a number, one that has none, and one without identity."""
    deck = FakeDeck(
        constellation(
            agent_view("docs", phone="+12025550100"), agent_view("plain", address=None), agent_view("triage")
        )
    )
    evil = thread_view(
        "\x1b[2J\u202eEvil\r\n subject", unread=1, preview="\x07ding", at="1970-01-12T13:00:00Z"
    )
    deck.control.answers = {
        "inbox": [evil, thread_view("Plan", mails=2, at="1970-01-11T09:00:00Z")],
        "sms": [conversation_view("+12025550199", unread=0, at="1970-01-12T12:00:00Z")],
        "thread": [
            mail_view(1, at="1970-01-11T09:00:00Z", read=True, text="Shall we begin?\n\nJo\n"),
            mail_view(2, at="1970-01-11T09:30:00Z", text="\x1b[31mred\x1b[0m " + "words " * 30),
        ],
        "conversation": [text_view(1, at="1970-01-12T12:00:00Z")],
        "otp": [CODE],
    }
    return deck


def actions(deck: FakeDeck) -> list[str]:
    """Return what was asked about identities."""
    return [request["action"] for request in deck.control.requests("identity")]


@pytest.mark.parametrize("size", SIZES)
async def test_looks(screens: Screens, size: str) -> None:
    """The conversations, and one in full with a code above, look as agreed at both sizes."""
    deck = rig()
    async with shown(deck, Inbox(deck), size) as view:
        screens(f"views/inbox-{size}.txt", view.screen())
        await view.press(DOWN, DOWN, ENTER, "c")
        screens(f"views/mail-{size}.txt", view.screen())


async def test_reads_and_comes_back() -> None:
    """Enter shows a conversation; Backspace and q show all with the same one chosen, then q closes."""
    deck = rig()
    inbox = Inbox(deck)
    async with shown(deck, inbox) as view:
        await view.press(DOWN, ENTER)
        assert "Your code is 123456" in view.text()
        assert inbox.hints()[0] == ("q Esc", "all conversations")
        await inbox.refresh()
        await view.press(BACKSPACE)
        assert "class:selected" in view.host.style_at("+12025550199")
        await view.press(ENTER)
        assert "Your code is 123456" in view.text()
        await view.press("q")
        assert not view.closed
        assert "class:selected" in view.host.style_at("+12025550199")
        await view.press("q")
        assert view.closed
    assert actions(deck) == ["inbox", "sms", "conversation", "conversation"]
    assert deck.control.requests("identity")[2]["conversation"] == "1_+12025550199"


async def test_each_look_is_told() -> None:
    """It is said that looking is told of; changes of the fleet that bring no mail are no look."""
    deck = rig()
    inbox = Inbox(deck)
    async with shown(deck, inbox) as view:
        assert "Nothing is marked read; the audit tells of your look." in view.text()
        for _ in range(10):
            await view.refresh()
        assert actions(deck) == ["inbox", "sms"]
        await view.press("r")
        assert actions(deck) == ["inbox", "sms"] * 2


async def test_code() -> None:
    """`c` shows the newest code until another agent's inbox is shown, and says where there is none."""
    deck = rig()
    async with shown(deck, Inbox(deck)) as view:
        await view.press("c")
        assert "code 482913 from no-reply@example.com, 13:40:00" in view.text()
        assert deck.control.requests("identity")[-1]["max_age"] == 3600.0
        await view.press("n")
        assert "482913" not in view.text()
        deck.control.answers["otp"] = []
        await view.press("c", "y")
        assert deck.said == [("no one-time code came within the last hour", "info")] * 2


async def test_copies_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """`y` copies the code that is shown, or fetches the newest first; the code itself is not said."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    deck = rig()
    async with shown(deck, Inbox(deck)) as view:
        written: list[str] = []
        monkeypatch.setattr(view.host.output, "write_raw", written.append)
        await view.press("y")
        copied = f"\x1b]52;c;{base64.b64encode(b'482913').decode()}\x07"
        assert written.count(copied) == 1
        assert deck.said[0][0].startswith("copied 6 characters to the terminal")
        await view.press("y")
        assert written.count(copied) == 2
        assert actions(deck).count("otp") == 1


async def test_next_agent() -> None:
    """`n` goes on to the next agent that has an identity, and round."""
    deck = rig()
    inbox = Inbox(deck)
    async with shown(deck, inbox) as view:
        await view.press("n")
        assert inbox.title == "inbox of triage · 1 unread"
        assert deck.control.requests("identity")[-1]["agent"] == "triage"
        await view.press("n")
        assert inbox.title.startswith("inbox of docs")
        deck.fleet.change(constellation(agent_view("docs")))
        await view.press("n")
        assert deck.said == [("no other agent has an identity", "info")]


async def _nothing(view: Shown, deck: FakeDeck) -> None:
    await view.press("r", "c", "y", ENTER)
    assert [action for action in actions(deck) if action != "otp"] == []


async def test_no_identity() -> None:
    """Of an agent without an identity nothing is asked, and the view says what to do."""
    deck = rig()
    deck.current = AgentId(FILE, "plain")
    async with shown(deck, Inbox(deck)) as view:
        assert "plain has no identity, thus no inbox." in view.text()
        await view.press("r", ENTER)
        assert actions(deck) == []


async def test_no_agent() -> None:
    """Where no agent is chosen nothing is asked, and the view says what to do."""
    deck = FakeDeck()
    inbox = Inbox(deck)
    async with shown(deck, inbox) as view:
        assert inbox.title == "inbox"
        assert "No agent is chosen" in view.text()
        await _nothing(view, deck)
        await view.press("n")


async def test_empty(screens: Screens) -> None:
    """An inbox without messages says so."""
    deck = FakeDeck(four())
    async with shown(deck, Inbox(deck)) as view:
        screens("views/inbox-empty.txt", view.screen())


async def test_fault_keeps_what_is_known() -> None:
    """Where it cannot be had the conversations stay, below why; what cannot be read is said."""
    deck = rig()
    async with shown(deck, Inbox(deck)) as view:
        deck.control.fail("identity", UnavailableError("the daemon does not answer"))
        await view.press("r", ENTER)
        assert "the daemon does not answer" in view.host.lines()[2]
        assert "Plan" in view.text()
        assert deck.said == [("the daemon does not answer", "error")] * 2


async def test_narrowed() -> None:
    """`/` narrows to conversations with some words, and the title says so."""
    deck = rig()
    inbox = Inbox(deck)
    async with shown(deck, inbox) as view:
        deck.answers.append("plan")
        await view.press("/")
        assert inbox.title == "inbox of docs · 1 unread · 1 with 'plan'"
