"""Mail, texts and codes of an agent, as a person looks at them."""

import asyncio
from typing import Any

import pytest

from constellagent.errors import UsageError
from constellagent.ravi.client import MissingError
from tests.runtime.belongings.conftest import Asking


async def test_mail_is_sent_and_read_in_the_agents_name(asking: Asking) -> None:
    """What is sent for one agent is in the other's inbox, and looking marks nothing as read."""
    sent = await asking.about("one", "send", to="two@a.test", subject="Plan", body="Shall we?")
    assert (sent["sender"], sent["incoming"]) == ("one@a.test", False)
    for _ in range(2):
        (thread,) = await asking.about("two", "inbox", unread=True)
        (mail,) = await asking.about("two", "thread", thread=thread["thread"])
        assert (thread["unread"], mail["read"], mail["text"].strip()) == (1, False, "Shall we?")
    (new,) = await asking.about("two", "mails")
    assert new["id"] == mail["id"]
    assert await asking.about("two", "mails", after=new["id"]) == []
    assert await asking.about("one", "inbox", unread=True) == []


async def test_texts_are_sent_and_read_in_the_agents_name(asking: Asking) -> None:
    """The same for texts; one to the rest of the world is held."""
    number = (await asking.about("two", "show"))["phone"]
    await asking.about("one", "send_sms", to=number, body="Hello")
    (conversation,) = await asking.about("two", "sms", unread=True)
    (text,) = await asking.about("two", "conversation", conversation=conversation["conversation"])
    assert (text["text"], text["incoming"], text["read"]) == ("Hello", True, False)
    (new,) = await asking.about("two", "texts")
    assert await asking.about("two", "texts", after=new["id"]) == []
    held = await asking.about("one", "send_sms", to="+14155552671", body="Hello")
    assert held["state"] == "held"


@pytest.mark.parametrize("action", ["mails", "texts"])
async def test_a_wait_ends_with_the_delivery(asking: Asking, action: str) -> None:
    """Who waits is answered when the message comes, and with nothing when the time is over."""
    assert await asking.about("two", action, wait=0.2) == []
    number = (await asking.about("two", "show"))["phone"]
    waiting = asyncio.ensure_future(asking.about("two", action, wait=20))
    await asyncio.sleep(0.05)
    how: dict[str, dict[str, Any]] = {
        "mails": {"action": "send", "to": "two@a.test", "subject": "", "body": "now"},
        "texts": {"action": "send_sms", "to": number, "body": "now"},
    }
    await asking.about("one", **how[action])
    async with asyncio.timeout(15):
        assert [row["text"].strip() for row in await waiting] == ["now"]


async def test_a_code_is_shown_and_left_to_the_agent(asking: Asking) -> None:
    """A person sees the newest code as often as they like, also after the agent has read it."""
    await asking.about("one", "send", to="two@a.test", subject="Code", body="Your code is 482913.")
    for _ in range(2):
        (code,) = await asking.about("two", "otp")
        assert (code["code"], code["source"], code["sender"]) == ("482913", "mail", "one@a.test")
    async with await asking.as_agent("two") as agent:
        await agent.mail.mark_read(code["id"])
    assert len(await asking.about("two", "otp")) == 1
    assert await asking.about("two", "otp", sender="nobody") == []
    assert await asking.about("two", "otp", max_age=-60) == []


async def test_everything_is_told_of_as_the_persons_doing(asking: Asking) -> None:
    """The audit names the person for what they sent and read."""
    await asking.about("one", "send", to="two@a.test", subject="Plan", body="x")
    (thread,) = await asking.about("two", "inbox")
    await asking.about("two", "thread", thread=thread["thread"])
    assert ("person", "mail.sent") in {line[:2] for line in await asking.told("one")}
    assert {("person", "mail.list"), ("person", "mail.read")} <= {
        line[:2] for line in await asking.told("two")
    }


async def test_another_agents_mail_is_not_shown(asking: Asking) -> None:
    """A conversation is looked for in the mailbox of the agent that was named, and nowhere else."""
    await asking.about("one", "send", to="one@a.test", subject="Mine", body="x")
    (thread,) = await asking.about("one", "inbox")
    with pytest.raises(MissingError):
        await asking.about("two", "thread", thread=thread["thread"])


async def test_an_agent_without_a_number(asking: Asking) -> None:
    """Texts need a number; what to declare is said."""
    asking.lab.declare(
        "  three: {command: [sleep, '1000'], autostart: false}\n",
        "identities: {provider: local, domain: a.test, phone: false}\n",
    )
    await asking.lab.apply()
    with pytest.raises(UsageError) as raised:
        await asking.about("three", "send_sms", to="+14155552671", body="x")
    assert "phone: true" in raised.value.hint
