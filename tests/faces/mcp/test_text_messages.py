"""Tools for text messages."""

import asyncio

from tests.faces.mcp.conftest import Agent
from tests.ravi.provided import Provided


async def text(local: Provided, to: str, body: str, sender: str = "12345") -> None:
    """Let a service send a text."""
    answer = await local.http.post("/gateway/sms/", json={"from": sender, "to": to, "body": body})
    assert answer.status_code == 202, answer.text


async def test_texts_are_listed_read_and_answered(local: Provided, alice: Agent) -> None:
    """A text from outside is in a conversation; an answer to a real number is held and said to be."""
    await text(local, alice.phone, "Hello there", "+12015550199")
    listed = await alice.use("ravi_inbox_sms", unread_only=True)
    (conversation,) = listed["conversations"]
    assert (conversation["from"], conversation["unread_count"]) == ("+12015550199", 1)
    found = await alice.use("ravi_inbox_sms", conversation_id=conversation["conversation_id"], mark_read=True)
    assert [row["text"] for row in found["messages"]] == ["Hello there"]
    assert (await alice.use("ravi_inbox_sms", unread_only=True))["total"] == 0
    sent = await alice.use("ravi_sms_send", to="+14155552671", body="Hi")
    assert (sent["direction"], sent["state"]) == ("outgoing", "held")


async def test_a_wait_ends_when_the_text_comes(local: Provided, alice: Agent) -> None:
    """A wait returns the text that matches as soon as it is delivered, and can mark it."""
    waiting = asyncio.ensure_future(
        alice.use("ravi_inbox_sms", wait_seconds=30, match="code", mark_read=True)
    )
    await asyncio.sleep(0)
    await text(local, alice.phone, "no news")
    await text(local, alice.phone, "your code is 1234")
    async with asyncio.timeout(20):
        found = await waiting
    assert [row["text"] for row in found["messages"]] == ["your code is 1234"]
    left = await alice.use("ravi_inbox_sms", match=".")
    assert [row["text"] for row in left["messages"]] == ["no news"]
    assert "no unread text" in await alice.fail("ravi_inbox_sms", match="code")


async def test_an_agent_without_a_number_cannot_send(robert: Agent) -> None:
    """The provider's own words reach the model."""
    assert "phone" in (await robert.fail("ravi_sms_send", to="+14155552671", body="Hi")).lower()


async def test_another_agents_texts_do_not_exist(local: Provided, alice: Agent, robert: Agent) -> None:
    """A conversation of somebody else cannot be read."""
    await text(local, alice.phone, "private")
    (conversation,) = (await alice.use("ravi_inbox_sms"))["conversations"]
    told = await robert.fail("ravi_inbox_sms", conversation_id=conversation["conversation_id"])
    assert "is not yours" in told
    assert (await robert.use("ravi_inbox_sms"))["conversations"] == []
