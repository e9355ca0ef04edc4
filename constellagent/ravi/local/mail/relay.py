"""Sends outgoing mail through the configured SMTP server, again and again until it is sent or given up.

A mail is claimed before it is handed over and settled after. If the provider ends between the server's 250
and our commit, the mail is sent a second time, with the same Message-ID, by which servers and readers can
tell: twice is better than never.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager
from datetime import datetime
from threading import Thread

from constellagent.errors import ConstellagentError, UsageError
from constellagent.ravi.client import is_loopback
from constellagent.ravi.local.background import beside
from constellagent.ravi.local.mail import delivery, outgoing
from constellagent.ravi.local.mail.build import build, needs_utf8
from constellagent.ravi.local.mail.handover import Handover
from constellagent.ravi.local.mail.outgoing import Claimed, Outcome
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.options import Relay

_PATIENCE = 60.0
"""Seconds for each answer of the server."""

_LONGEST_SLEEP = 60.0
"""Seconds after which the clock is looked at again, which may have been set or have stood still."""

_STORE_PAUSE = 5.0
_log = logging.getLogger(__name__)


@asynccontextmanager
async def relaying(office: Office) -> AsyncIterator[None]:
    """Send what waits for as long as the body runs; without a relay it is held.

    Raises:
        UsageError: the relay would get mail and password in clear over a network.
        ConstellagentError: the store cannot be used.
    """
    relay = office.options.relay
    if relay is not None and relay.security == "none" and not is_loopback(relay.host):
        raise UsageError(
            f"mail for {relay.host} would travel unprotected",
            hint="use starttls or tls; only a server on this machine may do without",
        )
    await office.store.run(lambda db: outgoing.resume(office, db))
    if relay is None:
        yield
        return
    marker = await office.store.run(outgoing.marker)
    async with beside(_relay(office, relay, marker), "mail relay"):
        yield


async def _relay(office: Office, relay: Relay, marker: str) -> None:
    while True:
        count, pause = office.bell.count(outgoing.BELL), _LONGEST_SLEEP
        try:
            claimed = await office.store.run(lambda db: outgoing.claim(office, db))
            if claimed is not None:
                await _settle(office, claimed, await _hand_over(relay, claimed, marker))
                continue
            due = await office.store.run(outgoing.next_due)
            if due is not None:
                pause = min(pause, max(0.0, due - office.now()))
        except ConstellagentError as error:
            _log.error("the outbox cannot be read: %s", error)
        await office.bell.after(outgoing.BELL, count, pause)


async def _hand_over(relay: Relay, claimed: Claimed, marker: str) -> dict[int, Outcome]:
    """Return what happened to each recipient; a provider that stops does not wait for the server."""
    recipients = tuple(dict.fromkeys(claimed.recipients.values()))
    utf8 = needs_utf8(claimed.letter, recipients)
    connection = Handover(relay, _PATIENCE)

    def send() -> dict[str, Outcome]:
        written = datetime.fromisoformat(claimed.created_dt).timestamp()
        content = build(claimed.letter, written, marker)
        return connection.send(claimed.sender, recipients, content, utf8=utf8)

    try:
        outcomes = await _in_thread(send)
    except asyncio.CancelledError:
        connection.cut()
        raise
    except Exception:  # noqa: BLE001 - one mail that cannot be written must not keep the others here
        _log.exception("a mail could not be handed to %s", relay.host)
        outcomes = dict.fromkeys(recipients, Outcome("later", "It could not be handed over; see the log."))
    return {number: outcomes[address] for number, address in claimed.recipients.items()}


async def _settle(office: Office, claimed: Claimed, outcomes: Mapping[int, Outcome]) -> None:
    """Write down what happened, however long the store refuses: else it would be sent again."""

    def settle(db: sqlite3.Connection) -> None:
        failures = outgoing.settle(office, db, claimed, outcomes)
        delivery.bounce(office, db, claimed.identity, claimed.letter, failures)

    while True:
        try:
            return await office.store.run(settle)
        except ConstellagentError as error:
            _log.error("what became of an outgoing mail cannot be written down: %s", error)
        await asyncio.sleep(_STORE_PAUSE)


async def _in_thread(call: Callable[[], dict[str, Outcome]]) -> dict[str, Outcome]:
    """Run a call in a thread that nothing waits for when the program ends."""
    outcome: Future[dict[str, Outcome]] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001 - whoever waits is told, whatever it was
            outcome.set_exception(error)

    outcome.set_running_or_notify_cancel()
    Thread(target=run, name="mail relay", daemon=True).start()
    return await asyncio.wrap_future(outcome)
