"""An identity that comes in: all of it or nothing, quietly, and never over another."""

import pytest

from tests.ravi.local.moved import exported, full, keep_mails, taken_in
from tests.ravi.provided import Provided


async def test_it_arrives_quietly_and_is_told_of(local: Provided, other: Provided) -> None:
    """No event, no webhook; the audit tells of the import and of each row, and verifies with the vault."""
    row = await full(local)
    hook = {"url": "http://127.0.0.1:9/hook", "event_types": []}
    assert (await other.ask("POST", "/api/webhook-subscriptions/", body=hook)).status_code == 201
    await taken_in(other, await exported(local, row["uuid"]))
    assert (await other.ask("GET", "/api/events/")).json()["events"] == []
    assert (await other.ask("GET", "/api/webhook-deliveries/")).json() == []
    lines = (await other.ask("GET", f"/api/audit/?identity={row['uuid']}")).json()
    assert lines[0]["action"] == "identity.imported"
    assert row["uuid"] in lines[0]["about"]
    assert {line["actor"] for line in lines[1:]} == {"import"}
    for provider in (local, other):
        found = (await provider.ask("GET", "/api/audit/verify/")).json()
        assert found["ok"], found
    last = (await local.ask("GET", f"/api/audit/?identity={row['uuid']}&limit=1")).json()[0]
    assert last["action"] == "identity.exported"
    assert "1 secrets" in last["about"]
    assert "4 mails" in last["about"]


async def test_beside_itself_as_new(local: Provided) -> None:
    """As new it gets another uuid, address and number, and keeps all that it had."""
    row = await full(local)
    document = await exported(local, row["uuid"])
    copy = await taken_in(local, document, "?as_new=true")
    for name in ("uuid", "inbox", "phone"):
        assert copy[name]
        assert copy[name] != row[name]
    assert copy["name"] == row["name"]
    again = await exported(local, copy["uuid"])
    for part in ("passwords", "secrets", "contacts", "mails", "texts"):
        assert again[part] == document[part]
    assert (await local.ask("GET", "/api/audit/verify/")).json()["ok"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "identity.exists"),
        ({"uuid": "11111111-2222-4333-8444-555555555555"}, "identity.address_taken"),
        (
            {"uuid": "11111111-2222-4333-8444-555555555555", "inbox": "other@constellagent.test"},
            "identity.phone_taken",
        ),
    ],
)
async def test_what_is_taken_is_a_conflict(local: Provided, change: dict[str, str], code: str) -> None:
    """Another's uuid, address or number is never taken over, and the answer says what to do."""
    row = await full(local)
    document = await exported(local, row["uuid"])
    document["identity"] |= change
    answer = await local.ask("POST", "/api/identities/import/", body=document)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, code)
    assert "as_new=true" in answer.json()["detail"]
    assert len((await local.ask("GET", "/api/identities/")).json()) == 1


async def test_what_was_deleted_stays_deleted(local: Provided) -> None:
    """The uuid and address of a deleted identity are not given again; as new it may come back."""
    row = await full(local)
    document = await exported(local, row["uuid"])
    await local.ask("POST", f"/api/identities/{row['uuid']}/archive/")
    assert (await exported(local, row["uuid"]))["identity"]["archived"]
    assert (await local.ask("DELETE", f"/api/identities/{row['uuid']}/")).status_code == 204
    assert (await local.ask("GET", f"/api/identities/{row['uuid']}/export/")).status_code == 404
    answer = await local.ask("POST", "/api/identities/import/", body=document)
    assert answer.status_code == 409
    assert "was deleted" in answer.json()["detail"]
    await taken_in(local, document, "?as_new=true")


async def test_numbers_that_came_along_are_not_given_twice(local: Provided, other: Provided) -> None:
    """After an import, a new identity gets a number that nobody has."""
    await local.identity(provision_phone=True)
    second = await local.identity(provision_phone=True)
    await taken_in(other, await exported(local, second["uuid"]))
    numbers = [(await other.identity(provision_phone=True))["phone"] for _ in range(3)]
    assert len({second["phone"], *numbers}) == 4


async def test_an_import_that_fails_leaves_nothing(local: Provided, other: Provided) -> None:
    """Two secrets of one name at the end of the document: nothing before it was kept either."""
    row = await full(local)
    document = await exported(local, row["uuid"])
    document["secrets"] += document["secrets"]
    answer = await other.ask("POST", "/api/identities/import/", body=document)
    assert answer.status_code == 422
    assert (await other.ask("GET", "/api/identities/?archived=true")).json() == []
    for table in ("mails", "texts", "contacts", "vault_rows", "data_keys"):
        rows = await other.provider.office.store.rows(f"SELECT count(*) FROM {table}")
        assert rows[0][0] == 0
    document["secrets"].pop()
    await taken_in(other, document)


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"constellagent_identity": 2}, 422, "constellagent_identity"),
        ({"identity": None}, 422, "identity"),
        ({"mails": [{}]}, 422, "mails.0.direction"),
        ({"secrets": [{"key": "1", "value": "", "created_dt": "", "updated_dt": ""}]}, 422, "secrets.0.key"),
        ({"passwords": {}}, 422, "passwords"),
    ],
)
async def test_a_document_that_is_wrong(
    local: Provided, change: dict[str, object], status: int, field: str
) -> None:
    """What is no export is refused with the place in it."""
    document = await exported(local, (await local.identity())["uuid"])
    answer = await local.ask("POST", "/api/identities/import/?as_new=true", body={**document, **change})
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["details"]["field"] == field


@pytest.mark.parametrize(
    "time", ["yesterday", "2026-11-22T10:00:00", "2026-99-99T00:00:00Z", "0001-01-01T00:00:00+14:00", ""]
)
async def test_a_time_that_is_none(local: Provided, time: str) -> None:
    """A time must have a zone and be one."""
    document = await exported(local, (await local.identity())["uuid"])
    document["identity"]["created_dt"] = time
    assert (await local.ask("POST", "/api/identities/import/?as_new=true", body=document)).status_code == 422


async def test_a_time_to_come_is_now(local: Provided) -> None:
    """Mail from the year 9999 would put every later one out of order."""
    row = await full(local)
    document = await exported(local, row["uuid"])
    for mail in document["mails"]:
        mail["created_dt"] = "9999-12-31T23:59:59.999Z"
    copy = await taken_in(local, document, "?as_new=true")
    await keep_mails(local, copy["uuid"], 1)
    assert max(mail["created_dt"] for mail in (await exported(local, copy["uuid"]))["mails"]) < "9"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": "\\ud800"}', b"[" * 100_000, b"\xff\xfe"])
async def test_bytes_that_are_no_document(local: Provided, content: bytes) -> None:
    """Any bytes are refused in words."""
    answer = await local.ask("POST", "/api/identities/import/", content=content)
    assert answer.status_code in {400, 422}
    assert answer.json()["detail"]
