"""What a client and the audit hear of damage."""

import asyncio

import pytest
from ravi.errors import RaviError

from constellagent.ravi.local.office import Office
from tests.ravi.local.test_sdk import sdk
from tests.ravi.local.vault.stocked import Stocked, told
from tests.ravi.provided import Provided


@pytest.mark.parametrize("kind", ["passwords", "secrets"])
async def test_f5_a_deleted_row_is_not_a_missing_row(
    local: Provided, office: Office, pair: tuple[Stocked, Stocked], kind: str
) -> None:
    """Every verb on every row of the vault is refused with what to do; the other kind and identity go on."""
    mine, other = pair
    gone = mine.rows[kind][1]["uuid"]
    await office.store.execute("DELETE FROM vault_rows WHERE uuid = ?", (gone,))
    new = {"passwords": {"domain": "a.example"}, "secrets": {"key": "NEW"}}[kind]
    asked = [
        ("GET", mine.path(kind, 1), None),
        ("GET", mine.path(kind, 0), None),
        ("GET", f"/api/{kind}/", None),
        ("PATCH", mine.path(kind, 0), {"notes": "x"}),
        ("DELETE", mine.path(kind, 1), None),
        ("POST", f"/api/{kind}/", new),
        *([("GET", "/api/secrets/?key=key_1", None)] if kind == "secrets" else []),
    ]
    for method, path, body in asked:
        answer = await local.ask(method, path, key=mine.key, body=body)
        assert answer.status_code == 500, (method, path, answer.text)
        assert answer.json()["error"]["code"] == "vault.damaged"
        assert gone in answer.json()["detail"]
        assert "backup" in answer.json()["detail"]
    lines = await told(office, mine.uuid)
    damaged = [line for line in lines if line.result == "damaged"]
    assert len(damaged) == len(asked)
    assert {line.action.split(".")[0] for line in damaged} == {kind}
    assert all(gone in line.about for line in damaged)
    rest = ({"passwords", "secrets"} - {kind}).pop()
    assert (await local.ask("GET", f"/api/{rest}/", key=mine.key)).json() == mine.rows[rest]
    assert (await local.ask("GET", f"/api/{kind}/", key=other.key)).json() == other.rows[kind]
    assert (await local.ask("GET", f"/api/{kind}/?identity={other.uuid}")).json() == other.rows[kind]
    assert (await local.ask("GET", f"/api/{kind}/")).status_code == 500


async def test_a_row_that_cannot_be_opened_can_be_removed(
    local: Provided, office: Office, pair: tuple[Stocked, Stocked]
) -> None:
    """Only it is lost: the others can be read by uuid, and after its removal the list can too."""
    mine, _ = pair
    await office.store.execute(
        "UPDATE vault_rows SET content = zeroblob(99) WHERE uuid = ?", (mine.rows["secrets"][0]["uuid"],)
    )
    assert (await local.ask("GET", mine.path("secrets"), key=mine.key)).status_code == 500
    assert (await local.ask("GET", "/api/secrets/", key=mine.key)).status_code == 500
    shown = await local.ask("GET", mine.path("secrets", 1), key=mine.key)
    assert shown.json() == mine.rows["secrets"][1]
    assert (await local.ask("DELETE", mine.path("secrets"), key=mine.key)).status_code == 204
    assert (await local.ask("GET", "/api/secrets/", key=mine.key)).json() == mine.rows["secrets"][1:]
    lines = await told(office, mine.uuid)
    removed = next(line for line in lines if line.action == "secrets.delete")
    assert removed.about == "what could not be opened any more"


async def test_damage_of_a_key_is_told_of_without_it(
    local: Provided, office: Office, pair: tuple[Stocked, Stocked]
) -> None:
    """The audit does not need the identity's key, which is what is damaged."""
    mine, other = pair
    await office.store.execute("UPDATE data_keys SET wrapped = x'00' WHERE identity = ?", (mine.id,))
    answer = await local.ask("GET", "/api/secrets/", key=mine.key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "vault.damaged")
    lines = await told(office, mine.uuid)
    assert (lines[-1].action, lines[-1].result) == ("secrets.list", "damaged")
    # Who stands outside the fence sees the same as ever.
    assert (await local.ask("GET", mine.path("secrets"), key=other.key)).status_code == 404


async def test_the_public_client_hears_what_to_do(
    local: Provided, office: Office, pair: tuple[Stocked, Stocked]
) -> None:
    """The SDK raises its general error with our code and words."""
    await office.store.execute("DELETE FROM vault_registers")

    def use() -> None:
        with sdk(local, pair[0].key) as ravi:
            vault = ravi.me.vault
            with pytest.raises(RaviError, match="vault_registers") as raised:
                vault.secrets.list()
            assert (raised.value.status, raised.value.code) == (500, "vault.damaged")

    await asyncio.to_thread(use)
