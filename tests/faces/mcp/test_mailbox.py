"""Tools for mail."""

import asyncio
from pathlib import Path

from tests.faces.mcp.conftest import Agent


async def test_a_mail_goes_from_one_agent_to_the_other_and_back(alice: Agent, robert: Agent) -> None:
    """Sent, listed, read, answered to all, forwarded: each mailbox has what it should."""
    sent = await alice.use("ravi_email_send", to=robert.address, subject="Plan", body="Shall we?")
    assert (sent["from"], sent["direction"]) == (alice.address, "outgoing")
    listed = await robert.use("ravi_inbox_email", unread_only=True)
    (thread,) = listed["threads"]
    assert (thread["subject"], thread["unread_count"], listed["total"]) == ("Plan", 1, 1)
    (mail,) = (await robert.use("ravi_inbox_email", thread_id=thread["thread_id"]))["messages"]
    assert mail["text"].strip() == "Shall we?"
    assert not mail["is_read"]

    await robert.use("ravi_email_reply", message_id=mail["message_id"], body="Yes.", to_all=True)
    forwarded = await robert.use("ravi_email_forward", message_id=mail["message_id"], to=alice.address)

    assert forwarded["subject"] == "Fwd: Plan"
    (thread,) = (await alice.use("ravi_inbox_email"))["threads"]
    mails = (await alice.use("ravi_inbox_email", thread_id=thread["thread_id"]))["messages"]
    assert [mail["subject"] for mail in mails] == ["Fwd: Plan", "Re: Plan", "Plan"]


async def test_what_is_shown_can_be_marked_as_read(alice: Agent, robert: Agent) -> None:
    """`mark_read` marks exactly what was shown, so that a later wait passes it over."""
    await alice.use("ravi_email_send", to=robert.address, subject="One", body="1")
    await alice.use("ravi_email_send", to=robert.address, subject="Two", body="2")
    (shown,) = (await robert.use("ravi_inbox_email", match="one", mark_read=True))["messages"]
    assert shown["subject"] == "One"
    left = await robert.use("ravi_inbox_email", match=".")
    assert [row["subject"] for row in left["messages"]] == ["Two"]


async def test_a_wait_ends_when_the_mail_comes(alice: Agent, robert: Agent) -> None:
    """A wait passes over what does not match, and returns as soon as what matches is delivered."""
    await alice.use("ravi_email_send", to=robert.address, subject="News", body="nothing")
    waiting = asyncio.ensure_future(
        robert.use("ravi_inbox_email", wait_seconds=30, match=r"confirm your (address|account)")
    )
    await asyncio.sleep(0)
    await alice.use("ravi_email_send", to=robert.address, subject="Welcome", body="Confirm your account now")
    async with asyncio.timeout(20):
        found = await waiting
    assert [row["subject"] for row in found["messages"]] == ["Welcome"]


async def test_a_wait_in_vain_says_what_to_do(robert: Agent) -> None:
    """When the time is over the model is told that nothing matched, and how to look on."""
    told = await robert.fail("ravi_inbox_email", wait_seconds=0.2, match="code")
    assert "no unread mail that matches 'code' within 0.2 seconds" in told
    assert "loosen" in told


async def test_an_expression_that_is_none_is_explained(robert: Agent) -> None:
    """A bad regular expression is an answer, not a defect."""
    assert "not a regular expression" in await robert.fail("ravi_inbox_email", match="(")


async def test_files_are_attached_by_their_path(alice: Agent, robert: Agent, tmp_path: Path) -> None:
    """A file of the agent arrives with its name, type and size; one that is not there is said so."""
    file = tmp_path / "report.csv"
    file.write_text("a,b\n")
    await alice.use("ravi_email_send", to=robert.address, subject="File", body="here", attach=[str(file)])
    (mail,) = (await robert.use("ravi_inbox_email", match="file"))["messages"]
    assert mail["attachments"] == [{"filename": "report.csv", "content_type": "text/csv", "size": 4}]
    missing = await alice.fail(
        "ravi_email_send", to=robert.address, subject="", body="x", attach=[str(tmp_path / "gone")]
    )
    assert "No such file" in missing


async def test_a_file_that_is_too_large_is_not_read_to_its_end(alice: Agent, tmp_path: Path) -> None:
    """More than 10 MiB is refused with what to do instead."""
    file = tmp_path / "huge"
    with file.open("wb") as opened:
        opened.truncate(11 << 20)
    told = await alice.fail("ravi_email_send", to="a@b.test", subject="", body="x", attach=[str(file)])
    assert "larger than 10 MiB" in told


async def test_another_agents_mail_does_not_exist(alice: Agent, robert: Agent) -> None:
    """Threads and mails of somebody else cannot be read, answered or passed on."""
    await alice.use("ravi_email_send", to=alice.address, subject="Mine", body="secret")
    (thread,) = (await alice.use("ravi_inbox_email"))["threads"]
    mails = (await alice.use("ravi_inbox_email", thread_id=thread["thread_id"]))["messages"]
    assert "is not yours" in await robert.fail("ravi_inbox_email", thread_id=thread["thread_id"])
    for mail in mails:
        told = await robert.fail("ravi_email_reply", message_id=mail["message_id"], body="x")
        assert "is not yours" in told
        told = await robert.fail(
            "ravi_email_forward", message_id=mail["message_id"], to=robert.address, body="x"
        )
        assert "is not yours" in told
    assert (await robert.use("ravi_inbox_email"))["threads"] == []
