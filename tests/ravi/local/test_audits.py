"""The audit over HTTP: read, told, verified and begun again, by who manages the account only."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from constellagent.ravi.client import RaviClient
from constellagent.ravi.local.office import Office
from tests.ravi.audit.test_files import no_file_beyond
from tests.ravi.provided import Provided

HOSTED = "11111111-2222-4333-8444-555555555555"


async def secret(local: Provided, row: dict[str, Any], name: str, value: str = "hunter2") -> dict[str, Any]:
    """Store a secret of an identity."""
    body = {"key": name, "value": value}
    answer = await local.ask("POST", f"/api/secrets/?identity={row['uuid']}", body=body)
    assert answer.status_code == 201, answer.text
    stored: dict[str, Any] = answer.json()
    return stored


def file_of(local: Provided, uuid: str) -> Path:
    """Return where the lines of an identity are."""
    return local.folder / "audit" / f"{uuid}.jsonl"


async def verified(local: Provided) -> dict[str, Any]:
    """Verify everything."""
    answer = await local.ask("GET", "/api/audit/verify/")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_lines_of_one_identity(local: Provided) -> None:
    """The newest lines, or those after one, with what they are about in clear and no value."""
    row = await local.identity()
    for number in range(5):
        await secret(local, row, f"KEY_{number}")
    path = f"/api/audit/?identity={row['uuid'].upper()}"
    lines = (await local.ask("GET", path)).json()
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert [line["about"] for line in lines if line["action"] == "secrets.create"] == [
        f"KEY_{number}" for number in range(5)
    ]
    assert {line["identity"] for line in lines} == {row["uuid"]}
    assert "hunter2" not in str(lines)
    assert (await local.ask("GET", f"{path}&limit=2")).json() == lines[-2:]
    assert (await local.ask("GET", f"{path}&after=1&limit=2")).json() == lines[1:3]
    assert (await local.ask("GET", f"{path}&after=0")).json() == lines
    assert (await local.ask("GET", f"{path}&after=900")).json() == []
    assert (await local.ask("GET", f"{path}&limit=0")).json() == []


async def test_lines_of_all_identities(local: Provided) -> None:
    """Without an identity all lines by time, the newest where there are many."""
    rows = [await local.identity() for _ in range(3)]
    for row in (*rows, *rows):
        await secret(local, row, f"KEY_{len((await local.ask('GET', '/api/secrets/')).json())}")
    lines = (await local.ask("GET", "/api/audit/")).json()
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert {line["identity"] for line in lines} == {row["uuid"] for row in rows}
    assert (await local.ask("GET", "/api/audit/?limit=3")).json() == lines[-3:]


@pytest.mark.parametrize(
    "query", ["limit=x", "limit=9999999", "limit=-1", "identity={uuid}&after=x", "after=1"]
)
async def test_what_is_no_number_is_refused(local: Provided, query: str) -> None:
    """A query that makes no sense is 422 and says which part."""
    row = await local.identity()
    answer = await local.ask("GET", f"/api/audit/?{query.format(uuid=row['uuid'])}")
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("uuid", [HOSTED, "..", "../../root.key", "%2e%2e%2froot"])
async def test_an_unknown_identity_is_404(local: Provided, uuid: str) -> None:
    """What neither the provider nor the audit knows is not there, whatever its form."""
    assert (await local.ask("GET", f"/api/audit/?identity={uuid}")).status_code == 404


async def test_something_is_told_from_outside(local: Provided) -> None:
    """A line about a hosted identity, or a person's deed, carries who managed it; values are fingerprints."""
    row = await local.identity()
    body = {"action": "secrets.get", "about": "OPENAI_API_KEY", "value": "hunter2", "result": "refused"}
    for uuid in (HOSTED.upper(), row["uuid"], HOSTED):
        headers = {"X-Constellagent-Actor": "person"}
        answer = await local.ask("POST", "/api/audit/", body={"identity": uuid, **body}, headers=headers)
        assert answer.status_code == 201, answer.text
    lines = (await local.ask("GET", f"/api/audit/?identity={HOSTED}")).json()
    assert [(line["seq"], line["actor"], line["about"], line["result"]) for line in lines] == [
        (1, "person", "OPENAI_API_KEY", "refused"),
        (2, "person", "OPENAI_API_KEY", "refused"),
    ]
    assert len(lines[0]["value"]) == 32
    assert [chain["ok"] for chain in (await verified(local))["identities"]] == [True, True]
    content = b"".join(path.read_bytes() for path in local.folder.rglob("*") if path.is_file())
    assert b"OPENAI_API_KEY" not in content


@pytest.mark.parametrize(
    "change",
    [
        {"identity": "x"},
        {"identity": "../" + HOSTED},
        {"identity": f"{HOSTED}\n"},
        {"action": "Secrets get"},
        {"action": ""},
        {"result": "Ok!"},
        {"about": "x" * 1001},
        {"about": 1},
        {"identity": None},
    ],
)
async def test_what_cannot_be_told_is_refused(local: Provided, change: dict[str, object]) -> None:
    """A line is one of ours in each of its parts, or it is not written."""
    body = {"identity": HOSTED, "action": "secrets.get", **change}
    assert (await local.ask("POST", "/api/audit/", body=body)).status_code == 422
    assert (await verified(local))["identities"] == []


