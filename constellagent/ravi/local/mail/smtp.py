"""SMTP on the loopback interface: any program of this machine can mail an identity.

Mail is taken for mailboxes that are here and for nobody else, whoever asks. 250 is said after the commit, so
what a client was told of is kept; a failure of ours is temporary, so that the client tries again.
"""

import asyncio
import logging
import re
import sqlite3
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from aiosmtpd.smtp import MISSING, SMTP, Envelope, Session

from constellagent.connections import backlog
from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.ravi.local import limits
from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.mail import delivery, outgoing
from constellagent.ravi.local.mail.content import with_text
from constellagent.ravi.local.mail.doors import Doors, Patience
from constellagent.ravi.local.mail.letter import Letter
from constellagent.ravi.local.mail.parse import parse
from constellagent.ravi.local.mail.words import MalformedError
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.store import get_fact, set_fact

HOST = "127.0.0.1"

_MOST_RECIPIENTS = 100
_MOST_HOPS = 25
_MOST_READ = 2
"""Mails that are read at once: each takes several times its size of memory."""

_PORT = "smtp_port"
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_log = logging.getLogger(__name__)


class _RefusedError(Exception):
    """A mail is not taken; the message is the answer. Nothing of it is kept."""


@asynccontextmanager
async def serving(office: Office, patience: Patience = Patience()) -> AsyncIterator[int]:  # noqa: B008 - Patience is a frozen value
    """Take in mail for as long as the body runs; yields the port, which is also the fact `smtp_port`.

    Raises:
        UnavailableError: the port that was asked for is taken.
        ConstellagentError: the store cannot be used.
    """
    # The library logs addresses, and in its most talkative form whole mails.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    # Threads of its own: whatever else waits for a thread must not keep mail from being read.
    readers = ThreadPoolExecutor(_MOST_READ, thread_name_prefix="mail")
    doors = Doors(Desk(office, await office.store.run(outgoing.marker), readers), patience)
    server = await _listening(office, doors)
    port = int(server.sockets[0].getsockname()[1])
    try:
        await office.store.run(lambda db: set_fact(db, _PORT, str(port).encode()))
        yield port
    finally:
        server.close()
        await doors.close()
        await server.wait_closed()
        readers.shutdown(wait=False, cancel_futures=True)


async def _listening(office: Office, doors: Doors) -> asyncio.Server:
    loop, asked = asyncio.get_running_loop(), office.options.smtp_port
    kept = await office.store.run(lambda db: get_fact(db, _PORT))
    wanted = asked or int(kept or b"0")
    try:
        return await loop.create_server(doors.open, HOST, wanted, backlog=backlog())
    except OSError as error:
        if asked or not wanted:
            raise UnavailableError(
                f"mail cannot be taken in on port {wanted}: {error.strerror}",
                hint="end what uses the port, or set CONSTELLAGENT_SMTP_PORT to another",
            ) from error
    _log.warning("port %d for mail is taken; running sessions still point to it", wanted)
    return await loop.create_server(doors.open, HOST, 0, backlog=backlog())


class Desk:
    """Decides about recipients and mails; the library finds its methods by their names."""

    def __init__(self, office: Office, marker: str, readers: ThreadPoolExecutor) -> None:
        """Name the provider's parts, the word by which its own mail is known again, and who reads mail."""
        self._office = office
        self._marker = marker.encode()
        self._readers = readers

    async def handle_EHLO(  # noqa: N802 - the library's name
        self, _: SMTP, session: Session, __: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet a client and say what is offered."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> Any:
        """Take or refuse a recipient."""
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return f"452 4.5.3 One mail goes to {_MOST_RECIPIENTS} recipients at most."
        return await self._office.store.run(lambda db: _refusal(db, address)) or MISSING

    async def handle_VRFY(self, *_: Any) -> str:  # noqa: N802 - the library's name
        """Tell nobody who is here."""
        return "252 2.5.0 Send the mail, and see."

    async def handle_DATA(  # noqa: N802 - the library's name
        self, _: SMTP, __: Session, envelope: Envelope
    ) -> str:
        """Keep a mail or say why not."""
        assert isinstance(envelope.content, bytes)
        sender = "" if envelope.mail_from in {None, "<>"} else str(envelope.mail_from)
        try:
            await self._take(envelope.content, sender, envelope.rcpt_tos)
        except MalformedError as error:
            return f"554 5.6.0 This is no mail that can be kept: {error}."
        except _RefusedError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - whatever failed, the client keeps the mail and tries again
            return await self.handle_exception(error)
        return "250 2.0.0 The mail is kept."

    async def handle_exception(self, error: Exception) -> str:
        """Say that a failure of ours is temporary."""
        known = isinstance(error, ConstellagentError)
        _log.error("mail cannot be taken in: %s", error, exc_info=None if known else error)
        return "451 4.3.0 This cannot be done now; try again later."

    async def _take(self, content: bytes, sender: str, recipients: Sequence[str]) -> None:
        end = _HEADER_END.search(content)
        if self._marker in content[: end.start() if end else None]:
            raise _RefusedError("554 5.4.6 This mail was sent from here and came back.")
        letter = await asyncio.get_running_loop().run_in_executor(self._readers, _read, content, sender)
        if letter.hops > _MOST_HOPS:
            raise _RefusedError("554 5.4.6 This mail passed too many servers.")
        await self._office.store.run(lambda db: self._keep(db, letter, recipients))

    def _keep(self, db: sqlite3.Connection, letter: Letter, recipients: Sequence[str]) -> None:
        """Keep a mail for all its recipients or for none.

        Raises:
            _RefusedError: one of them takes no more now or is full, or was put away since it was named.
        """
        reached: dict[int, str] = {}
        for address in recipients:
            target = delivery.resolve(db, address)
            if target is None:
                raise _RefusedError("450 4.2.1 A mailbox was just put away; name the recipients again.")
            reached.setdefault(target, address)
        for target, address in reached.items():
            if not limits.has_room(self._office, db, target, "mail"):
                raise _RefusedError("452 4.2.2 A mailbox gets too much mail; try again in a minute.")
            try:
                self._office.room.take(db, target, letter.size, self._office.now())
            except ApiError as error:
                code = "452 4.2.2 A mailbox is full" if error.status == 507 else "452 4.3.1 There is no room"
                raise _RefusedError(f"{code}: {error.message}") from error
            # A blind copy names nobody; the reader still sees to which of its addresses it came.
            named = letter if letter.to or letter.cc else replace(letter, to=(address.lower(),))
            delivery.receive(self._office, db, target, named)


def _refusal(db: sqlite3.Connection, address: str) -> str:
    """Return why mail for an address is not taken; empty where it is."""
    if delivery.resolve(db, address) is not None:
        return ""
    if delivery.is_local_domain(db, address.rpartition("@")[2]):
        return "550 5.1.1 There is no such mailbox here."
    return "550 5.7.1 Mail for other domains is not taken here."


def _read(content: bytes, sender: str) -> Letter:
    letter = with_text(parse(content, sender))
    # Without a sender to answer to it is a notice, which nothing may answer.
    return letter if sender else replace(letter, automatic=True)
