"""Login without a browser: the owner names the one that may in, and nobody else gets in with it."""

import asyncio
from pathlib import Path
from typing import Any

import httpx

from constellagent.ravi.vault import RootKey
from tests.ravi.local.test_audits import file_of
from tests.ravi.provided import Provided, provided


async def begin(local: Provided) -> dict[str, Any]:
    """Begin a login and return what its client is told."""
    answer = await local.ask("POST", "/api/auth/device/", key="")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    assert len(body["user_code"]) == 9
    assert body["verification_uri"].startswith(local.url)
    assert body["expires_in"] > body["interval"] > 0
    return body


async def poll(local: Provided, login: dict[str, Any], *, wait: bool = False) -> httpx.Response:
    """Ask for the key of a login, as its client does."""
    body = {"device_code": login["device_code"], "wait": wait}
    return await local.ask("POST", "/api/auth/device/token/", key="", body=body)


async def test_nobody_logs_in_unasked(local: Provided) -> None:
    """Whoever reaches the port without a key stays pending, in the form that device clients expect."""
    answer = await poll(local, await begin(local))
    assert answer.status_code == 400
    assert answer.json()["error"] == "authorization_pending"
    assert "management_key" not in answer.text


async def test_the_login_that_is_named_gets_a_key_once(local: Provided) -> None:
    """The owner gives its code, in any spelling; the login gets a management key that works, once."""
    row = await local.identity()
    login = await begin(local)
    assert await local.provider.allow_login(login["user_code"].lower().replace("-", " "))
    body = (await poll(local, login, wait=True)).json()
    assert (await local.ask("GET", "/api/identities/", key=body["management_key"])).json() == [row]
    assert [identity["uuid"] for identity in body["identities"]] == [row["uuid"]]
    assert body["user"].keys() >= {"id", "email", "first_name", "last_name"}
    assert (await poll(local, login)).json()["error"] == "expired_token"
    assert not await local.provider.allow_login(login["user_code"])


async def test_another_login_stays_pending(local: Provided) -> None:
    """Of two logins that wait, also in a long poll, the one that is named gets in and the other does not."""
    mine, other = await begin(local), await begin(local)
    waiting = asyncio.ensure_future(poll(local, other, wait=True))
    assert len(local.provider.waiting_logins()) == 2
    assert await local.provider.allow_login(mine["user_code"])
    assert (await poll(local, mine)).status_code == 200
    assert (await poll(local, other)).json()["error"] == "authorization_pending"
    assert len(local.provider.waiting_logins()) == 1
    assert not waiting.done()
    assert await local.provider.allow_login(other["user_code"])
    assert (await waiting).status_code == 200


async def test_a_waiting_login_is_woken(local: Provided) -> None:
    """A long poll that began before its login was named is answered then."""
    login = await begin(local)
    waiting = asyncio.ensure_future(poll(local, login, wait=True))
    await local.ask("GET", "/api/identities/")
    assert await local.provider.allow_login(login["user_code"])
    assert (await waiting).status_code == 200


async def test_few_requests_are_kept_waiting(local: Provided) -> None:
    """Beyond a few long polls one is answered at once, so that they cannot hold all connections."""
    login = await begin(local)
    waiting = [asyncio.ensure_future(poll(local, login, wait=True)) for _ in range(17)]
    (first,), _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert first.result().json()["error"] == "authorization_pending"
    assert await local.provider.allow_login(login["user_code"])
    assert sum([(await answer).status_code == 200 for answer in waiting]) == 1


async def test_an_unknown_code_lets_nobody_in(local: Provided) -> None:
    """A code that none shows is refused, and so is one that is no code."""
    login = await begin(local)
    for code in ("", "-", "BCDF-GHJ", "AAAA-AAAA", login["device_code"]):
        assert not await local.provider.allow_login(code)
    assert (await poll(local, login)).json()["error"] == "authorization_pending"


async def test_a_login_ends_by_itself(tmp_path: Path, root_key: RootKey) -> None:
    """After a quarter of an hour it cannot be named, and one that was named gets nothing."""
    at = [1_800_000_000.0]
    async with provided(tmp_path, root_key, now=lambda: at[0]) as local:
        named, late = await begin(local), await begin(local)
        assert await local.provider.allow_login(named["user_code"])
        at[0] += 900
        assert not await local.provider.allow_login(late["user_code"])
        assert (await poll(local, named)).json()["error"] == "expired_token"
        assert local.provider.waiting_logins() == []


async def test_an_unknown_login_is_expired(local: Provided) -> None:
    """A made-up login is told to begin again, without waiting."""
    answer = await poll(local, {"device_code": "made up"}, wait=True)
    assert answer.json()["error"] == "expired_token"


async def test_a_flood_of_logins_drives_nobody_out(local: Provided) -> None:
    """Of very many logins the last are refused; the one on a person's screen can still be named."""
    mine = await begin(local)
    answers = [await local.ask("POST", "/api/auth/device/", key="") for _ in range(64)]
    assert [answer.status_code for answer in answers] == [200] * 63 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert await local.provider.allow_login(mine["user_code"])
    assert (await poll(local, mine)).status_code == 200


async def test_every_identity_is_told_before_the_key_leaves(local: Provided) -> None:
    """Each audit has a line about the key, also of who was put away, however it was made."""
    rows = [await local.identity() for _ in range(2)]
    await local.ask("POST", f"/api/identities/{rows[1]['uuid']}/archive/", body={})
    login = await begin(local)
    await local.provider.allow_login(login["user_code"])
    assert (await poll(local, login)).status_code == 200
    made = await local.ask("POST", "/api/auth/keys/management/", body={"label": "b"})
    assert made.status_code == 201
    for row in rows:
        lines = (await local.ask("GET", f"/api/audit/?identity={row['uuid']}")).json()
        told = [(line["actor"], line["about"]) for line in lines if line["action"] == "account.key_issued"]
        assert told == [("device login", "device login"), ("key constellagent", "b")]


async def test_no_line_means_no_key(local: Provided) -> None:
    """Where an audit does not hold no key is given out; once it does the same login gets one."""
    row = await local.identity()
    login = await begin(local)
    await local.provider.allow_login(login["user_code"])
    file = file_of(local, row["uuid"])
    whole = file.read_bytes()
    file.write_bytes(whole + b"x")
    refused = await poll(local, login)
    assert refused.status_code == 503
    assert "ravi_mgmt_" not in refused.text
    keys = (await local.ask("GET", "/api/auth/keys/management/")).json()
    assert [key["label"] for key in keys] == ["constellagent"]
    file.write_bytes(whole)
    assert (await poll(local, login)).status_code == 200


async def test_a_sandbox_cannot_log_in(local: Provided, tmp_path: Path) -> None:
    """Who comes by the socket that is for sandboxes is refused, with a login of somebody else's, too."""
    door = tmp_path / "p.sock"
    await local.provider.open_door(door)
    login = await begin(local)
    await local.provider.allow_login(login["user_code"])
    transport = httpx.AsyncHTTPTransport(uds=str(door))
    async with httpx.AsyncClient(base_url=local.url, transport=transport) as inside:
        assert (await inside.post("/api/auth/device/", json={})).status_code == 403
        asked = await inside.post("/api/auth/device/token/", json={"device_code": login["device_code"]})
        assert asked.status_code == 403
        assert (await inside.get("/api/identities/")).status_code == 401
    assert (await poll(local, login)).status_code == 200


async def test_a_person_is_told_what_to_do(local: Provided) -> None:
    """The address that the client shows says which command approves the login."""
    answer = await local.ask("GET", "/device", key="")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "constellagent provider allow-login CODE" in answer.text
