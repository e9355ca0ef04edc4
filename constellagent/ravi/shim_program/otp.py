"""`ravi otp`: the newest one-time code that a service sent, by mail or by text.

A code is offered as long as it is the newest of its sender and young enough. Printing it marks its message
read. Without `--wait` the newest is printed again and again; with it only an unread one, so that the next
call waits for the next code. Of what came before the call, only an unread code of its sender's newest
message counts: what is older was replaced by it.
"""

import html.parser
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from constellagent.ravi.codes import find_codes
from constellagent.ravi.shim_program import api, arrivals, typed, waiting
from constellagent.ravi.shim_program.failing import CallError
from constellagent.ravi.shim_program.login import Login
from constellagent.ravi.shim_program.words import Given, Verb, Verbs

_SOURCES = {"email": arrivals.EMAIL, "sms": arrivals.SMS}
_MAX_AGE = "10m"
_LONGEST_PAGE = 100_000


class _Offer(NamedTuple):
    """A message with a code."""

    time: datetime
    source: str
    sender: str
    code: str
    message: dict[str, Any]

    @property
    def is_unread(self) -> bool:
        return not self.message.get("is_read")

    def rank(self) -> tuple[datetime, int]:
        """Return what is greater the later it came, of two in the same moment too."""
        number = self.message.get("id")
        return self.time, number if isinstance(number, int) else 0


def newest(login: Login, given: Given) -> Any:
    """Return the newest code, waiting for one as long as `--wait` says; its message is marked read.

    Raises:
        WrongWordsError: a time cannot be read.
        CallError: there is no code in time, or the API cannot be asked.
    """
    age_said = given.value("--max-age") or _MAX_AGE
    age, waits = typed.seconds(age_said, "--max-age"), given.has("--wait")
    seconds = typed.seconds(given.value("--wait"), "--wait") if waits else 0.0
    oldest = max(0.0, time.time() - age)

    def look() -> _Offer | None:
        offers = [
            offer for offer in _offers(login, given.value("--from"), oldest) if offer.is_unread or not waits
        ]
        return max(offers, key=_Offer.rank, default=None)

    kinds = (waiting.EMAIL, waiting.SMS)
    offer = waiting.until_found(login, seconds, kinds, look) if waits else look()
    if offer is None:
        sender = f" from {given.value('--from')}" if given.has("--from") else ""
        raise CallError(
            f"no one-time code{sender} arrived within {seconds:g} s"
            if waits
            else f"no one-time code{sender} in the messages of the last {age_said}; --wait 60 waits for one"
        )
    return _taken(login, offer)


def _offers(login: Login, sender: str, oldest: float) -> list[_Offer]:
    """Return the newest code of each sender."""
    found: dict[tuple[str, str], _Offer] = {}
    for name in _SOURCES:
        for message in _received(login, name, oldest):
            if _is_from(message, sender) and (offer := _offer(name, message, oldest)):
                key = (name, offer.sender)
                found[key] = max(found.get(key, offer), offer, key=_Offer.rank)
    return list(found.values())


def _received(login: Login, name: str, oldest: float) -> Iterator[dict[str, Any]]:
    query = {"direction": "incoming"}
    if name == "email":
        query["created_after"] = datetime.fromtimestamp(oldest, UTC).isoformat()
    try:
        yield from arrivals.listed(login, _SOURCES[name], **query)
    except CallError as error:
        # An identity without a number has no texts, and some servers say so with an error.
        if name != "sms" or error.status not in {400, 404, 409}:
            raise


def _offer(name: str, message: dict[str, Any], oldest: float) -> _Offer | None:
    try:
        received = datetime.fromisoformat(str(message.get("created_dt")))
    except ValueError:
        return None
    if received.tzinfo is None or received.timestamp() < oldest:
        return None
    codes = find_codes(_text(message))
    if not codes:
        return None
    sender = str(message.get("from_email") or message.get("from_number") or "")
    return _Offer(received, name, sender, codes[0], message)


def _text(message: dict[str, Any]) -> str:
    body = str(message.get("body") or message.get("text_content") or "")
    if not body.strip():
        reader = _Words()
        reader.feed(str(message.get("html_content") or "")[:_LONGEST_PAGE])
        reader.close()
        body = "".join(reader.found)
    return f"{message.get('subject') or ''}\n{body}"


def _is_from(message: dict[str, Any], sender: str) -> bool:
    names = (message.get("from_email"), message.get("from_display_name"), message.get("from_number"))
    return any(sender.casefold() in str(name or "").casefold() for name in names)


def _taken(login: Login, offer: _Offer) -> dict[str, Any]:
    identifier = offer.message.get("id")
    if offer.is_unread:
        path = f"{_SOURCES[offer.source].path}{api.segment(str(identifier))}/"
        api.call(login, "PATCH", path, {"is_read": True})
    return {
        "code": offer.code,
        "source": offer.source,
        "from": offer.sender,
        "received_dt": offer.message.get("created_dt"),
        "message_id": identifier,
    }


class _Words(html.parser.HTMLParser):
    """The words of a page, each block on a line of its own."""

    _BLOCKS = frozenset({"br", "div", "h1", "h2", "h3", "li", "p", "table", "td", "tr"})
    _SILENT = frozenset({"head", "script", "style", "title"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        """Begin a line, or stop listening."""
        self._silent += tag in self._SILENT
        if tag in self._BLOCKS:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End a line, or listen again."""
        self._silent = max(0, self._silent - (tag in self._SILENT))
        if tag in self._BLOCKS:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep what is shown."""
        if not self._silent:
            self.found.append(data)


VERBS: Verbs = {
    ("otp",): Verb(
        newest,
        "the newest one-time code from mail or text",
        ("code",),
        values={
            "--from": "SENDER, or a part of it",
            "--wait": "SECONDS (or 2m): wait until an unread one is there",
            "--max-age": f"how old it may be; {_MAX_AGE} where nothing is said",
        },
        bare=True,
    ),
}
