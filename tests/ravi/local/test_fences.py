"""Who may reach what: every route with every kind of key."""

from itertools import product
from typing import Any

import pytest

from tests.ravi.provided import Provided

ROUTES = [
    ("GET", "/api/identities/"),
    ("POST", "/api/identities/"),
    ("GET", "/api/identities/{uuid}/"),
    ("PATCH", "/api/identities/{uuid}/"),
    ("POST", "/api/identities/{uuid}/provision-phone/"),
    ("POST", "/api/identities/{uuid}/archive/"),
    ("POST", "/api/identities/{uuid}/restore/"),
    ("GET", "/api/auth/keys/management/"),
    ("POST", "/api/auth/keys/management/"),
    ("DELETE", "/api/auth/keys/management/{uuid}/"),
    ("GET", "/api/auth/keys/identity/"),
    ("POST", "/api/auth/keys/identity/"),
    ("DELETE", "/api/auth/keys/identity/{uuid}/"),
    ("GET", "/api/email/"),
    ("GET", "/api/phone/"),
    ("GET", "/api/master/"),
    ("GET", "/api/domains/"),
]
WITHOUT_KEY = {("POST", "/api/auth/device/"), ("POST", "/api/auth/device/token/")}
FOR_IDENTITIES = {
    "/api/identities/",
    "/api/identities/{uuid}/",
    "/api/email/",
    "/api/phone/",
    "/api/master/",
    "/api/domains/",
}


def test_the_table_is_complete(local_routes: set[tuple[str, str]]) -> None:
    """A route that is added without a row here fails this test."""
    assert local_routes == set(ROUTES) | WITHOUT_KEY


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_no_route_works_without_a_valid_key(local: Provided, method: str, path: str) -> None:
    """No key, a wrong one, a revoked one, another scheme and odd bytes are all 401."""
    row = await local.identity()
    place = path.format(uuid=row["uuid"])
    for header in ("", "Bearer", "Bearer nonsense", f"Basic {local.key}", f"Bearer {local.key}x"):
        answer = await local.ask(
            method, place, key="", body={}, headers={"Authorization": header} if header else {}
        )
        assert answer.status_code == 401, (header, answer.text)
        assert answer.json()["error"]["code"] == "auth.unauthenticated"
        assert answer.json()["detail"]
    assert len((await local.ask("GET", "/api/identities/")).json()) == 1


async def test_odd_bytes_in_the_key_are_401(local: Provided) -> None:
    """Bytes that are no text are just another wrong key."""
    answer = await local.ask("GET", "/api/email/", key="", headers={b"Authorization": b"Bearer \xff\xfe"})  # type: ignore[dict-item] # raw bytes on purpose
    assert answer.status_code == 401


@pytest.mark.parametrize("count", [3, pytest.param(10, marks=pytest.mark.long)])
async def test_an_identitys_key_stays_behind_its_fence(local: Provided, count: int) -> None:
    """Every key on every identity and route: own things by reading only, everything else is 403."""
    rows = [await local.identity(provision_phone=True) for _ in range(count)]
    keys = [await local.identity_key(row["uuid"]) for row in rows]
    for (method, path), (mine, key), row in product(ROUTES, zip(rows, keys, strict=True), rows):
        place = path.format(uuid=row["uuid"])
        allowed = method == "GET" and path in FOR_IDENTITIES and row is mine
        forms = (
            (f"{place}?identity={row['uuid']}", place)
            if "{uuid}" in path
            else (f"{place}?identity={row['uuid']}",)
        )
        for form in forms:
            answer = await local.ask(method, form, key=key, body={} if method != "GET" else None)
            assert answer.status_code == (200 if allowed else 403), (method, form, answer.text)
    assert len((await local.ask("GET", "/api/identities/")).json()) == count


async def test_an_identitys_key_needs_no_parameter(local: Provided) -> None:
    """Without a parameter the key's own identity is meant, also by the older header."""
    mine, other = await local.identity(provision_phone=True), await local.identity(provision_phone=True)
    key = await local.identity_key(mine["uuid"])
    assert emails(await local.ask("GET", "/api/email/", key=key)) == [mine["inbox"]]
    assert (await local.ask("GET", "/api/phone/", key=key)).json()[0]["phone_number"] == mine["phone"]
    assert [r["uuid"] for r in (await local.ask("GET", "/api/identities/", key=key)).json()] == [mine["uuid"]]
    header = {"X-Ravi-Identity": mine["uuid"]}
    assert emails(await local.ask("GET", "/api/email/", key=key, headers=header)) == [mine["inbox"]]
    header = {"X-Ravi-Identity": other["uuid"]}
    assert (await local.ask("GET", "/api/email/", key=key, headers=header)).status_code == 403


async def test_a_management_key_is_narrowed_by_a_parameter(local: Provided) -> None:
    """With `?identity=` one identity, without it the whole account; an unknown one is 404."""
    first, second = await local.identity(), await local.identity()
    assert emails(await local.ask("GET", "/api/email/")) == [first["inbox"], second["inbox"]]
    assert emails(await local.ask("GET", f"/api/email/?identity={second['uuid']}")) == [second["inbox"]]
    assert emails(await local.ask("GET", f"/api/email/?identity={second['uuid'].upper()}")) == [
        second["inbox"]
    ]
    assert (await local.ask("GET", "/api/phone/")).json() == []
    assert (await local.ask("GET", "/api/email/?identity=x")).status_code == 404


async def test_two_different_identities_at_once_are_refused(local: Provided) -> None:
    """A parameter and a header that contradict each other are a 400, equal ones are fine."""
    first, second = await local.identity(), await local.identity()
    path = f"/api/email/?identity={first['uuid']}"
    assert (await local.ask("GET", path, headers={"X-Ravi-Identity": second["uuid"]})).status_code == 400
    assert (await local.ask("GET", path, headers={"X-Ravi-Identity": first["uuid"]})).status_code == 200
    assert (await local.ask("GET", f"{path}&identity={second['uuid']}")).status_code == 400


async def test_an_identitys_key_does_not_learn_what_exists(local: Provided) -> None:
    """For an identity's key an existing and a missing other identity look the same."""
    mine, other = await local.identity(), await local.identity()
    key = await local.identity_key(mine["uuid"])
    answers = [
        await local.ask("GET", f"/api/identities/{uuid}/", key=key) for uuid in (other["uuid"], "none")
    ]
    assert answers[0].status_code == answers[1].status_code == 403
    assert answers[0].content == answers[1].content


async def test_a_revoked_key_ends_at_once(local: Provided) -> None:
    """The request after the revocation is refused."""
    row = await local.identity()
    minted = await local.ask(
        "POST", "/api/auth/keys/identity/", body={"label": "t", "identity_uuid": row["uuid"]}
    )
    key, uuid = minted.json()["key"], minted.json()["uuid"]
    assert (await local.ask("GET", "/api/email/", key=key)).status_code == 200
    assert (await local.ask("DELETE", f"/api/auth/keys/identity/{uuid}/")).status_code == 204
    assert (await local.ask("GET", "/api/email/", key=key)).status_code == 401


def emails(answer: Any) -> list[str]:
    """Return the addresses of an answer of `/api/email/`."""
    assert answer.status_code == 200, answer.text
    return [row["email"] for row in answer.json()]
