"""`/api/passwords/` as both generations of clients use it."""

import asyncio
from typing import Any

import pytest

from constellagent.ravi.local.office import Office
from constellagent.ravi.local.vault import passwords
from tests.ravi.local.test_sdk import sdk
from tests.ravi.local.vault.stocked import Stocked, told
from tests.ravi.provided import Provided

CLI_BODY = {
    "uuid": "",
    "domain": "",
    "username": "",
    "password": "",
    "notes": "",
    "created_dt": "",
    "updated_dt": "",
}


async def create(local: Provided, key: str, **body: object) -> dict[str, Any]:
    """Create a login and return its row."""
    answer = await local.ask("POST", "/api/passwords/", key=key, body=body)
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()
    return row


async def test_a_login_has_the_shape_that_clients_need(local: Provided, docs: dict[str, Any]) -> None:
    """All fields are there and none is null; the identity is a number."""
    row = await create(
        local, docs["key"], domain="https://app.example.com/x", username="me", password="hunter2", notes="n"
    )
    assert row == {
        "uuid": row["uuid"],
        "identity": 1,
        "domain": "example.com",
        "username": "me",
        "password": "hunter2",
        "notes": "n",
        "created_dt": row["created_dt"],
        "updated_dt": row["created_dt"],
    }
    shown = await local.ask("GET", f"/api/passwords/{row['uuid']}/", key=docs["key"])
    assert shown.json() == row
    assert (await local.ask("GET", "/api/passwords/", key=docs["key"])).json() == [row]


@pytest.mark.parametrize("rest", [{}, CLI_BODY, {"username": None, "password": None, "notes": None}])
async def test_what_is_absent_empty_or_null_is_filled_in(
    local: Provided, docs: dict[str, Any], rest: dict[str, object]
) -> None:
    """No user name means the identity's address, no password one that is made up; ids and times are ours."""
    first = await create(local, docs["key"], **{**rest, "domain": "a.example"})
    second = await create(local, docs["key"], **{**rest, "domain": "a.example"})
    assert first["username"] == docs["inbox"]
    assert len(first["password"]) == 16
    assert first["password"] != second["password"]
    assert first["uuid"] != second["uuid"] != ""
    assert first["notes"] == ""
    assert first["created_dt"].endswith("Z")


async def test_a_list_is_in_the_order_of_creation(local: Provided, pair: tuple[Stocked, Stocked]) -> None:
    """Oldest first, with passwords, also after one was changed and another removed."""
    mine, _ = pair
    await local.ask("PATCH", mine.path("passwords", 0), key=mine.key, body={"notes": "later"})
    await local.ask("DELETE", mine.path("passwords", 2), key=mine.key)
    listed = (await local.ask("GET", "/api/passwords/", key=mine.key)).json()
    assert [row["password"] for row in listed] == ["first-0", "first-1", "first-3", "first-4"]


async def test_a_change_keeps_what_is_not_given(local: Provided, docs: dict[str, Any]) -> None:
    """Absent and null leave a field; an empty text empties it, or means the identity's address."""
    row = await create(local, docs["key"], domain="a.example", username="me", password="p", notes="n")
    path = f"/api/passwords/{row['uuid']}/"
    for body, changed in (
        ({"password": "q"}, {"password": "q"}),
        ({"notes": "", "username": None}, {"notes": ""}),
        ({"domain": "https://www.b.example/login"}, {"domain": "b.example"}),
        ({"username": ""}, {"username": docs["inbox"]}),
        ({}, {}),
    ):
        answer = await local.ask("PATCH", path, key=docs["key"], body=body)
        row |= changed
        assert answer.status_code == 200, answer.text
        assert {**answer.json(), "updated_dt": ""} == {**row, "updated_dt": ""}
        assert (await local.ask("GET", path, key=docs["key"])).json() == answer.json()


async def test_a_password_is_never_emptied(local: Provided, docs: dict[str, Any]) -> None:
    """An empty password in a change is refused, since a made up one would lose the one in use."""
    row = await create(local, docs["key"], domain="a.example", password="p")
    path = f"/api/passwords/{row['uuid']}/"
    answer = await local.ask("PATCH", path, key=docs["key"], body={"password": ""})
    assert answer.status_code == 422
    assert "generate-password" in answer.json()["detail"]
    assert (await local.ask("GET", path, key=docs["key"])).json()["password"] == "p"


