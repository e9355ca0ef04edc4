"""A mail server elsewhere, real and obedient: it takes mail, or refuses it as a test says."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from constellagent.ravi.local.mail.letter import Letter
from constellagent.ravi.local.mail.parse import parse
from tests.certificates import authority


@dataclass
class World:
    """What the server was given, and what it answers.

    Attributes:
        port: where it listens.
        mails: envelopes that it took, oldest first.
        logins: user and password, where somebody logged in.
        secured: whether each mail came over TLS.
        recipients: answers to RCPT by address; others are taken.
        data: answers to DATA, one after the other; then mail is taken.
        hold: if given, no mail is answered before it is set.
        reached: a mail was handed over, and maybe not answered yet.
    """

    port: int = 0
    mails: list[Envelope] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)
    recipients: dict[str, str] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    hold: asyncio.Event | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def letters(self) -> list[Letter]:
        """The mails, read."""
        return [parse(envelope.original_content or b"") for envelope in self.mails]

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        answer = self.recipients.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        """Take or refuse a mail."""
        self.reached.set()
        if self.hold is not None:
            await self.hold.wait()
        answer = self.data.pop(0) if self.data else "250 OK"
        if answer.startswith("250"):
            self.mails.append(envelope)
            assert server.transport is not None
            self.secured.append(server.transport.get_extra_info("ssl_object") is not None)
        return answer

    def login(self, _: SMTP, __: Session, ___: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Let only one password in."""
        assert mechanism
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)


@asynccontextmanager
async def world(
    *, tls: ssl.SSLContext | None = None, from_the_start: bool = False, utf8: bool = True, **answers: Any
) -> AsyncIterator[World]:
    """Run a server; with `tls` it offers STARTTLS, or speaks TLS from the first byte."""
    there, spoken = World(**answers), list[SMTP]()

    def serve() -> SMTP:
        spoken.append(
            made := SMTP(
                there,
                enable_SMTPUTF8=utf8,
                hostname="world.example",
                tls_context=None if from_the_start else tls,
                authenticator=there.login,
                auth_require_tls=not from_the_start,
                loop=asyncio.get_running_loop(),
            )
        )
        return made

    server = await asyncio.get_running_loop().create_server(
        serve, "127.0.0.1", 0, ssl=tls if from_the_start else None
    )
    there.port = server.sockets[0].getsockname()[1]
    try:
        yield there
    finally:
        server.close()
        # Python 3.11 leaves its connections open: they would be complained of in some later test.
        for protocol in spoken:
            if protocol.transport is not None:
                protocol.transport.close()
        await asyncio.sleep(0)


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return what a server with a certificate needs, and the authority for who trusts it."""
    private = authority(folder)
    return private.context(), private.bundle


async def until(done: Callable[[], Any], within: float = 20.0) -> None:
    """Wait until an asynchronous condition holds."""
    async with asyncio.timeout(within):
        while not await done():
            await asyncio.sleep(0.01)
