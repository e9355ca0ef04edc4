"""The header fields of a mail: addresses, ids, lines of text, and what it says of itself."""

import re
from collections.abc import Callable, Iterator
from email.message import Message
from email.utils import getaddresses
from typing import TypeVar

from constellagent.ravi.local.mail.words import decode, read_line

T = TypeVar("T")

_MOST_REFERENCES = 100
_LONGEST_ADDRESS = 320
_ATOM = r"[^\s<>()\[\]:;@\\,\"\x00-\x20\x7f-\x9f]"
_ADDRESS = re.compile(rf'({_ATOM}+|"(?:[^"\\\x00-\x20\x7f-\x9f]|\\[!-~])*")@({_ATOM}+|\[[0-9A-Za-z:.]+\])')
_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_BARE_ID = re.compile(r"[!-;=?-~]{1,900}")
_AUTOMATIC = frozenset({"bulk", "junk", "list", "auto_reply"})


def author(message: Message) -> tuple[str, str]:
    """Return display name and address of the first author; both empty where none is named."""
    return next(_mailboxes(message, "From"), ("", ""))


def addresses(message: Message, name: str) -> tuple[str, ...]:
    """Return the addresses in a field, each once; what is no address is left out."""
    return tuple(dict.fromkeys(found for _, found in _mailboxes(message, name)))


def address(text: str) -> str:
    """Return an address with its domain in lower case, empty where it is none.

    The part before the `@` stays, since services put tokens there that differ by case. A bare name, as local
    programs write it, belongs to this machine.
    """
    if not text.isascii():
        text = decode(text.encode(errors="surrogateescape"), "utf-8")
    found = _ADDRESS.fullmatch(text) or _ADDRESS.fullmatch(f"{text}@localhost")
    if found is None or len(found[0].encode()) > _LONGEST_ADDRESS:
        return ""
    # Some letters become ASCII by a change of case, which would make one domain look like another.
    return f"{found[1]}@{found[2].lower() if found[2].isascii() else found[2]}"


def first_id(message: Message, name: str) -> str:
    """Return the first id in a field with its `<>`, empty where there is none."""
    return next(_ids(message, name), "")


def references(message: Message) -> tuple[str, ...]:
    """Return the ids of the chain, shortened as RFC 5322 lets programs do: the first and the newest stay."""
    chain = tuple(dict.fromkeys(_ids(message, "References")))
    return chain if len(chain) <= _MOST_REFERENCES else (chain[0], *chain[1 - _MOST_REFERENCES :])


def line(message: Message, name: str) -> str:
    """Return the text of a field."""
    return read_line(str(message.get(name, "")))


def is_automatic(message: Message) -> bool:
    """Whether the mail says that a program sent it by itself (RFC 3834), or came from a list."""
    said = line(message, "Auto-Submitted").lower()
    return (
        (bool(said) and not said.startswith("no"))
        or line(message, "Precedence").lower() in _AUTOMATIC
        or quietly(message.get_content_type, "") == "multipart/report"
    )


def quietly(ask: Callable[[], T], otherwise: T) -> T:
    """Return an answer of the standard library, or `otherwise` where it fails on a malformed field."""
    try:
        return ask()
    except Exception:  # noqa: BLE001 - it fails in many ways, and the part is kept without the answer
        return otherwise


def _mailboxes(message: Message, name: str) -> Iterator[tuple[str, str]]:
    """Yield display name and address of each mailbox of a field."""
    for display, found in getaddresses([str(value) for value in message.get_all(name, [])]):
        if bare := address(found):
            yield " ".join(read_line(display).split()), bare


def _ids(message: Message, name: str) -> Iterator[str]:
    for value in message.get_all(name, []):
        found = _ID.findall(str(value))
        # Some programs leave the brackets out.
        yield from found or (f"<{bare}>" for bare in str(value).split() if _BARE_ID.fullmatch(bare))
