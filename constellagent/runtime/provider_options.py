"""From the settings of this machine to those of the local provider."""

import os
import pwd
from typing import Literal
from urllib.parse import unquote, urlsplit

from constellagent.errors import UsageError
from constellagent.ravi.client import is_loopback
from constellagent.ravi.local.options import Options, Relay
from constellagent.ravi.wire import Owner
from constellagent.runtime.settings import Settings

_PORTS: dict[Literal["starttls", "tls", "none"], int] = {"starttls": 587, "tls": 465, "none": 25}


def provider_options(settings: Settings) -> Options:
    """Return what the settings say of the local provider.

    Raises:
        UsageError: the relay's address cannot be used.
    """
    token, password = settings.sms_token, settings.relay_password
    relay = None
    if settings.relay_url is not None:
        relay = read_relay(settings.relay_url, password.get_secret_value() if password else "")
    return Options(
        smtp_port=settings.smtp_port,
        relay=relay,
        sms_token=token.get_secret_value() if token else "",
        most_kept=settings.mailbox_limit << 20,
    )


def owner() -> Owner:
    """Return the human behind all local identities: who the Unix user is, by the user database."""
    entry = pwd.getpwuid(os.getuid())
    first, _, last = (entry.pw_gecos.partition(",")[0].strip() or entry.pw_name).partition(" ")
    return Owner(first_name=first, last_name=last.strip())


def read_relay(url: str, password: str) -> Relay:
    """Return the relay that an address such as `smtp://user@host:587` or `smtps://host` names.

    `smtp` means STARTTLS, except on this machine; `smtps` means TLS from the first byte.

    Raises:
        UsageError: it is no such address, or holds a password, which would show in lists of processes.
    """
    hint = "write smtp://user@host:587 or smtps://user@host:465"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError(f"the address of the relay cannot be read: {error}", hint=hint) from error
    if parts.password is not None:
        raise UsageError(
            "the address of the relay holds a password",
            hint="put it into CONSTELLAGENT_RELAY_PASSWORD, or use `constellagent provider relay`",
        )
    if parts.scheme not in {"smtp", "smtps"} or not host or parts.path.strip("/") or parts.query:
        raise UsageError("the address of the relay is not that of an SMTP server", hint=hint)
    security: Literal["starttls", "tls", "none"] = "tls" if parts.scheme == "smtps" else "starttls"
    if security == "starttls" and is_loopback(host):
        security = "none"
    return Relay(host, port or _PORTS[security], security, unquote(parts.username or ""), password)
