"""What a person may set of the local provider."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Relay:
    """An SMTP server that takes mail for the rest of the world.

    Attributes:
        host: its name.
        port: usually 587 with `starttls`, 465 with `tls`, 25 with `none`.
        security: how the connection is protected; `none` only on this machine.
        user: who logs in, empty for nobody.
        password: with what.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Options:
    """The limits and the ways out of the local provider.

    Attributes:
        smtp_port: where SMTP is taken in; 0 for the port of last time, or any free one.
        relay: what takes mail for other places; None holds it.
        sms_token: with which posts to the SMS gateway must be signed; empty for no check.
        sends_per_hour: mails and texts that one identity may send in an hour.
        received_per_minute: mails, and texts, that one identity takes in in a minute.
        requests_per_minute: requests that one key may make in a minute.
        most_kept: bytes of mail and texts that one identity keeps.
    """

    smtp_port: int = 0
    relay: Relay | None = None
    sms_token: str = field(default="", repr=False)
    sends_per_hour: int = 500
    received_per_minute: int = 1200
    requests_per_minute: int = 12_000
    most_kept: int = 4 << 30
