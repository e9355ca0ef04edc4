"""A lab's provider as the world outside sees it: who lives there, and mail and texts to them.

Only what any program on the machine could use: SMTP, the gateway for texts, and HTTP with a key.
"""

import base64
import hmac
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from tests.reliability.lab import Lab

_PART = 200
"""Messages that one answer of a list holds at most, where parts are asked for."""


@dataclass(frozen=True, slots=True)
class Resident:
    """An identity and the key that opens it."""

    name: str
    uuid: str
    address: str
    number: str
    key: str = field(repr=False)


class Town:
    """The provider of a lab. The first look starts the daemon."""

    def __init__(self, lab: Lab, **env: str) -> None:
        """Ask where everything is, and log in as the person who owns the machine would."""
        self._lab = lab
        self._env = env
        places = lab.json("provider", "status", **env)
        self.api: str = places["api"]
        self.sms: str = places["sms"]
        smtp = urlsplit(places["smtp"])
        self.smtp = (smtp.hostname or "", smtp.port or 0)
        self.http = httpx.Client(
            base_url=self.api,
            timeout=60,
            trust_env=False,
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        )
        self.management_key = ""

    def __enter__(self) -> Self:
        """Be used in a `with` statement."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self.http.close()

    def log_in(self) -> str:
        """Get a management key, as `ravi auth login` does."""
        begun = self.ask("POST", "/api/auth/device/", key="")
        self._lab.run("provider", "allow-login", begun["user_code"], check=0, **self._env)
        wanted = {"device_code": begun["device_code"], "wait": True}
        granted = self.ask("POST", "/api/auth/device/token/", wanted, key="")
        self.management_key = granted["management_key"]
        return self.management_key

    def settle(self, count: int) -> list[Resident]:
        """Create so many identities, each with a number, a key and a name of its own."""
        if not self.management_key:
            self.log_in()
        residents = []
        for number in range(count):
            body = {
                "name": f"resident-{number}",
                "email_identifier": f"resident-{number}",
                "provision_phone": True,
            }
            row = self.ask("POST", "/api/identities/", body)
            minted = self.ask(
                "POST", "/api/auth/keys/identity/", {"label": "town", "identity_uuid": row["uuid"]}
            )
            residents.append(Resident(row["name"], row["uuid"], row["inbox"], row["phone"], minted["key"]))
        return residents

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        key: str | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        """Send a request that must succeed; `key` None is the management key, "" none."""
        chosen = self.management_key if key is None else key
        headers = {"Authorization": f"Bearer {chosen}"} if chosen else {}
        answer = self.http.request(method, path, json=body, headers=headers, params=params)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def all_of(self, path: str, key: str, **query: str) -> list[dict[str, Any]]:
        """Return every row of a list that comes in parts."""
        rows: list[dict[str, Any]] = []
        while True:
            params = {**query, "limit": str(_PART), "offset": str(len(rows))}
            part = self.ask("GET", path, key=key, params=params)
            rows += part
            if len(part) < _PART:
                return rows

    def door(self) -> smtplib.SMTP:
        """Open a connection for mail."""
        return smtplib.SMTP(*self.smtp, local_hostname="outside.example", timeout=60)


def letter(to: str, subject: str, text: str, sender: str = "shop@outside.example", ident: str = "") -> bytes:
    """Write a mail. `ident` is what stands before the @ of its Message-ID."""
    lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject}"]
    if ident:
        lines.append(f"Message-ID: <{ident}@outside.example>")
    return "\r\n".join([*lines, "", text, ""]).encode()


def signed(token: str, url: str, fields: Mapping[str, str]) -> str:
    """Return `X-Twilio-Signature` for a form."""
    whole = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.digest(token.encode(), whole.encode(), "sha1")).decode()
