"""The tool for one-time codes."""

import asyncio

from tests.faces.mcp.conftest import Agent
from tests.faces.mcp.test_text_messages import text
from tests.ravi.provided import Provided


async def test_a_code_is_given_once(local: Provided, alice: Agent, robert: Agent) -> None:
    """The newest code comes first, each is given once, whether it came by mail or by text."""
    await robert.use(
        "ravi_email_send", to=alice.address, subject="Sign in", body="Your verification code is 482913."
    )
    await text(local, alice.phone, "Your code is 771204")
    first = await alice.use("ravi_otp")
    second = await alice.use("ravi_otp")
    assert (first["code"], first["source"]) == ("771204", "sms")
    assert (second["code"], second["source"], second["from"]) == ("482913", "mail", robert.address)
    assert "no unread message" in await alice.fail("ravi_otp")


async def test_a_code_is_waited_for(local: Provided, alice: Agent) -> None:
    """A wait passes over codes of others and returns the one from the sender that is meant."""
    waiting = asyncio.ensure_future(alice.use("ravi_otp", wait_seconds=30, **{"from": "acme"}))
    await asyncio.sleep(0)
    await text(local, alice.phone, "Your code is 111222", "OTHER")
    await text(local, alice.phone, "Your code is 333444", "ACME")
    async with asyncio.timeout(20):
        assert (await waiting)["code"] == "333444"


async def test_an_old_code_is_not_offered(local: Provided, alice: Agent) -> None:
    """A message older than the limit does not count; the model is told how to look itself."""
    await text(local, alice.phone, "Your code is 111222")
    await asyncio.sleep(1.1)
    assert "ravi_inbox_sms" in await alice.fail("ravi_otp", max_age_seconds=1)
