"""`/api/secrets/` as both generations of clients use it."""

import asyncio
from typing import Any

import pytest
from ravi.errors import NotFoundError, ValidationError

from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.vault import secrets
from tests.ravi.local.test_sdk import sdk
from tests.ravi.provided import Provided


async def test_a_secret_has_the_shape_that_clients_need(local: Provided, docs: dict[str, Any]) -> None:
    """All fields are there, none is null, and the name is in capitals."""
    body = {"uuid": "", "key": "openai_Key", "value": "sk-1", "notes": "", "created_dt": "", "updated_dt": ""}
    answer = await local.ask("POST", "/api/secrets/", key=docs["key"], body=body)
    row = answer.json()
    assert answer.status_code == 201
    assert row == {
        "uuid": row["uuid"],
        "identity": 1,
        "key": "OPENAI_KEY",
        "value": "sk-1",
        "notes": "",
        "created_dt": row["created_dt"],
        "updated_dt": row["created_dt"],
    }
    assert (await local.ask("GET", f"/api/secrets/{row['uuid']}/", key=docs["key"])).json() == row
    assert (await local.ask("GET", "/api/secrets/", key=docs["key"])).json() == [row]


async def test_a_secret_is_found_by_its_name(local: Provided, docs: dict[str, Any]) -> None:
    """The filter is in capitals too, so `set` twice is an update; what no name can be finds nothing."""
    await local.ask("POST", "/api/secrets/", key=docs["key"], body={"key": "ONE", "value": "1"})
    await local.ask("POST", "/api/secrets/", key=docs["key"], body={"key": "TWO", "value": "2"})

    async def found(key: str) -> list[str]:
        rows = (await local.ask("GET", f"/api/secrets/?key={key}", key=docs["key"])).json()
        return [row["value"] for row in rows]

    assert await found("two") == ["2"]
    assert await found("ONE") == ["1"]
    for nothing in ("THREE", "", "1X", "T%57O%20", "%C4%B1", "a-b"):
        assert await found(nothing) == []


async def test_the_clis_set_is_an_upsert(local: Provided, docs: dict[str, Any]) -> None:
    """Look, create, look again, change: as `ravi secrets set` does."""
    path = "/api/secrets/?key=api_key"
    assert (await local.ask("GET", path, key=docs["key"])).json() == []
    await local.ask("POST", "/api/secrets/", key=docs["key"], body={"key": "api_key", "value": "old"})
    (row,) = (await local.ask("GET", path, key=docs["key"])).json()
    await local.ask("PATCH", f"/api/secrets/{row['uuid']}/", key=docs["key"], body={"value": "new"})
    (row,) = (await local.ask("GET", path, key=docs["key"])).json()
    assert row["value"] == "new"


async def test_a_name_occurs_once_in_a_vault(local: Provided, docs: dict[str, Any]) -> None:
    """A second one, by creation or by renaming, is a 422; another identity has its own."""
    key = docs["key"]
    await local.ask("POST", "/api/secrets/", key=key, body={"key": "ONE"})
    two = (await local.ask("POST", "/api/secrets/", key=key, body={"key": "TWO"})).json()
    again = await local.ask("POST", "/api/secrets/", key=key, body={"key": "one"})
    renamed = await local.ask("PATCH", f"/api/secrets/{two['uuid']}/", key=key, body={"key": "One"})
    for answer in (again, renamed):
        assert answer.status_code == 422
        assert answer.json()["error"]["details"] == {"field": "key", "code": "unique"}
    other = await local.identity_key((await local.identity())["uuid"])
    assert (await local.ask("POST", "/api/secrets/", key=other, body={"key": "ONE"})).status_code == 201
    assert len((await local.ask("GET", "/api/secrets/", key=key)).json()) == 2


