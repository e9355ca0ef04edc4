"""`ravi sms send`, and texts between agents."""

from tests.ravi.provided import Provided
from tests.ravi.shim_program.running import Agent, Shim, session


async def test_texts_arrive_however_they_are_written(ada: Agent, ben: Agent) -> None:
    """With flags, with bare words, and with the text from standard input."""
    await ada.json("sms", "send", "--to", ben.number, "--body", "one")
    await ada.json("sms", "send", ben.number, "two")
    await ada.json("sms", "send", ben.number, stdin="three 🙂\n")
    sent = await ada.json("sms", "send", "--to", ben.number, "-", stdin="four")
    assert (sent["direction"], sent["from_number"]) == ("outgoing", ada.number)
    texts = [text["body"] for text in await ben.json("message", "sms")]
    assert sorted(texts) == sorted(["one", "two", "three 🙂", "four"])
    (conversation,) = await ben.json("inbox", "sms", "--unread")
    detail = await ben.json("inbox", "sms", conversation["conversation_id"])
    assert [text["body"] for text in detail["messages"]] == ["one", "two", "three 🙂", "four"]
    assert (await ben.plain("inbox", "sms", conversation["conversation_id"])).count("\n") == 3
    (last, *_) = [text for text in await ben.json("message", "sms") if text["body"] == "four"]
    assert await ben.plain("message", "sms", str(last["id"])) == "four"


async def test_what_is_missing_is_said(ada: Agent) -> None:
    """No number, no text, words too many, and an identity without a number."""
    assert await ada.refused("sms", "send") == 'required flag(s) "to" not set'
    assert "empty" in await ada.refused("sms", "send", "+12025550100")
    got = await ada.run("sms", "send", "--to", "+12025550100", "--body", "x", "y")
    assert got.stderr == "Error: sms send takes no 'y'\n"


async def test_without_a_number_nothing_is_sent(shim: Shim, local: Provided) -> None:
    """The refusal of the API is passed on."""
    row = await local.identity()
    env = session(local, await local.identity_key(row["uuid"]))
    got = await shim.run("sms", "send", "+12025550100", "hi", env=env)
    assert got.returncode == 1
    assert "phone" in got.stderr
