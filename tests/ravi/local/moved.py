"""Identities that leave one provider and arrive at another."""

import sqlite3
from typing import Any

from constellagent.ravi.local.mail.kept import keep
from constellagent.ravi.local.mail.letter import Attached, Letter
from tests.ravi.provided import Provided

SERVICE = "noreply@acme.example"


async def exported(local: Provided, uuid: str) -> dict[str, Any]:
    """Export an identity."""
    answer = await local.ask("GET", f"/api/identities/{uuid.upper()}/export/")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def taken_in(local: Provided, document: dict[str, Any], query: str = "") -> dict[str, Any]:
    """Import a document."""
    answer = await local.ask("POST", f"/api/identities/import/{query}", body=document)
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()
    return row


async def row_id(local: Provided, uuid: str) -> int:
    """Return the row id of an identity."""
    return await local.provider.office.store.run(
        lambda db: int(db.execute("SELECT id FROM identities WHERE uuid = ?", (uuid,)).fetchone()[0])
    )


async def keep_mails(local: Provided, uuid: str, count: int = 3) -> None:
    """Let an identity have a thread: mails that came, with files, and its answer."""
    office, identity = local.provider.office, await row_id(local, uuid)

    def fill(db: sqlite3.Connection) -> None:
        for number in range(count):
            letter = Letter(
                from_email=SERVICE,
                from_name="Acme \N{SNOWMAN}",
                to=("docs@constellagent.test",),
                cc=("cc@acme.example",),
                subject=f"Your code {number}",
                message_id=f"<{number}@acme.example>",
                references=("<0@acme.example>",) if number else (),
                text=f"It is 12345{number}.",
                html="<p>It is</p>",
                attachments=(Attached("a.bin", "application/x-a", bytes(range(256)), True, "cid"),),
                automatic=True,
                hops=2,
            )
            keep(office, db, identity, letter, direction="incoming", actor="smtp")
        answer = Letter(SERVICE, ("x@y.example",), "Re: Your code", "<r@x>", in_reply_to="<0@acme.example>")
        keep(office, db, identity, answer, direction="outgoing", actor="a test")

    await office.store.run(fill)


async def full(local: Provided, **identity: object) -> dict[str, Any]:
    """Create an identity that has some of everything."""
    row = await local.identity(**{"name": "Docs", "provision_phone": True, **identity})
    where = f"?identity={row['uuid']}"
    for path, body in (
        ("passwords", {"domain": "github.com", "username": "docs", "password": "hunter2", "notes": "n"}),
        ("passwords", {"domain": "example.org"}),
        ("secrets", {"key": "API_KEY", "value": "sk-1", "notes": "two\nlines"}),
        ("contacts", {"email": "a@b.example", "display_name": "Ann", "is_trusted": True}),
    ):
        answer = await local.ask("POST", f"/api/{path}/{where}", body=body)
        assert answer.status_code == 201, answer.text
    form = {"from": "ACME", "to": row["phone"], "body": "Your code is 123 456 \N{SNOWMAN}", "id": "SM1"}
    assert (await local.ask("POST", "/gateway/sms/", key="", body=form)).status_code == 202
    sent = {"to_number": "+12025550188", "body": "hello"}
    assert (await local.ask("POST", f"/api/messages/send/{where}", body=sent)).status_code == 201
    await keep_mails(local, row["uuid"])
    (first, *_) = (await local.ask("GET", f"/api/email-messages/{where}")).json()
    await local.ask("PATCH", f"/api/email-messages/{first['id']}/{where}", body={"is_read": True})
    return row


def without_moment(document: dict[str, Any]) -> dict[str, Any]:
    """Return what must be the same in two exports."""
    who = {name: value for name, value in document["identity"].items() if name != "updated_dt"}
    return {**{name: part for name, part in document.items() if name != "exported_dt"}, "identity": who}