async def test_a_renamed_secret_is_found_by_its_new_name(local: Provided, docs: dict[str, Any]) -> None:
    """The old name is free, and the same name again is no conflict with itself."""
    key = docs["key"]
    row = (await local.ask("POST", "/api/secrets/", key=key, body={"key": "OLD", "value": "v"})).json()
    path = f"/api/secrets/{row['uuid']}/"
    assert (await local.ask("PATCH", path, key=key, body={"key": "old", "notes": "n"})).status_code == 200
    assert (await local.ask("PATCH", path, key=key, body={"key": "new"})).json()["key"] == "NEW"
    assert (await local.ask("GET", "/api/secrets/?key=old", key=key)).json() == []
    (found,) = (await local.ask("GET", "/api/secrets/?key=new", key=key)).json()
    assert (found["value"], found["notes"]) == ("v", "n")


async def test_racing_creators_of_one_name(local: Provided, docs: dict[str, Any]) -> None:
    """Of ten at once exactly one creates the secret."""
    answers = await asyncio.gather(
        *(
            local.ask("POST", "/api/secrets/", key=docs["key"], body={"key": "ONE", "value": str(n)})
            for n in range(10)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 9
    assert len((await local.ask("GET", "/api/secrets/", key=docs["key"])).json()) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"value": "v"}, "key"),
        ({"key": ""}, "key"),
        ({"key": "1X"}, "key"),
        ({"key": "_X"}, "key"),
        ({"key": "A-B"}, "key"),
        ({"key": "STRAßE"}, "key"),
        ({"key": "A\n"}, "key"),
        ({"key": "A" * 256}, "key"),
        ({"key": "A", "value": "x" * 65_537}, "value"),
        ({"key": "A", "value": 1}, "value"),
        ({"key": "A", "notes": "ä" * 2049}, "notes"),
    ],
)
async def test_what_cannot_be_stored_is_refused(
    local: Provided, docs: dict[str, Any], body: dict[str, object], field: str
) -> None:
    """A 422 names the field, and nothing is stored."""
    answer = await local.ask("POST", "/api/secrets/", key=docs["key"], body=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["details"]["field"] == field
    assert (await local.ask("GET", "/api/secrets/", key=docs["key"])).json() == []


async def test_a_removed_secret_is_gone(local: Provided, docs: dict[str, Any]) -> None:
    """204 once, then 404 in the service's own words; its name is free again."""
    key = docs["key"]
    row = (await local.ask("POST", "/api/secrets/", key=key, body={"key": "ONE"})).json()
    path = f"/api/secrets/{row['uuid']}/"
    assert (await local.ask("DELETE", path, key=key)).status_code == 204
    answer = await local.ask("GET", path, key=key)
    assert answer.json()["detail"] == "No SecretEntry matches the given query."
    assert (await local.ask("POST", "/api/secrets/", key=key, body={"key": "ONE"})).status_code == 201


async def test_a_kept_secret_needs_a_free_name(local: Provided, office: Office, docs: dict[str, Any]) -> None:
    """What comes from elsewhere obeys the same rule."""
    content = {"key": "ONE", "value": "v"}
    await office.store.run(lambda db: secrets.keep(office, db, 1, "import", content))
    with pytest.raises(ApiError, match="already"):
        await office.store.run(lambda db: secrets.keep(office, db, 1, "import", content))
    (row,) = (await local.ask("GET", "/api/secrets/?key=one", key=docs["key"])).json()
    assert row["value"] == "v"


async def test_the_public_client_uses_every_verb(local: Provided, docs: dict[str, Any]) -> None:
    """The SDK, unmodified: create, list, get, update, delete, and its error classes."""

    def use() -> None:
        with sdk(local, docs["key"]) as ravi:
            vault = ravi.me.vault.secrets
            made = vault.create(key="api_key", value="v", notes="n")
            assert (made.key, made.value, made.notes, made.identity) == ("API_KEY", "v", "n", 1)
            with pytest.raises(ValidationError):
                vault.create(key="API_KEY")
            changed = vault.update(made.uuid, value="w")
            assert vault.get(made.uuid) == changed
            assert vault.list() == [changed]
            vault.delete(made.uuid)
            with pytest.raises(NotFoundError):
                vault.get(made.uuid)

    await asyncio.to_thread(use)
