"""Identities that own one of everything, each private word of it a canary that betrays a leak."""

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from constellagent.ravi.local.mail.letter import Attached
from tests.ravi.local.events.receiver import Receiver
from tests.ravi.local.mail.letters import Owner, letter
from tests.ravi.provided import Provided

UNSTEADY = {"audit_heads", "audit_register", "traffic"}
"""Tables that a refused request may change: what tells of it."""


@dataclass(slots=True)
class Tenant:
    """One identity and what it owns.

    Attributes:
        row: the identity.
        key: its key, whose label is in the audit as who acted.
        names: for each placeholder of a path the names under which its thing can be asked for.
        canaries: what nobody else may get to see.
        written_only: those of them that no answer after the first shows to anybody.
    """

    local: Provided
    row: dict[str, Any]
    key: str
    label: str
    names: dict[str, list[str]] = field(default_factory=dict)
    canaries: set[str] = field(default_factory=set)
    written_only: set[str] = field(default_factory=set)

    @property
    def uuid(self) -> str:
        """Its uuid."""
        return str(self.row["uuid"])

    def canary(self, kind: str) -> str:
        """Return a word that occurs nowhere else, the same in every run."""
        digest = hashlib.sha256(f"{self.label} {kind}".encode()).hexdigest()[:20]
        self.canaries.add(digest)
        return digest

    def keep_to_itself(self, word: str) -> None:
        """Add a canary that is shown once, when it is made, or not at all."""
        self.canaries.add(word)
        self.written_only.add(word)

    async def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a request with the identity's key."""
        return await self.local.ask(method, path, key=self.key, body=body, headers=headers)

    async def make(self, path: str, body: object) -> dict[str, Any]:
        """Create something."""
        answer = await self.ask("POST", path, body)
        assert answer.status_code == 201, (path, answer.text)
        row: dict[str, Any] = answer.json()
        return row

    async def rows(self, path: str) -> Any:
        """Return what a path answers."""
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    async def refusals(self) -> list[tuple[str, str]]:
        """Return actor and subject of every line of its audit that tells of a refusal."""
        office = self.local.provider.office
        lines = await office.store.run(lambda db: office.audit.read(db, self.uuid))
        return [(line.actor, line.action) for line in lines if line.result == "refused"]


async def tenants(local: Provided, receiver: Receiver, count: int) -> list[Tenant]:
    """Create identities that own one of everything."""
    made = []
    for number in range(count):
        label = f"tenant-{number}"
        row = await local.identity(name=f"Tenant {number}", email_identifier=label, provision_phone=True)
        minted = await local.ask(
            "POST", "/api/auth/keys/identity/", body={"label": label, "identity_uuid": row["uuid"]}
        )
        tenant = Tenant(local, row, minted.json()["key"], label)
        tenant.canaries |= {tenant.uuid, row["inbox"], row["phone"]}
        tenant.keep_to_itself(tenant.key)
        tenant.names |= {"uuid": [tenant.uuid], "key": [minted.json()["uuid"]], "call": ["7"]}
        await _vault(tenant)
        await _people(tenant, receiver)
        await _mail(tenant)
        await _texts(tenant)
        made.append(tenant)
    for tenant in made:
        await _posted(tenant)
    return made


async def state(local: Provided) -> str:
    """Return all that is stored, apart from what any request may change."""

    def dump(db: sqlite3.Connection) -> list[object]:
        found: list[object] = []
        for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            if table not in UNSTEADY:
                rows = [dict(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]
                # When a key was last used changes whoever uses it for what.
                found += [[table, {**row, "last_used_dt": None}] for row in rows]
        return found

    return json.dumps(await local.provider.office.store.run(dump), default=repr)


async def _vault(who: Tenant) -> None:
    password = await who.make(
        "/api/passwords/",
        {
            "domain": f"{who.canary('site')}.example",
            "username": who.canary("username"),
            "password": who.canary("password"),
            "notes": who.canary("notes"),
        },
    )
    name = f"K{who.label}_NAME".replace("-", "_").upper()  # names of secrets are kept in capitals
    who.canaries.add(name)
    secret = await who.make(
        "/api/secrets/", {"key": name, "value": who.canary("value"), "notes": who.canary("more")}
    )
    who.names |= {"password": [password["uuid"]], "secret": [secret["uuid"]], "secret name": [name]}
    token = await who.make("/api/sso/token/", {})
    who.keep_to_itself(token["token"])


async def _people(who: Tenant, receiver: Receiver) -> None:
    contact = await who.make(
        "/api/contacts/",
        {"email": f"{who.canary('friend')}@x.example", "display_name": who.canary("display")},
    )
    hook = await who.make("/api/webhook-subscriptions/", {"url": f"{receiver.url}?t={who.canary('hook')}"})
    who.keep_to_itself(hook["signing_secret"])
    who.names |= {
        "contact": [contact["uuid"]],
        "contact email": [contact["email"]],
        "hook": [str(hook["id"]), hook["uuid"]],
    }


async def _mail(who: Tenant) -> None:
    (mailbox,) = await who.rows("/api/email/")
    file = Attached(f"{who.canary('file')}.txt", "text/plain", who.canary("content").encode())
    owner = Owner(who.local, mailbox["id"], who.row, who.key)
    message_id = f"<{who.canary('message id')}@acme.example>"
    await owner.take(
        letter(
            subject=who.canary("subject"),
            text=who.canary("text"),
            html=f"<p>{who.canary('html')}</p>",
            from_email=f"{who.canary('sender')}@acme.example",
            message_id=message_id,
            attachments=(file,),
        )
    )
    await who.make(
        "/api/email-messages/compose/",
        {"to_email": f"{who.canary('recipient')}@x.example", "subject": who.canary("sent"), "content": "-"},
    )
    announced = await who.make(
        "/api/email-attachments/presign/", {"filename": who.canary("upload"), "size": 1}
    )
    who.keep_to_itself(announced["upload_url"])
    who.keep_to_itself(who.canary("upload"))
    (mail,) = await who.rows("/api/email-messages/?direction=incoming")
    who.names |= {
        "mailbox": [str(mailbox["id"])],
        "mail": [str(mail["id"]), "%3C" + message_id[1:-1] + "%3E"],
        "thread": [mail["thread_id"]],
        "file": [mail["attachments"][0]["uuid"]],
        "upload": [announced["uuid"]],
        "held": [str(row["id"]) for row in await who.rows("/api/outbox/")],
    }


async def _texts(who: Tenant) -> None:
    (phone,) = await who.rows("/api/phone/")
    sender = f"S{who.canary('short code')}"
    answer = await who.local.ask(
        "POST",
        "/gateway/sms/",
        key="",
        body={"from": sender, "to": who.row["phone"], "body": who.canary("sms")},
    )
    assert answer.status_code == 202, answer.text
    await who.make("/api/messages/send/", {"to_number": "+442079460000", "body": who.canary("sms sent")})
    (text,) = [row for row in await who.rows("/api/messages/") if row["direction"] == "incoming"]
    who.names |= {"text": [str(text["id"])], "conversation": [f"{phone['id']}_{sender}"]}


async def _posted(who: Tenant) -> None:
    """Wait for what is still to be posted: it would change rows beside the requests that a test sends."""
    log: list[dict[str, Any]] = []
    async with asyncio.timeout(20):
        while not log or {row["status"] for row in log} != {"delivered"}:
            log = await who.rows("/api/webhook-deliveries/")
    who.names["delivery"] = [name for row in log[:1] for name in (str(row["id"]), row["uuid"])]
