"""`ravi inbox` and `ravi message`: what arrived, what is unread, and what was waited for."""

import asyncio
import json

import pytest

from tests.ravi.scripted import answer, scripted
from tests.ravi.shim_program.running import Agent, Shim, listening


async def test_the_newest_thread_comes_first(ada: Agent, ben: Agent) -> None:
    """`.[0].subject` of the unread is the last instruction that came, as scripts of schedules read it."""
    await ada.gets_mail("first", "1", ben)
    await ada.gets_mail("second", "2", ben)
    done = await ada.run("inbox", "email", "--unread", "--json")
    assert json.loads(done.stdout)[0]["subject"] == "second"
    thread = json.loads(done.stdout)[1]
    assert await ada.plain("inbox", "email") == "\n".join(
        f"{row['thread_id']}\t{ben.address}\t{row['subject']}" for row in json.loads(done.stdout)
    )
    detail = await ada.json("inbox", "email", thread["thread_id"])
    assert [mail["subject"] for mail in detail["messages"]] == ["first"]
    assert (await ada.plain("inbox", "email", thread["thread_id"])).endswith(f"\t{ben.address}\tfirst")
    assert "No EmailThread matches" in await ada.refused("inbox", "email", "<none@x.test>")


async def test_unread_is_what_nobody_marked(ada: Agent, ben: Agent) -> None:
    """Only `--mark-read` makes a message read; `--unread` leaves it out then, `--unread=false` does not."""
    await ada.gets_mail("one", "1", ben)
    await ada.gets_text("one")
    (mail,), (text,) = await ada.json("message", "email"), await ada.json("message", "sms")
    for kind, row in {"email": mail, "sms": text}.items():
        assert (await ada.json("message", kind, str(row["id"])))["is_read"] is False
        assert (await ada.json("message", kind, str(row["id"]), "--mark-read"))["is_read"] is True
        assert "give its id" in (await ada.run("message", kind, "--mark-read")).stderr
    for noun in ("inbox", "message"):
        for kind in ("email", "sms"):
            assert await ada.json(noun, kind, "--unread") == []
            assert len(await ada.json(noun, kind, "--unread=false")) == 1


async def test_agents_see_only_their_own(ada: Agent, ben: Agent) -> None:
    """What another agent received is not there, not by its id either."""
    await ada.gets_mail("secret", "1", ben)
    await ada.gets_text("secret")
    (mail,), (text,) = await ada.json("message", "email"), await ada.json("message", "sms")
    assert await ben.json("message", "email", "--unread") == []
    assert await ben.json("inbox", "sms") == []
    for words in (("message", "email", str(mail["id"])), ("message", "sms", str(text["id"]))):
        assert "matches the given query" in await ben.refused(*words)
    assert "matches the given query" in await ben.refused("inbox", "email", mail["thread_id"])


async def test_waiting_returns_at_once_for_what_is_there(ada: Agent, ben: Agent) -> None:
    """An unread message that matches is returned without an event, in the usual shape."""
    await ada.gets_mail("Verify your account", "press here", ben)
    await ada.gets_mail("Newsletter", "nothing", ben)
    await ada.gets_text("Your code is 4711")
    (thread,) = await ada.json("inbox", "email", "--wait", "20", "--match", "VERIFY")
    assert thread["subject"] == "Verify your account"
    assert len(await ada.json("inbox", "email", "--wait", "0")) == 2
    assert len(await ada.json("message", "email", "--wait", "0", "--match", f"{ben.address}|nothing")) == 2
    (conversation,) = await ada.json("inbox", "sms", "--wait", "20s", "--match", r"\d{4}")
    assert conversation["preview"] == "Your code is 4711"
    (text,) = await ada.json("message", "sms", "--wait", "20")
    assert text["body"] == "Your code is 4711"


@pytest.mark.parametrize("noun", ["inbox", "message"])
async def test_waiting_goes_on_past_what_does_not_match(ada: Agent, noun: str) -> None:
    """Other messages wake the call and do not end it."""
    async with asyncio.TaskGroup() as group:
        call = group.create_task(ada.json(noun, "sms", "--wait", "20", "--match", "wanted"))
        await listening(ada)
        await ada.gets_text("something else", "+12025550198")
        await ada.gets_text("this is wanted")
    assert [row["from_number"] for row in call.result()] == ["+12025550199"]


async def test_waiting_within_a_thread(ada: Agent, ben: Agent) -> None:
    """With a thread or a conversation, only what arrives there ends the call; the whole of it is printed."""
    await ada.gets_mail("Plan", "Shall we?", ben)
    (thread,) = await ada.json("inbox", "email")
    mail = (await ada.json("inbox", "email", thread["thread_id"], "--wait", "0"))["messages"][0]
    path, key = f"/api/email-messages/{mail['id']}/", ada.env["RAVI_API_KEY"]
    await ada.local.ask("PATCH", path, key=key, body={"is_read": True})
    async with asyncio.TaskGroup() as group:
        call = group.create_task(ada.json("inbox", "email", thread["thread_id"], "--wait", "20"))
        await listening(ada)
        await ada.gets_mail("Other", "x", ben)
        (sent,) = [row for row in await ben.json("message", "email") if row["subject"] == "Plan"]
        await ben.json("email", "reply", str(sent["id"]), "--body", "Well?")
    assert [each["text_content"].split("\n")[0] for each in call.result()["messages"]] == [
        "Shall we?",
        "Well?",
    ]
    await ada.gets_text("a", "+12025550198")
    (conversation,) = await ada.json("inbox", "sms")
    assert (await ada.json("inbox", "sms", conversation["conversation_id"], "--wait", "0"))[
        "message_count"
    ] == 1
    other = conversation["conversation_id"].replace("198", "199")
    assert "arrived unread within 0 s" in await ada.refused("inbox", "sms", other, "--wait", "0")


async def test_when_the_time_is_over_it_says_so(ada: Agent, ben: Agent) -> None:
    """Exit code 1 with what did not come, and in how long."""
    await ada.gets_mail("Newsletter", "nothing", ben)
    said = await ada.refused("inbox", "email", "--wait", "0.2", "--match", "code")
    assert said == "nothing that matches 'code' arrived unread within 0.2 s"
    assert await ada.refused("message", "sms", "--wait", "0") == "nothing arrived unread within 0 s"


async def test_wrong_waits_are_plain_text(shim: Shim) -> None:
    """A pattern without a wait, a pattern or a time that cannot be read, and waiting for what has an id."""
    async with scripted(answer(200, [])) as script:
        env = {"RAVI_API_URL": script.url, "RAVI_API_KEY": "k"}
        for words, said in {
            ("inbox", "email", "--match", "x"): "--match needs --wait",
            ("inbox", "sms", "--wait", "soon"): "--wait takes seconds",
            ("message", "sms", "--wait", "1", "--match", "("): "--match: '(' is no regular expression",
            ("message", "email", "7", "--wait", "1"): "--wait is for messages to come",
        }.items():
            got = await shim.run(*words, env=env)
            assert (got.returncode, got.stdout) == (1, "")
            assert got.stderr.startswith(f"Error: {said}")
