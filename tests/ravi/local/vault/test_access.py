"""Who reaches which rows, what the audit hears of it, and that nothing is kept in clear."""

import base64
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from constellagent.ravi.local.office import Office
from constellagent.ravi.vault import RootKey
from tests.ravi.local.vault.stocked import COUNT, Stocked, stocked, told
from tests.ravi.provided import Provided, provided

KINDS = ("passwords", "secrets")


@pytest.mark.parametrize("kind", KINDS)
async def test_f4_another_identitys_rows_do_not_exist(
    local: Provided, office: Office, pair: tuple[Stocked, Stocked], kind: str
) -> None:
    """By uuid they are 404 as what never was, by parameter 403; the owner's audit tells of the try."""
    mine, other = pair
    never = f"/api/{kind}/00000000-0000-4000-8000-000000000000/"
    for method in ("GET", "PATCH", "DELETE"):
        body = {"notes": "mine now"} if method == "PATCH" else None
        answers = [
            await local.ask(method, path, key=mine.key, body=body) for path in (other.path(kind), never)
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
        named = await local.ask(method, f"{other.path(kind)}?identity={other.uuid}", key=mine.key, body=body)
        assert named.status_code == 403
        narrowed = await local.ask(method, f"{other.path(kind)}?identity={mine.uuid}", body=body)
        assert narrowed.status_code == 404
    assert (await local.ask("GET", other.path(kind), key=other.key)).json() == other.rows[kind][0]
    refused = [line for line in await told(office, other.uuid) if line.result == "refused"]
    by_uuid, by_parameter = refused[::2], refused[1::2]
    assert [line.action for line in by_uuid] == [f"{kind}.get", f"{kind}.update", f"{kind}.delete"]
    assert [line.action for line in by_parameter] == ["identity.access"] * 3
    assert {(line.actor, line.row) for line in by_uuid} == {("key t", other.rows[kind][0]["uuid"])}
    missing = [line.action for line in await told(office, mine.uuid) if line.result == "missing"]
    assert missing.count(f"{kind}.get") == 3


@pytest.mark.parametrize("kind", KINDS)
async def test_a_management_key_sees_the_account(
    local: Provided, pair: tuple[Stocked, Stocked], kind: str
) -> None:
    """Without a parameter all vaults but those that were put away; with one, also such a one."""
    first, second = pair
    both = first.rows[kind] + second.rows[kind]
    assert (await local.ask("GET", f"/api/{kind}/")).json() == both
    assert (await local.ask("GET", f"/api/{kind}/?identity={second.uuid}")).json() == second.rows[kind]
    assert (await local.ask("GET", second.path(kind))).json() == second.rows[kind][0]
    await local.ask("POST", f"/api/identities/{first.uuid}/archive/")
    assert (await local.ask("GET", f"/api/{kind}/")).json() == second.rows[kind]
    assert (await local.ask("GET", first.path(kind))).status_code == 404
    narrowed = await local.ask("GET", f"{first.path(kind)}?identity={first.uuid}")
    assert narrowed.json() == first.rows[kind][0]


@pytest.mark.parametrize(
    ("kind", "body"), [("passwords", {"domain": "a.example"}), ("secrets", {"key": "A"})]
)
async def test_a_management_key_must_say_whose_vault(
    local: Provided, docs: dict[str, Any], kind: str, body: dict[str, str]
) -> None:
    """A new row belongs to somebody: 400 where nobody is named."""
    assert (await local.ask("POST", f"/api/{kind}/", body=body)).status_code == 400
    answer = await local.ask("POST", f"/api/{kind}/?identity={docs['uuid']}", body=body)
    assert answer.status_code == 201
    assert (await local.ask("GET", f"/api/{kind}/", key=docs["key"])).json() == [answer.json()]


async def test_a_secret_is_looked_for_in_the_whole_account(
    local: Provided, office: Office, pair: tuple[Stocked, Stocked]
) -> None:
    """The filter of a management key finds one row in each vault, and its audit tells of those only."""
    rows = (await local.ask("GET", "/api/secrets/?key=key_1")).json()
    assert rows == [stock.rows["secrets"][1] for stock in pair]
    assert (await local.ask("GET", "/api/secrets/?key=other")).json() == []
    for stock in pair:
        gets = [line for line in await told(office, stock.uuid) if line.action == "secrets.get"]
        assert [(line.result, line.about) for line in gets] == [("ok", "KEY_1")]


async def test_f4_every_access_is_told_of(local: Provided, office: Office, docs: dict[str, Any]) -> None:
    """A line says who, what and which row; of a value only a fingerprint, the same for the same."""
    key = docs["key"]
    row = (
        await local.ask("POST", "/api/passwords/", key=key, body={"domain": "a.example", "password": "p"})
    ).json()
    path = f"/api/passwords/{row['uuid']}/"
    await local.ask("GET", path, key=key)
    await local.ask("GET", "/api/passwords/", key=key, headers={"X-Constellagent-Actor": "me"})
    await local.ask("GET", path, headers={"X-Constellagent-Actor": "a person"})
    await local.ask("PATCH", path, key=key, body={"password": "q"})
    await local.ask("DELETE", path, key=key)
    await local.ask("GET", "/api/passwords/", key=key)
    lines = await told(office, docs["uuid"])
    about = f"a.example {docs['inbox']}"
    assert [(line.actor, line.action, line.row, line.about) for line in lines] == [
        ("key t", "passwords.create", row["uuid"], about),
        ("key t", "passwords.get", row["uuid"], about),
        ("key t", "passwords.list", "", f"1 of passwords: {row['uuid']}"),
        ("a person", "passwords.get", row["uuid"], about),
        ("key t", "passwords.update", row["uuid"], about),
        ("key t", "passwords.delete", row["uuid"], about),
        ("key t", "passwords.list", "", "0 of passwords"),
    ]
    values = [line.value for line in lines]
    assert values[0] == values[1] == values[3] != values[4]
    assert values[2] == values[5] == ""


async def test_f4_no_line_means_no_secret(local: Provided, docs: dict[str, Any], root_key: RootKey) -> None:
    """Where the audit cannot be written, nothing is given out and nothing changes."""
    key = docs["key"]
    row = (await local.ask("POST", "/api/secrets/", key=key, body={"key": "A", "value": "hunter2"})).json()
    file = local.folder / "audit" / f"{docs['uuid']}.jsonl"
    content = file.read_bytes()
    file.unlink()
    file.mkdir()
    for method, body in (("GET", None), ("PATCH", {"value": "x"}), ("DELETE", None)):
        answer = await local.ask(method, f"/api/secrets/{row['uuid']}/", key=key, body=body)
        assert answer.status_code in {500, 503}
        assert "hunter2" not in answer.text
    await local.provider.stop()
    file.rmdir()
    file.write_bytes(content)
    file.chmod(0o600)
    async with provided(local.folder, root_key) as again:
        assert (await again.ask("GET", f"/api/secrets/{row['uuid']}/", key=key)).json() == row


CANARIES = {
    "domain": "canary-domain-5c1e.example",
    "username": "canary-user-81f0",
    "password": "canary-password-77aa",
    "notes": "canary-notes-19b3",
    "key": "CANARY_KEY_0D4E",
    "value": "canary-value-e2c9",
    "newer": "canary-newer-40d7",
}


async def test_nothing_is_kept_in_clear(tmp_path: Path, root_key: RootKey) -> None:
    """No value, name, site or note is in any file of the provider, running or ended, in no usual encoding."""
    folder = tmp_path / "ravi"
    folder.mkdir(mode=0o700)
    async with provided(folder, root_key) as local:
        stock = await stocked(local, "docs")
        login = {name: CANARIES[name] for name in ("domain", "username", "password", "notes")}
        row = (await local.ask("POST", "/api/passwords/", key=stock.key, body=login)).json()
        assert row["password"] == CANARIES["password"]
        path = f"/api/passwords/{row['uuid']}/"
        await local.ask("PATCH", path, key=stock.key, body={"password": CANARIES["newer"]})
        secret = {name: CANARIES[name] for name in ("key", "value", "notes")}
        assert (await local.ask("POST", "/api/secrets/", key=stock.key, body=secret)).status_code == 201
        assert (await local.ask("POST", "/api/secrets/", key=stock.key, body=secret)).status_code == 422
        for read in (path, "/api/passwords/", "/api/secrets/", f"/api/secrets/?key={CANARIES['key']}"):
            assert (await local.ask("GET", read, key=stock.key)).status_code == 200
        assert leaks(folder) == []
        await local.ask("DELETE", path, key=stock.key)
    assert leaks(folder) == []
    assert len(list(folder.rglob("*"))) >= 3


def leaks(folder: Path) -> list[tuple[str, str]]:
    """Return which canary is in which file."""
    found = []
    for file in (path for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes()
        for name, canary in CANARIES.items():
            plain = canary.encode()
            forms = (plain, plain.lower(), canary.encode("utf-16-le"), plain.hex().encode(), plain[::-1])
            coded = [base64.b64encode(bytes(pad) + plain)[4:-4] for pad in range(3)]
            if any(form in content for form in (*forms, *coded)):
                found.append((file.name, name))
    return found


@pytest.fixture(params=[0o000, 0o022, 0o077])
async def masked(
    tmp_path: Path, root_key: RootKey, request: pytest.FixtureRequest
) -> AsyncIterator[Provided]:
    """A provider that runs under one of three umasks."""
    folder = tmp_path / "ravi"
    folder.mkdir(mode=0o700)
    old = os.umask(request.param)
    try:
        async with provided(folder, root_key) as local:
            yield local
    finally:
        os.umask(old)


async def test_files_are_private_whatever_the_umask(masked: Provided) -> None:
    """Database, its side files and the audit are 0600, their folders 0700."""
    stock = await stocked(masked, "docs")
    assert len(stock.rows["secrets"]) == COUNT
    modes = {path.name: stat.S_IMODE(path.lstat().st_mode) for path in masked.folder.rglob("*")}
    assert {"provider.db", "provider.db-wal", "audit", f"{stock.uuid}.jsonl"} <= modes.keys()
    assert {name: mode for name, mode in modes.items() if mode != (0o700 if name == "audit" else 0o600)} == {}