async def test_only_a_management_key_comes_here(local: Provided) -> None:
    """An identity's key reads no audit, not even its own, and tells nothing."""
    row = await local.identity()
    key = await local.identity_key(row["uuid"])
    for method, path in (
        ("GET", "/api/audit/"),
        ("GET", f"/api/audit/?identity={row['uuid']}"),
        ("POST", "/api/audit/"),
        ("GET", "/api/audit/verify/"),
        ("POST", "/api/audit/restart/"),
    ):
        assert (await local.ask(method, path, key=key)).status_code == 403
        assert (await local.ask(method, path, key="")).status_code == 401


async def test_all_is_well(local: Provided, client: RaviClient) -> None:
    """A fresh provider verifies, and so does one that was used; our own client reads the answer."""
    assert await verified(local) == {"ok": True, "problem": "", "identities": []}
    rows = [await local.identity() for _ in range(2)]
    await secret(local, rows[0], "A")
    found = await verified(local)
    assert found["ok"], found
    assert {chain["identity"] for chain in found["identities"]} == {row["uuid"] for row in rows}
    assert (await client.audit.verify()).ok


async def test_a_touched_file_is_named(local: Provided) -> None:
    """What somebody did to one file is said with its line; the other identities are fine."""
    rows = [await local.identity() for _ in range(2)]
    for row in rows:
        await secret(local, row, "A")
        await secret(local, row, "B")
    file = file_of(local, rows[0]["uuid"])
    content = file.read_bytes()
    file.write_bytes(content.replace(b'"ok"', b'"no"', 1))
    found = await verified(local)
    chains = {chain["identity"]: chain for chain in found["identities"]}
    assert not found["ok"]
    assert chains[rows[1]["uuid"]]["ok"]
    assert f"{file} does not hold at line 1" in chains[rows[0]["uuid"]]["problem"]
    answer = await local.ask("GET", f"/api/audit/?identity={rows[0]['uuid']}")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "audit.broken"
    file.write_bytes(content)
    assert (await verified(local))["ok"]


async def test_touched_heads_are_found(local: Provided, office: Office) -> None:
    """A head that is gone is a problem of all, since nobody can say any more whose it was."""
    row = await local.identity()
    await secret(local, row, "A")
    await office.store.run(lambda db: db.execute("DELETE FROM audit_heads").rowcount)
    found = await verified(local)
    assert not found["ok"]
    assert "there are 0 where" in found["problem"]


async def test_a_vault_without_any_line_is_found(local: Provided, office: Office) -> None:
    """Whoever removes a whole audit with all that counts it leaves a vault of which no line tells."""
    row = await local.identity()
    await secret(local, row, "A")

    def wipe(db: sqlite3.Connection) -> None:
        for table in ("audit_heads", "audit_register"):
            db.execute(f"DELETE FROM {table}")
        office.audit._heads.begin(db)
        office.audit._at.clear()

    await office.store.run(wipe)
    file_of(local, row["uuid"]).unlink()
    (chain,) = (await verified(local))["identities"]
    assert not chain["ok"]
    assert "no line tells of it" in chain["problem"]


async def test_a_touched_vault_is_found(local: Provided, office: Office) -> None:
    """Verifying opens every row of the vaults as well."""
    row = await local.identity()
    await secret(local, row, "A")
    await office.store.run(lambda db: db.execute("DELETE FROM vault_rows").rowcount)
    (chain,) = (await verified(local))["identities"]
    assert not chain["ok"]
    assert "deleted" in chain["problem"]


async def test_a_broken_chain_is_begun_again(local: Provided) -> None:
    """It is refused while all is well; afterwards the identity works again and the old file is kept."""
    row = await local.identity()
    stored = await secret(local, row, "A")
    body = {"identity": row["uuid"]}
    answer = await local.ask("POST", "/api/audit/restart/", body=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "audit.holds")
    file_of(local, row["uuid"]).write_bytes(b"")
    path = f"/api/secrets/{stored['uuid']}/"
    refused = await local.ask("GET", path)
    assert refused.status_code >= 500
    assert "hunter2" not in refused.text
    answer = await local.ask("POST", "/api/audit/restart/", body=body)
    assert answer.status_code == 200, answer.text
    assert Path(answer.json()["set_aside"]).read_bytes() == b""
    assert (await local.ask("GET", path)).json()["value"] == "hunter2"
    found = await verified(local)
    assert found["ok"], found
    lines = (await local.ask("GET", f"/api/audit/?identity={row['uuid']}")).json()
    assert lines[0]["action"] == "audit.restarted"
    assert (await local.ask("POST", "/api/audit/restart/", body={"identity": "../x"})).status_code == 422


async def test_a_full_disk_gives_nothing_out(local: Provided, office: Office) -> None:
    """While no line can be written no secret is given out; the daemon goes on, and nothing is broken."""
    row = await local.identity()
    path = f"/api/secrets/{(await secret(local, row, 'A'))['uuid']}/"

    def fill(_db: sqlite3.Connection) -> None:
        for _ in range(1500):
            office.audit.note(office.now(), row["uuid"], "a test", "secrets.get", about="x" * 900)

    for _ in range(3):
        await office.store.run(fill)
    size = file_of(local, row["uuid"]).stat().st_size
    with no_file_beyond(size + 50):
        for method in ("GET", "DELETE"):
            answer = await local.ask(method, path)
            assert answer.status_code == 503, answer.text
            assert "hunter2" not in answer.text
    assert (await local.ask("GET", path)).json()["value"] == "hunter2"
    assert (await verified(local))["ok"]
