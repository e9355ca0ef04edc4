"""`ravi otp`: the newest one-time code, once for each wait, from whichever way it came."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.ravi.scripted import answer, scripted
from tests.ravi.shim_program.running import Agent, Shim, listening


async def test_the_bare_code_is_printed(ada: Agent) -> None:
    """The code alone, or as JSON with where it came from; asked again, it is the same."""
    await ada.gets_text("482 913 is your code")
    assert (await ada.run("otp")).stdout == "482913\n"
    found = await ada.json("otp", "--json")
    assert found.keys() == {"code", "source", "from", "received_dt", "message_id"}
    assert (found["code"], found["source"], found["from"]) == ("482913", "sms", "+12025550199")
    assert (await ada.run("otp", "--plain")).stdout == "482913\n"


async def test_mail_and_texts_are_looked_at(ada: Agent, ben: Agent) -> None:
    """The newest of both; a later message without a code does not hide it; the sender can be named."""
    await ada.gets_text("Your code is 1111")
    await ada.gets_mail("Your sign-in code", "Enter 222222 to sign in.", ben)
    await ada.gets_mail("Newsletter", "No numbers today.", ben)
    assert await ada.plain("otp") == "222222"
    assert await ada.plain("otp", "--from", "0199") == "1111"
    assert await ada.plain("otp", "--from", "BEN@") == "222222"
    assert "from nobody" in await ada.refused("otp", "--from", "nobody")


async def test_waiting_gives_each_code_once(ada: Agent) -> None:
    """An unread code is taken at once; the next call waits for the next one."""
    await ada.gets_text("Your code is 1111")
    assert await ada.plain("otp", "--wait", "20") == "1111"
    assert await ada.json("message", "sms", "--unread") == []
    assert "no one-time code arrived within 0 s" in await ada.refused("otp", "--wait", "0")
    async with asyncio.TaskGroup() as group:
        call = group.create_task(ada.plain("otp", "--wait", "20"))
        await listening(ada)
        await ada.gets_text("Hello, no code here")
        await ada.gets_text("Your code is 2222")
    assert call.result() == "2222"


async def test_a_code_that_was_replaced_is_not_offered(ada: Agent, ben: Agent) -> None:
    """Of two codes of one sender only the newer counts, also when it was taken; others do not matter."""
    await ada.gets_text("Your code is 1111")
    await ada.gets_text("Your code is 2222")
    await ada.gets_mail("Code", "Your code is 333333", ben)
    assert await ada.plain("otp", "--wait", "0", "--from", "+1202") == "2222"
    assert await ada.plain("otp", "--wait", "0") == "333333"
    assert "no one-time code" in await ada.refused("otp", "--wait", "0")


async def test_codes_do_not_cross(ada: Agent, ben: Agent) -> None:
    """What was sent to one agent is not offered to another."""
    await ada.gets_text("Your code is 1111")
    assert "the last 10m" in await ben.refused("otp")


def message(minutes: float, **fields: object) -> dict[str, Any]:
    """Return a message as some minutes ago."""
    at = datetime.now(UTC) - timedelta(minutes=minutes)  # noqa: TID251 - what the program compares with is now, too
    return {"id": 5, "direction": "incoming", "is_read": False, "created_dt": at.isoformat(), **fields}


async def otp(shim: Shim, mails: list[Any], texts: bytes, *words: str) -> Any:
    """Run it against a server with these messages; return what it prints, or its error."""
    async with scripted(answer(200, mails), texts, answer(200, {})) as script:
        env = {"RAVI_API_URL": script.url, "RAVI_API_KEY": "k"}
        done = await shim.run("otp", *words, env=env)
    return json.loads(done.stderr)["error"] if done.returncode else done.stdout.strip()


async def test_old_codes_are_left_alone(shim: Shim) -> None:
    """What is older than ten minutes, or than is said, is not offered."""
    mails, none = [message(15, text_content="Your code is 1111")], answer(200, [])
    assert "the last 10m" in await otp(shim, mails, none)
    assert await otp(shim, mails, none, "--max-age", "20m") == "1111"
    assert "the last 60" in await otp(shim, mails, none, "--max-age", "60")


async def test_a_page_without_text_is_read(shim: Shim) -> None:
    """Of a mail that is HTML only, what is shown counts: neither colours nor scripts nor titles."""
    page = (
        "<html><head><title>code 9999</title><style>p{color:#123456}</style></head><body>Your code"
        "<table><tr><td>4821</td></tr></table><script>var code = 7777;</script></body></html>"
    )
    assert await otp(shim, [message(1, html_content=page)], answer(200, [])) == "4821"


@pytest.mark.parametrize("status", [400, 404])
async def test_an_identity_without_a_number_has_mail(shim: Shim, status: int) -> None:
    """Where the list of texts is refused for want of a number, mails are looked at all the same."""
    mails = [message(1, text_content="Your code is 1111")]
    assert await otp(shim, mails, answer(status, {"detail": "no number"})) == "1111"
    assert "forbidden" in await otp(shim, mails, answer(403, {"detail": "forbidden"}))


async def test_of_one_moment_the_later_counts(shim: Shim) -> None:
    """Two codes with the same time are told apart by their ids, in whatever order they are listed."""
    first = message(1, text_content="Your code is 1111", id=5)
    second = {**first, "text_content": "Your code is 2222", "id": 6}
    for mails in ([first, second], [second, first]):
        assert await otp(shim, mails, answer(200, [])) == "2222"


async def test_a_flood_does_not_hide_the_newest(shim: Shim) -> None:
    """Where mails come a part at a time, the oldest first, all parts are read; any age can be asked for."""
    crowd = [message(3, id=number, text_content="news") for number in range(200)]
    newest = [message(1, text_content="Your code is 1111")]
    async with scripted(answer(200, crowd), answer(200, newest), answer(200, []), answer(200, {})) as script:
        env = {"RAVI_API_URL": script.url, "RAVI_API_KEY": "k"}
        done = await shim.run("otp", "--max-age", "999999999d", env=env)
    assert done.stdout == "1111\n"
    assert "limit=200&offset=200" in script.asked[1]


async def test_odd_messages_are_passed_over(shim: Shim) -> None:
    """Rows without a usable time, or without any text, do not stop the search."""
    odd = [
        message(1, text_content="Your code is 2222", created_dt=None),
        message(1, text_content="Your code is 3333", created_dt="2026-11-24T10:00:00"),
        message(1, text_content=None, html_content=None),
        message(1, text_content="Your code is 4444", direction="outgoing"),
        message(2, text_content="Your code is 1111"),
    ]
    assert await otp(shim, odd, answer(200, [])) == "1111"
