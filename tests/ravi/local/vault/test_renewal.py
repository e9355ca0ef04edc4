"""A new data key for an identity."""

from constellagent.ravi.local.office import Office
from constellagent.ravi.local.vault.register import check
from constellagent.ravi.vault import RootKey
from constellagent.ravi.vault.data_keys import sealed_with
from tests.ravi.local.vault.stocked import Stocked, told
from tests.ravi.provided import Provided, provided


async def test_the_vault_is_sealed_with_the_new_key(
    local: Provided, office: Office, root_key: RootKey, pair: tuple[Stocked, Stocked]
) -> None:
    """Every row and register of the identity, of no other, and all can be read, also after a start."""
    mine, other = pair
    for version in (2, 3):
        answer = await local.ask("POST", f"/api/identities/{mine.uuid}/renew-key/")
        assert answer.json() == {"uuid": mine.uuid, "version": version}
    for table, column in (("vault_rows", "content"), ("vault_registers", "sealed")):
        sealed = await office.store.rows(f"SELECT identity, {column} FROM {table}")
        assert {(identity, sealed_with(value)) for identity, value in sealed} == {(mine.id, 3), (other.id, 1)}
    for stock in pair:
        for kind, rows in stock.rows.items():
            assert (await local.ask("GET", f"/api/{kind}/", key=stock.key)).json() == rows
    assert (await local.ask("GET", "/api/secrets/?key=key_2", key=mine.key)).json() == [
        mine.rows["secrets"][2]
    ]
    assert await office.store.run(lambda db: check(office, db, mine.id)) == []
    await local.provider.stop()
    async with provided(local.folder, root_key) as again:
        assert (await again.ask("GET", "/api/secrets/", key=mine.key)).json() == mine.rows["secrets"]


async def test_a_renewal_is_for_the_account_and_told_of(
    local: Provided, office: Office, pair: tuple[Stocked, Stocked]
) -> None:
    """An identity's key may not, an unknown identity is 404, and the audit has a line."""
    mine, _ = pair
    path = f"/api/identities/{mine.uuid}/renew-key/"
    assert (await local.ask("POST", path, key=mine.key)).status_code == 403
    assert (await local.ask("POST", "/api/identities/none/renew-key/")).status_code == 404
    assert (await local.ask("POST", path)).status_code == 200
    lines = await told(office, mine.uuid)
    assert (lines[-1].action, lines[-1].about, lines[-1].actor) == (
        "key.renewed",
        "version 2",
        "key constellagent",
    )


async def test_a_damaged_vault_is_not_sealed_anew(
    local: Provided, office: Office, pair: tuple[Stocked, Stocked]
) -> None:
    """The renewal is refused as a whole, so that it cannot make the damage look right."""
    mine, other = pair
    row = mine.rows["passwords"][0]["uuid"]
    await office.store.execute("DELETE FROM vault_rows WHERE uuid = ?", (row,))
    answer = await local.ask("POST", f"/api/identities/{mine.uuid}/renew-key/")
    assert answer.status_code == 500
    assert row in answer.json()["detail"]
    assert await office.store.run(lambda db: office.safes.of(db, mine.id).newest.version) == 1
    assert (await local.ask("GET", "/api/secrets/", key=mine.key)).json() == mine.rows["secrets"]
    assert (await local.ask("POST", f"/api/identities/{other.uuid}/renew-key/")).status_code == 200


async def test_an_empty_vault_gets_a_new_key_too(local: Provided, office: Office) -> None:
    """There is nothing to seal, and the counters still match the audit."""
    row = await local.identity()
    assert (await local.ask("POST", f"/api/identities/{row['uuid']}/renew-key/")).json()["version"] == 2
    assert await office.store.run(lambda db: check(office, db, 1)) == []