async def test_a_removed_login_is_gone(local: Provided, docs: dict[str, Any]) -> None:
    """204 once, 404 in the service's own words from then on."""
    row = await create(local, docs["key"], domain="a.example")
    path = f"/api/passwords/{row['uuid']}/"
    removed = await local.ask("DELETE", path, key=docs["key"])
    assert (removed.status_code, removed.content) == (204, b"")
    for method in ("GET", "PATCH", "DELETE"):
        answer = await local.ask(method, path, key=docs["key"], body={} if method == "PATCH" else None)
        assert answer.status_code == 404
        assert answer.json()["detail"] == "No PasswordEntry matches the given query."


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "domain"),
        ({"domain": ""}, "domain"),
        ({"domain": "no host"}, "domain"),
        ({"domain": 7}, "domain"),
        ({"domain": "a.example", "username": "two\nlines"}, "username"),
        ({"domain": "a.example", "username": "x" * 256}, "username"),
        ({"domain": "a.example", "password": "ä" * 32_769}, "password"),
        ({"domain": "a.example", "password": 7}, "password"),
        ({"domain": "a.example", "notes": "x" * 4097}, "notes"),
    ],
)
async def test_what_cannot_be_stored_is_refused(
    local: Provided, docs: dict[str, Any], body: dict[str, object], field: str
) -> None:
    """A 422 names the field, and nothing is stored."""
    answer = await local.ask("POST", "/api/passwords/", key=docs["key"], body=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["details"]["field"] == field
    assert (await local.ask("GET", "/api/passwords/", key=docs["key"])).json() == []


async def test_the_largest_values_are_kept(local: Provided, docs: dict[str, Any]) -> None:
    """64 KiB of password and 4 KiB of notes come back as they went in."""
    row = await create(local, docs["key"], domain="a.example", password="ä" * 32_768, notes="x" * 4096)
    shown = await local.ask("GET", f"/api/passwords/{row['uuid']}/", key=docs["key"])
    assert shown.json()["password"] == "ä" * 32_768
    assert shown.json()["notes"] == "x" * 4096


async def test_a_password_is_generated_by_the_flags(local: Provided, docs: dict[str, Any]) -> None:
    """The flags that the CLI sends are obeyed, and nothing is stored."""
    path = "/api/passwords/generate-password/?length=40&special=false&digits=false&exclude_chars=ab"
    made = (await local.ask("GET", path, key=docs["key"])).json()["password"]
    assert len(made) == 40
    assert made.isalpha()
    assert not set(made) & set("ab")
    assert (await local.ask("GET", f"{path}&length=3", key=docs["key"])).status_code == 200
    answer = await local.ask("GET", "/api/passwords/generate-password/?length=3", key=docs["key"])
    assert answer.status_code == 422
    assert (await local.ask("GET", "/api/passwords/", key=docs["key"])).json() == []
    assert (await local.ask("GET", "/api/passwords/generate-password/", key="")).status_code == 401


async def test_the_public_client_uses_every_verb(local: Provided, docs: dict[str, Any]) -> None:
    """The SDK, unmodified: create, list, get, update, delete, generate."""

    def use() -> None:
        with sdk(local, docs["key"]) as ravi:
            vault = ravi.me.vault.passwords
            made = vault.create(domain="app.example.com")
            assert (made.domain, made.username, made.identity) == ("example.com", docs["inbox"], 1)
            assert len(made.password) == 16
            changed = vault.update(made.uuid, password="new", notes="n")
            assert (changed.password, changed.notes) == ("new", "n")
            assert changed.updated_dt >= made.updated_dt
            assert vault.get(made.uuid) == changed
            assert vault.list() == [changed]
            assert len(vault.generate()["password"]) == 16
            vault.delete(made.uuid)
            assert vault.list() == []

    await asyncio.to_thread(use)


async def test_a_login_can_be_kept_with_its_times(
    local: Provided, office: Office, docs: dict[str, Any]
) -> None:
    """What comes from elsewhere keeps the times it has, and is audited like any other."""
    content = {"domain": "a.example", "password": "p", "created_dt": "2020-01-01T00:00:00Z"}
    await office.store.run(lambda db: passwords.keep(office, db, 1, "import", content))
    row = (await local.ask("GET", "/api/passwords/", key=docs["key"])).json()[0]
    assert (row["created_dt"], row["username"], row["notes"]) == ("2020-01-01T00:00:00Z", "", "")
    lines = await told(office, docs["uuid"])
    assert (lines[0].actor, lines[0].action) == ("import", "passwords.create")
