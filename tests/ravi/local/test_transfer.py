"""A whole identity out of one provider and into another: nothing is lost, and nothing is taken over."""

import asyncio
import base64
import json
import sqlite3
from typing import Any

import pyrage
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constellagent.ravi import age
from constellagent.ravi.client import RaviClient
from constellagent.ravi.local import leaving
from constellagent.ravi.local.mail.kept import keep
from constellagent.ravi.local.mail.letter import Attached, Letter
from constellagent.ravi.local.office import Office
from constellagent.ravi.wires.transfer import MovedContact
from tests.ravi.local.moved import SERVICE, exported, full, row_id, taken_in, without_moment
from tests.ravi.provided import Provided


async def test_nothing_is_lost(local: Provided, other: Provided) -> None:
    """Out of one provider and into another, all comes along to the last byte, and can be used there."""
    row = await full(local)
    document = await exported(local, row["uuid"])
    counts = {part: len(rows) for part, rows in document.items() if isinstance(rows, list)}
    assert counts == {"passwords": 2, "secrets": 1, "contacts": 5, "texts": 2, "mails": 4}
    arrived = await taken_in(other, document)
    assert {name: arrived[name] for name in ("uuid", "name", "inbox", "phone", "created_dt")} == {
        name: row[name] for name in ("uuid", "name", "inbox", "phone", "created_dt")
    }
    assert without_moment(await exported(other, row["uuid"])) == without_moment(document)
    key = await other.identity_key(row["uuid"])
    (secret,) = (await other.ask("GET", "/api/secrets/?key=API_KEY", key=key)).json()
    assert secret["value"] == "sk-1"
    threads = (await other.ask("GET", "/api/email-inbox/", key=key)).json()
    assert [(thread["message_count"], thread["unread_count"]) for thread in threads] == [(4, 2)]
    conversations = (await other.ask("GET", "/api/sms-inbox/", key=key)).json()
    assert {conversation["from_number"] for conversation in conversations} == {"ACME", "+12025550188"}


async def test_in_an_age_file(local: Provided, other: Provided, client: RaviClient) -> None:
    """As our own client and `age` carry it: what is on the way is locked, and it arrives whole."""
    row = await full(local)
    document = await client.transfer.export(row["uuid"])
    key = pyrage.x25519.Identity.generate()
    sealed = age.encrypt(json.dumps(document).encode(), recipients=[str(key.to_public())])
    assert b"hunter2" not in sealed
    opened = json.loads(age.decrypt(sealed, identity_file=str(key).encode()))
    async with RaviClient(other.url, other.key) as there:
        assert (await there.transfer.take_in(opened)).uuid == row["uuid"]
        renewed = await there.transfer.take_in(opened, as_new=True)
    assert renewed.uuid != row["uuid"]


async def test_only_a_management_key(local: Provided) -> None:
    """An identity's own key exports nothing, not even itself."""
    row = await local.identity()
    key = await local.identity_key(row["uuid"])
    for method, path in (
        ("GET", f"/api/identities/{row['uuid']}/export/"),
        ("POST", "/api/identities/import/"),
    ):
        assert (await local.ask(method, path, key=key)).status_code == 403
        assert (await local.ask(method, path, key="")).status_code == 401
    missing = "/api/identities/11111111-2222-4333-8444-555555555555/export/"
    assert (await local.ask("GET", missing)).status_code == 404


async def test_large_documents(local: Provided, other: Provided) -> None:
    """Far beyond what other routes take, the whole goes out and comes in, and others are served meanwhile."""
    row = await local.identity()
    office, identity = local.provider.office, await row_id(local, row["uuid"])

    def fill(db: sqlite3.Connection) -> None:
        for number in range(45):
            file = Attached("a.bin", "application/octet-stream", number.to_bytes() * (256 << 10))
            letter = Letter(SERVICE, ("x@y.example",), "s", f"<{number}@x>", attachments=(file,))
            keep(office, db, identity, letter, direction="incoming", actor="smtp")

    await office.store.run(fill)
    answer, _ = await asyncio.gather(
        local.ask("GET", f"/api/identities/{row['uuid']}/export/"),
        local.ask("GET", "/api/email/"),
    )
    assert len(answer.content) > 15 << 20
    arrived = await other.ask("POST", "/api/identities/import/", content=answer.content)
    assert arrived.status_code == 201, arrived.text
    assert (await exported(other, row["uuid"]))["mails"] == answer.json()["mails"]


async def test_what_is_too_large_is_refused(local: Provided, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit, which is lowered here, neither side begins what the other could not finish."""
    row = await full(local)
    document = await exported(local, row["uuid"])
    for module in ("leaving", "transfer"):
        monkeypatch.setattr(f"constellagent.ravi.local.{module}.LARGEST", 400)
    answer = await local.ask("GET", f"/api/identities/{row['uuid']}/export/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "identity.too_large")
    answer = await local.ask("POST", "/api/identities/import/", body=document)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request.too_large")


async def test_what_cannot_be_opened_is_said(local: Provided, office: Office) -> None:
    """A damaged mail or secret stops the export with an answer, and the audit hears of it."""
    row = await full(local)
    for table in ("mails", "vault_rows"):
        column = "body" if table == "mails" else "content"
        await office.store.execute(f"UPDATE {table} SET {column} = x'0000'")
        answer = await local.ask("GET", f"/api/identities/{row['uuid']}/export/")
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "vault.damaged")
    lines = (await local.ask("GET", f"/api/audit/?identity={row['uuid']}")).json()
    assert lines[-1]["result"] == "damaged"


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
TIME = "2026-11-22T10:00:00.000Z"


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(texts, texts, texts, st.binary(max_size=50), st.booleans()), max_size=4),
    st.lists(st.tuples(texts, texts), max_size=3),
)
async def test_any_document_comes_back(
    other: Provided, letters: list[tuple[str, str, str, bytes, bool]], vault: list[tuple[str, str]]
) -> None:
    """Whatever was written, what was imported once is exported and imported again without a change."""
    document: dict[str, Any] = {
        "constellagent_identity": 1,
        "identity": {
            "uuid": "11111111-2222-4333-8444-555555555555",
            "name": "Docs",
            "inbox": "docs@constellagent.test",
            "created_dt": TIME,
        },
        "mails": [
            {
                "direction": "incoming" if incoming else "outgoing",
                "is_read": incoming,
                "created_dt": TIME,
                "from_email": sender,
                "subject": subject,
                "text": text,
                "message_id": f"<{number}@x>",
                "attachments": [{"filename": text, "content": base64.b64encode(file).decode()}],
            }
            for number, (sender, subject, text, file, incoming) in enumerate(letters)
        ],
        "passwords": [
            {"domain": "example.org", "username": "u", "password": value, "notes": notes}
            | {"created_dt": TIME, "updated_dt": TIME}
            for value, notes in vault
        ],
    }
    first = await exported(other, (await taken_in(other, document, "?as_new=true"))["uuid"])
    second = await exported(other, (await taken_in(other, first, "?as_new=true"))["uuid"])
    for part in ("mails", "passwords"):
        assert first[part] == second[part]
        assert len(first[part]) == len(document[part])
    assert [mail["text"] for mail in first["mails"]] == [text for _, _, text, _, _ in letters]


def test_the_parts_of_a_contact_are_those_of_the_wire() -> None:
    """What is taken out of a contact is what the document's model knows of one."""
    assert set(leaving._CONTACT) == set(MovedContact.model_fields)
