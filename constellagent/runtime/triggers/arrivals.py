"""What came for an identity, read from the provider's events: enough to decide whom it wakes.

The event itself says most of it. Only what it leaves out is looked up, without marking the message as read.
Nothing of it is ever logged or stored.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from constellagent.ravi.client import MissingError
from constellagent.ravi.client.belongings import Belongings
from constellagent.ravi.wires.answers_events import Event
from constellagent.runtime.triggers.patterns import bare

MAIL, TEXT = "email.message.received", "sms.message.received"
"""The events that are watched. Always both, so that one mark says up to where all is decided."""

_AUTOMATED = "automated"
"""What a provider says of mail that a program sent by itself: answers, bounces, lists (RFC 3834)."""

Tell = Callable[[str, str], Awaitable[None]]
"""Tells the audit of an access before it is made: what was done, and to what."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail or a text that came in. Its repr shows nothing of it.

    Attributes:
        kind: which of the two.
        sender: bare address or number.
        subject: of a mail.
        text: of a text; the text of a mail wakes nobody.
        automatic: a program sent it by itself, and nothing must answer it.
        at: when it came.
    """

    kind: Literal["email", "sms"]
    sender: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    automatic: bool
    at: datetime


async def read(event: Event, belongings: Belongings, tell: Tell, now: float) -> Arrival | None:
    """Return what an event tells of, None where the message is gone or the event is of another kind.

    Raises:
        ConstellagentError: the provider cannot be asked now.
    """
    try:
        if event.type == MAIL:
            return await _mail(event, belongings, tell, now)
        if event.type == TEXT:
            return await _text(event, belongings, tell, now)
    except MissingError:
        return None
    return None


async def _mail(event: Event, belongings: Belongings, tell: Tell, now: float) -> Arrival | None:
    sender, subject, kind = (_said(event, name) for name in ("from_email", "subject", "sender_type"))
    at, number = event.created_dt, event.data.get("message_id")
    if sender is None or subject is None or kind is None:
        if not isinstance(number, int | str):
            return None
        await tell("mail.read", f"mail {number}, for a schedule")
        mail = await belongings.mail.message(number)
        sender, subject, kind, at = mail.from_email, mail.subject, mail.sender_type, at or mail.created_dt
    automatic = kind == _AUTOMATED or not sender
    return Arrival("email", bare(sender), subject, "", automatic, _when(at, now))


async def _text(event: Event, belongings: Belongings, tell: Tell, now: float) -> Arrival | None:
    sender, text = _said(event, "from_number"), _said(event, "body")
    at, number = event.created_dt, event.data.get("message_id")
    if sender is None or text is None:
        if not isinstance(number, int):
            return None
        await tell("sms.read", f"text {number}, for a schedule")
        found = await belongings.texts.message(number)
        sender, text, at = found.from_number, found.body, at or found.created_dt
    return Arrival("sms", sender.strip(), "", text, automatic=False, at=_when(at, now))


def _said(event: Event, name: str) -> str | None:
    value = event.data.get(name)
    return value if isinstance(value, str) else None


def _when(said: str, now: float) -> datetime:
    """Return the time that was said, else the present one."""
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        at = datetime.fromtimestamp(now, UTC)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
