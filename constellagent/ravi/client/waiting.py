"""Waiting for mail, for a text, for a one-time code: at once if it is there, else as soon as it comes.

The embedded provider answers when something happens. One that cannot wait is asked again and again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.ravi.client.belongings import Belongings
from constellagent.ravi.client.events import LONGEST_WAIT, Events
from constellagent.ravi.codes import find_codes
from constellagent.ravi.wires.answers_mail import Mail
from constellagent.ravi.wires.answers_phone import TextMessage

Found = TypeVar("Found")

_POLL = 0.5
"""Seconds between two looks where the provider does not wait."""


@dataclass(frozen=True, slots=True)
class Code:
    """A one-time code, and the message that brought it. Its repr does not show the code.

    Attributes:
        code: the code.
        source: how it came.
        sender: from which address or number.
        received_dt: when, as the provider says it.
        message: the id of the mail or of the text.
    """

    code: str
    source: Literal["mail", "sms"]
    sender: str
    received_dt: str
    message: int

    def __repr__(self) -> str:
        return f"<Code by {self.source} {self.message}>"


async def until(look: Callable[[], Awaitable[Found | None]], events: Events, seconds: float) -> Found | None:
    """Return what `look` finds, now or within `seconds`; None where the time is over first."""
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    # Asked before the first look, so that nothing can come in between unseen.
    cursor = await _latest(events) if seconds > 0 else None
    while (found := await look()) is None and (left := end - clock()) > 0:
        begin = clock()
        if cursor is not None:
            news = await events.since(cursor, wait=min(left, LONGEST_WAIT))
            cursor = max([cursor, *(event.seq for event in news)])
            if news or clock() - begin >= min(left, _POLL):
                continue
        await asyncio.sleep(min(left, _POLL))
    return found


async def new_mail(
    belongings: Belongings, seconds: float, wanted: Callable[[Mail], bool] = lambda _: True
) -> list[Mail]:
    """Return the unread mail that is `wanted`, newest first; waits for the first of it. Marks nothing."""

    async def look() -> list[Mail] | None:
        rows = await belongings.mail.messages(unread=True, incoming=True)
        return [row for row in _newest_first(rows) if wanted(row)] or None

    return await until(look, belongings.events, seconds) or []


async def new_texts(
    belongings: Belongings, seconds: float, wanted: Callable[[TextMessage], bool] = lambda _: True
) -> list[TextMessage]:
    """Return the unread texts that are `wanted`, newest first; waits for the first. Marks nothing."""

    async def look() -> list[TextMessage] | None:
        rows = await belongings.texts.messages(unread=True)
        incoming = [row for row in _newest_first(rows) if row.direction == "incoming"]
        return [row for row in incoming if wanted(row)] or None

    return await until(look, belongings.events, seconds) or []


async def newest_code(
    belongings: Belongings, seconds: float, *, sender: str = "", since: float = 0, unread: bool = True
) -> Code | None:
    """Return the newest one-time code of mail and texts; waits for one. Marks nothing.

    Args:
        belongings: of the identity that is meant.
        seconds: how long to wait.
        sender: part of the address, name or number that it must come from, in any case.
        since: epoch seconds before which a message is too old.
        unread: look at unread messages only.
    """

    async def look() -> Code | None:
        mails = await belongings.mail.messages(unread=unread, incoming=True)
        texts = await belongings.texts.messages(unread=unread)
        return await asyncio.to_thread(_pick, mails, texts, sender.casefold(), since)

    return await until(look, belongings.events, seconds)


async def take(belongings: Belongings, code: Code) -> None:
    """Mark the message of a code as read, so that the code is not offered again."""
    if code.source == "mail":
        await belongings.mail.mark_read(code.message)
    else:
        await belongings.texts.mark_read(code.message)


async def _latest(events: Events) -> int | None:
    """Return where the events end now, None where the provider cannot say."""
    try:
        return await events.latest()
    except UnavailableError:
        raise
    except ConstellagentError:
        return None


def _pick(mails: Iterable[Mail], texts: Iterable[TextMessage], sender: str, since: float) -> Code | None:
    rows: list[Mail | TextMessage] = [*mails, *texts]
    messages = [(_epoch(row.created_dt), row.id, row) for row in rows if row.direction == "incoming"]
    for at, _, row in sorted(messages, key=lambda message: message[:2], reverse=True):
        if at >= since and (code := _code(row, sender)) is not None:
            return code
    return None


def _code(row: Mail | TextMessage, sender: str) -> Code | None:
    source: Literal["mail", "sms"]
    if isinstance(row, Mail):
        source, origin, names = "mail", row.from_email, f"{row.from_display_name} {row.from_email}"
        text = f"{row.subject}\n{row.text_content or row.html_content}"
    else:
        source, origin, names, text = "sms", row.from_number, row.from_number, row.body
    if sender not in names.casefold():
        return None
    codes = find_codes(text)
    return Code(codes[0], source, origin, row.created_dt, row.id) if codes else None


def _epoch(moment: str) -> float:
    """Return a provider's time; what cannot be read counts as long ago."""
    try:
        return datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return 0


_Message = TypeVar("_Message", Mail, TextMessage)


def _newest_first(rows: list[_Message]) -> list[_Message]:
    return sorted(rows, key=lambda row: row.id, reverse=True)
