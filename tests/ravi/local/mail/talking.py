"""Programs that speak SMTP to the provider, as other programs of the machine do."""

import asyncio
import smtplib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage

from constellagent.ravi.local.office import Office
from constellagent.ravi.local.store import get_fact
from tests.ravi.provided import Provided

SENDER = "noreply@acme.example"


async def smtp_port(office: Office) -> int:
    """Return the port on which the provider takes mail in."""
    kept = await office.store.run(lambda db: get_fact(db, "smtp_port"))
    assert kept is not None
    return int(kept)


def mail(to: str, subject: str = "Your code", text: str = "It is 123456.\n", **fields: str) -> EmailMessage:
    """Return a mail as an ordinary program writes one."""
    message = EmailMessage()
    for name, value in {"From": SENDER, "To": to, "Subject": subject, **fields}.items():
        if value:
            message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


async def post(local: Provided, message: EmailMessage | bytes, to: str | Sequence[str] = ()) -> None:
    """Hand a mail to the provider with the standard library's client.

    Raises:
        smtplib.SMTPException: it was refused.
    """
    port = await smtp_port(local.provider.office)

    def run() -> None:
        with smtplib.SMTP("127.0.0.1", port, "[127.0.0.1]", timeout=20) as smtp:
            if isinstance(message, EmailMessage):
                smtp.send_message(message, to_addrs=to or None)
            else:
                smtp.sendmail(SENDER, to, message)

    await asyncio.to_thread(run)


@dataclass(frozen=True, slots=True)
class Talk:
    """One bare connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def hear(self) -> str:
        """Return one answer, all its lines; empty at the end of the connection."""
        lines = []
        while True:
            async with asyncio.timeout(20):
                line = (await self.reader.readline()).decode()
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                return "\n".join(lines)

    async def say(self, words: str | bytes) -> str:
        """Send one line and return the answer."""
        self.writer.write((words.encode() if isinstance(words, str) else words) + b"\r\n")
        return await self.hear()

    async def start(self, *recipients: str, sender: str = SENDER) -> None:
        """Begin a mail, up to the point where its content is wanted."""
        assert (await self.say("EHLO test")).startswith("250")
        assert (await self.say(f"MAIL FROM:<{sender}>")).startswith("250")
        for recipient in recipients:
            assert (await self.say(f"RCPT TO:<{recipient}>")).startswith("250")
        assert (await self.say("DATA")).startswith("354")

    async def pour(self, content: bytes, times: int) -> None:
        """Send a content many times, without waiting for an answer."""
        for _ in range(times):
            self.writer.write(content)
            await self.writer.drain()


@asynccontextmanager
async def talk(port: int) -> AsyncIterator[Talk]:
    """Open a bare connection; the greeting is read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        opened = Talk(reader, writer)
        opened_with = await opened.hear()
        assert opened_with.startswith("220"), opened_with
        yield opened
    finally:
        writer.close()
