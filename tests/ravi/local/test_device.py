"""Login without a browser, and who may hold the door open."""

import asyncio

from tests.ravi.provided import Provided


async def begin(local: Provided) -> str:
    """Begin a login and return its device code."""
    answer = await local.ask("POST", "/api/auth/device/", key="")
    assert answer.status_code == 200
    body = answer.json()
    assert len(body["user_code"]) == 9
    assert body["verification_uri"].startswith(local.url)
    assert body["expires_in"] > body["interval"] > 0
    return str(body["device_code"])


async def test_nobody_logs_in_while_the_door_is_shut(local: Provided) -> None:
    """Whoever reaches the port without a key stays pending, in the form that device clients expect."""
    code = await begin(local)
    answer = await local.ask("POST", "/api/auth/device/token/", key="", body={"device_code": code})
    assert answer.status_code == 400
    assert answer.json()["error"] == "authorization_pending"
    assert "management_key" not in answer.text


async def test_a_login_approves_itself_while_the_door_is_open(local: Provided) -> None:
    """The owner opens the door; the login gets a management key that works, once."""
    row = await local.identity()
    code = await begin(local)
    await local.provider.allow_logins(60)
    answer = await local.ask(
        "POST", "/api/auth/device/token/", key="", body={"device_code": code, "wait": True}
    )
    body = answer.json()
    assert (await local.ask("GET", "/api/identities/", key=body["management_key"])).json() == [row]
    assert [identity["uuid"] for identity in body["identities"]] == [row["uuid"]]
    assert body["user"].keys() >= {"id", "email", "first_name", "last_name"}
    again = await local.ask("POST", "/api/auth/device/token/", key="", body={"device_code": code})
    assert again.json()["error"] == "expired_token"


async def test_a_waiting_login_is_woken(local: Provided) -> None:
    """A long poll that began before the door opened is answered when it opens."""
    code = await begin(local)
    body = {"device_code": code, "wait": True}
    waiting = asyncio.ensure_future(local.ask("POST", "/api/auth/device/token/", key="", body=body))
    await local.ask("GET", "/api/identities/")
    await local.provider.allow_logins(60)
    assert (await waiting).status_code == 200


async def test_the_door_shuts_by_itself(local: Provided) -> None:
    """An opening that has passed opens nothing."""
    code = await begin(local)
    await local.provider.allow_logins(0)
    answer = await local.ask("POST", "/api/auth/device/token/", key="", body={"device_code": code})
    assert answer.json()["error"] == "authorization_pending"


async def test_an_unknown_login_is_expired(local: Provided) -> None:
    """A made-up code is told to begin again, also with the door open, and without waiting."""
    await local.provider.allow_logins(60)
    body = {"device_code": "made up", "wait": True}
    answer = await local.ask("POST", "/api/auth/device/token/", key="", body=body)
    assert answer.json()["error"] == "expired_token"


async def test_many_logins_do_not_fill_the_memory(local: Provided) -> None:
    """Of very many begun logins the oldest is forgotten."""
    first = await begin(local)
    last = [await begin(local) for _ in range(64)][-1]
    await local.provider.allow_logins(60)
    for code, status in ((first, 400), (last, 200)):
        answer = await local.ask("POST", "/api/auth/device/token/", key="", body={"device_code": code})
        assert answer.status_code == status
