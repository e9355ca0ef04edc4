"""Messages that are looked for: the unread ones of mail and text, and those that a pattern finds."""

import re
from typing import Any, NamedTuple

from constellagent.ravi.shim_program import api, typed, waiting
from constellagent.ravi.shim_program.failing import CallError, WrongWordsError
from constellagent.ravi.shim_program.login import Login
from constellagent.ravi.shim_program.words import Given

WAIT_FLAGS = {
    "--wait": "SECONDS (or 2m): wait until an unread message is there; at once if there is one",
    "--match": "REGEX: of the sender, the subject or the text of that message; case is ignored",
}
"""Flags of every verb that can wait."""

UNREAD = {"--unread": "only what was not read"}


_PART = 200
"""Messages that the hosted service gives at a time at most."""

_MOST_PARTS = 10


class Source(NamedTuple):
    """One kind of message.

    Attributes:
        path: where the messages are.
        event: what to wake up for.
        fields: where a pattern looks.
    """

    path: str
    event: str
    fields: tuple[str, ...]


EMAIL = Source(
    "/email-messages/",
    waiting.EMAIL,
    ("subject", "text_content", "html_content", "from_email", "from_display_name"),
)
SMS = Source("/messages/", waiting.SMS, ("body", "from_number"))


def listed(login: Login, source: Source, **query: str) -> list[dict[str, Any]]:
    """Return received messages.

    The embedded provider answers with the newest at once. The hosted service answers with the oldest, a part
    at a time, as the embedded one does for `created_after`: there, part after part is asked for.
    """
    whole = login.is_local and "created_after" not in query
    found: list[dict[str, Any]] = []
    for part in range(1 if whole else _MOST_PARTS):
        portion = {} if whole else {"limit": str(_PART), "offset": str(part * _PART)}
        rows = api.rows(api.call(login, "GET", source.path, query={**query, **portion}))
        if rows[:1] == found[:1]:
            break  # Nothing, or the same again from a server that knows no parts.
        found += rows
        if len(rows) < _PART:
            break
    return [row for row in found if row.get("direction") == "incoming"]


def unread(login: Login, source: Source, **query: str) -> list[dict[str, Any]]:
    """Return received messages that were not read."""
    return [row for row in listed(login, source, is_read="false", **query) if not row.get("is_read")]


def wanted(
    login: Login, source: Source, given: Given, *, sender: str = "", **query: str
) -> list[dict[str, Any]]:
    """Return the unread messages that `--match` finds, waiting for the first as long as `--wait` says.

    `sender` keeps only those texts that came from this number, `query` what the API is to keep.

    Raises:
        WrongWordsError: the time or the pattern cannot be read.
        CallError: there is none in time, or the API cannot be asked.
    """
    pattern, seconds = _pattern(given), typed.seconds(given.value("--wait"), "--wait")

    def look() -> list[dict[str, Any]] | None:
        rows = unread(login, source, **query)
        return [row for row in rows if _matches(row, source, pattern, sender)] or None

    messages = waiting.until_found(login, seconds, (source.event,), look)
    if messages is None:
        what = f"nothing that matches {pattern.pattern!r}" if pattern.pattern else "nothing"
        raise CallError(f"{what} arrived unread within {seconds:g} s")
    return messages


def check(given: Given) -> bool:
    """Whether the call waits.

    Raises:
        WrongWordsError: there is a pattern, and nothing that waits for it.
    """
    if given.has("--match") and not given.has("--wait"):
        raise WrongWordsError("--match needs --wait; --wait 0 looks once")
    return given.has("--wait")


def _pattern(given: Given) -> re.Pattern[str]:
    try:
        return re.compile(given.value("--match"), re.IGNORECASE)
    except re.error as error:
        raise WrongWordsError(
            f"--match: {given.value('--match')!r} is no regular expression: {error}"
        ) from None


def _matches(row: dict[str, Any], source: Source, pattern: re.Pattern[str], sender: str) -> bool:
    if sender not in {"", row.get("from_number")}:
        return False
    return any(pattern.search(str(row.get(field) or "")) for field in source.fields)
