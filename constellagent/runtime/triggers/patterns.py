"""Whether a message is meant: the patterns of `on: {email: ...}` and `on: {sms: ...}`.

They are shell-style (`*`, `?`, `[abc]`), must match the whole text, and know no difference of case.
"""

from email.utils import parseaddr
from fnmatch import fnmatchcase

from constellagent.spec.models import OnMessage


def meets(wanted: OnMessage, sender: str, subject: str, text: str) -> bool:
    """Say whether a message meets all that is given; `sender` is a bare address or number."""
    given = ((wanted.from_, sender), (wanted.subject, subject), (wanted.text, text))
    return all(pattern is None or _matches(pattern, found) for pattern, found in given)


def bare(sender: str) -> str:
    """Return the address of `Name <address>`; what is no such thing stays as it is."""
    return parseaddr(sender)[1] or sender if "<" in sender else sender.strip()


def same_address(one: str, other: str) -> bool:
    """Say whether two bare addresses are one mailbox: case and a `+tag` make no difference."""
    return bool(one) and _mailbox(one) == _mailbox(other)


def _mailbox(address: str) -> str:
    local_part, at, domain = address.rpartition("@")
    return f"{local_part.partition('+')[0]}{at}{domain}".casefold() if at else address.casefold()


def _matches(pattern: str, text: str) -> bool:
    return fnmatchcase(text.casefold(), pattern.casefold())
