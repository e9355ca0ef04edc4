"""Connections to the SMTP server: what is offered, how much is taken, and how they end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from constellagent.ravi.local.mail.doors import Patience
from constellagent.ravi.local.mail.smtp import serving
from constellagent.ravi.vault import RootKey
from tests.ravi.local.mail.letters import Owner, owner
from tests.ravi.local.mail.talking import SENDER, Talk, mail, post, smtp_port, talk
from tests.ravi.provided import provided


async def test_the_greeting_tells_no_versions_and_what_is_offered(line: Talk) -> None:
    """SIZE, PIPELINING, 8BITMIME and SMTPUTF8 are offered; nothing says which software this is."""
    said = await line.say("EHLO test")
    assert {"250-SIZE 10485760", "250-PIPELINING", "250-8BITMIME", "250-SMTPUTF8"} <= set(said.split("\n"))
    async with talk_greeting(line) as greeting:
        assert greeting == "220 constellagent.test ESMTP"
    assert "AUTH" not in said
    assert "STARTTLS" not in said
    for command in ("VRFY docs@constellagent.test", "VRFY nobody@constellagent.test"):
        assert await line.say(command) == "252 2.5.0 Send the mail, and see."
    assert (await line.say("EXPN docs")).startswith("502")


@asynccontextmanager
async def talk_greeting(line: Talk) -> AsyncIterator[str]:
    """Open another connection and give its greeting."""
    port = line.writer.get_extra_info("peername")[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield (await reader.readline()).decode().strip()
    finally:
        writer.close()


async def test_a_mail_that_is_too_large_is_refused(docs: Owner, line: Talk) -> None:
    """10 MiB are taken, more is 552 by SIZE as well as by DATA, and the connection goes on."""
    await line.say("EHLO x")
    assert (await line.say(f"MAIL FROM:<{SENDER}> SIZE=10485761")).startswith("552 5.3.4")
    rows = b"x" * 1022 + b"\r\n"
    for size, answer in ((10_485_760, "250 2.0.0"), (10_485_761, "552 5.3.4")):
        await line.start(docs.address)
        start = b"Subject: large\r\n\r\n"
        body = start + rows * ((size - len(start)) // 1024)
        body += b"y" * (size - len(body) - 2) + b"\r\n"
        assert len(body) == size
        assert (await line.say(body + b".")).startswith(answer), size
    assert len(await docs.get("/api/email-messages/")) == 1


async def test_long_lines_are_taken_and_endless_ones_end_the_connection(docs: Owner, line: Talk) -> None:
    """A line of 100 KB is kept whole; one over 1 MiB is 554; one without an end is not kept in memory."""
    await line.start(docs.address)
    assert (await line.say(b"Subject: x\r\n\r\n" + b"z" * 100_000 + b"\r\n.")).startswith("250")
    (row,) = await docs.get("/api/email-messages/")
    assert row["text_content"] == "z" * 100_000
    await line.start(docs.address)
    assert (await line.say(b"Subject: x\r\n\r\n" + b"z" * (2 << 20) + b"\r\n.")).startswith("554 5.6.0")
    await line.start(docs.address)
    with pytest.raises(ConnectionError):
        await line.pour(b"z" * (1 << 16), 4000)


async def test_too_many_connections_are_put_off(docs: Owner) -> None:
    """Beyond the limit a client is told 421; when one leaves there is room again."""
    async with serving(docs.office, Patience(connections=2)) as port, talk(port), talk(port) as second:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await reader.read()).startswith(b"421 4.3.2")
        writer.close()
        assert (await second.say("QUIT")).startswith("221")
        assert await second.reader.read() == b""
        async with talk(port) as third:
            await third.start(docs.address)
            assert (await third.say("Subject: x\r\n\r\nx\r\n.")).startswith("250")


async def test_an_idle_connection_is_closed_with_a_word(docs: Owner) -> None:
    """Who says nothing for too long is told so; what it had begun is not kept."""
    async with serving(docs.office, Patience(idle=1.0)) as port, talk(port) as line:
        await line.start(docs.address)
        line.writer.write(b"Subject: half\r\n")
        assert (await line.hear()).startswith("421 4.4.2")
        assert await line.reader.read() == b""
    assert await docs.get("/api/email-messages/") == []


async def test_a_client_that_does_not_read_is_closed(docs: Owner) -> None:
    """Answers that nobody reads do not keep a connection, nor the provider that stops."""
    async with serving(docs.office, Patience(idle=0.5)) as port, talk(port) as line:
        transport = line.writer.transport
        assert isinstance(transport, asyncio.ReadTransport)
        transport.pause_reading()
        async with asyncio.timeout(20):
            with pytest.raises(ConnectionError):
                await line.pour(b"HELP\r\n" * 5000, 4000)


async def test_stopping_ends_open_connections(tmp_path: Path, root_key: RootKey) -> None:
    """A provider that stops says goodbye to who is connected, in the middle of a mail too."""
    async with provided(tmp_path, root_key) as local:
        docs = await owner(local)
        async with talk(await smtp_port(docs.office)) as line:
            await line.start(docs.address)
            await local.provider.stop()
            assert (await line.hear()).startswith("421 4.3.2")
            assert await line.reader.read() == b""


async def test_a_client_that_vanishes_leaves_nothing(docs: Owner, line: Talk) -> None:
    """A connection that ends in the middle of a mail keeps nothing of it, and the next one works."""
    await line.start(docs.address)
    line.writer.write(b"Subject: half\r\n\r\nx\r\n")
    await line.writer.drain()
    line.writer.transport.abort()
    await post(docs.local, mail(docs.address, "whole"))
    assert [row["subject"] for row in await docs.get("/api/email-messages/")] == ["whole"]


async def test_an_answer_repeats_no_controls(line: Talk) -> None:
    """What is no command is answered without the bytes that would do something to a terminal."""
    assert await line.say(b"\x1b[2J\x00x\xc3\xa9 y") != ""
    assert (await line.say(b"\x1bABC\x07")).isprintable()
