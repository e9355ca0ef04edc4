"""`/api/auth/keys/`: minted once, shown once, stored as a hash only."""

import hashlib
import re

from tests.ravi.local.test_audits import file_of
from tests.ravi.provided import Provided


async def test_a_key_is_shown_once(local: Provided) -> None:
    """Both kinds have their form and 256 random bits; lists mask them."""
    row = await local.identity()
    minted = await local.ask(
        "POST", "/api/auth/keys/identity/", body={"label": "a", "identity_uuid": row["uuid"]}
    )
    management = await local.ask("POST", "/api/auth/keys/management/", body={"label": "b"})
    assert re.fullmatch(r"ravi_id_[\w-]{43}", minted.json()["key"])
    assert re.fullmatch(r"ravi_mgmt_[\w-]{43}", management.json()["key"])
    assert minted.json()["identity"] == minted.json()["identity_uuid"] == row["uuid"]
    for kind, created in (("identity", minted), ("management", management)):
        listed = await local.ask("GET", f"/api/auth/keys/{kind}/")
        assert created.json()["key"] not in listed.text
        assert created.json()["uuid"] in listed.text


async def test_a_new_management_key_works_and_can_be_revoked(local: Provided) -> None:
    """A second management key manages like the first, until it is revoked; revoking again is 404."""
    created = (await local.ask("POST", "/api/auth/keys/management/", body={"label": "b"})).json()
    assert (await local.ask("GET", "/api/identities/", key=created["key"])).status_code == 200
    path = f"/api/auth/keys/management/{created['uuid']}/"
    assert (await local.ask("DELETE", path.replace("management", "identity"))).status_code == 404
    assert (await local.ask("DELETE", path)).status_code == 204
    assert (await local.ask("DELETE", path)).status_code == 404
    assert (await local.ask("GET", "/api/identities/", key=created["key"])).status_code == 401
    listed = (await local.ask("GET", "/api/auth/keys/management/")).json()
    assert created["uuid"] not in {row["uuid"] for row in listed}


async def test_every_identity_is_told_of_a_withdrawn_management_key(local: Provided) -> None:
    """As it was told that there is one; an audit that does not hold cannot keep a key alive."""
    whole, broken = [await local.identity() for _ in range(2)]
    created = (await local.ask("POST", "/api/auth/keys/management/", body={"label": "b"})).json()
    file = file_of(local, broken["uuid"])
    file.write_bytes(file.read_bytes() + b"x")
    assert (await local.ask("GET", f"/api/secrets/?identity={broken['uuid']}")).status_code == 503
    path = f"/api/auth/keys/management/{created['uuid']}/"

    assert (await local.ask("DELETE", path)).status_code == 204

    assert (await local.ask("GET", "/api/identities/", key=created["key"])).status_code == 401
    lines = (await local.ask("GET", f"/api/audit/?identity={whole['uuid']}")).json()
    told = [(line["actor"], line["about"]) for line in lines if line["action"] == "account.key_withdrawn"]
    assert told == [("key constellagent", "b")]


async def test_a_key_for_nobody_is_refused(local: Provided) -> None:
    """A key needs an existing identity and a printable label."""
    for body, status in (
        ({"label": "x"}, 422),
        ({"label": "x", "identity_uuid": "none"}, 404),
        ({"label": "a\nb", "identity_uuid": "none"}, 422),
        ({"label": None, "identity_uuid": "none"}, 422),
    ):
        assert (await local.ask("POST", "/api/auth/keys/identity/", body=body)).status_code == status, body


async def test_use_is_noted(local: Provided) -> None:
    """A key says when it was last used."""
    row = await local.identity()
    key = await local.identity_key(row["uuid"])
    assert (await local.ask("GET", "/api/auth/keys/identity/")).json()[0]["last_used_at"] is None
    await local.ask("GET", "/api/email/", key=key)
    assert (await local.ask("GET", "/api/auth/keys/identity/")).json()[0]["last_used_at"].endswith("Z")


async def test_no_key_is_stored_in_clear(local: Provided) -> None:
    """No byte of the folder holds a key; the hash is what is kept. The management key is kept sealed."""
    row = await local.identity()
    key = await local.identity_key(row["uuid"])
    await local.ask("GET", "/api/email/", key=key)
    await local.provider.stop()
    stored = b"".join(file.read_bytes() for file in sorted(local.folder.rglob("*")) if file.is_file())
    for secret in (key, local.key):
        assert secret.encode() not in stored
        assert secret.partition("_id_" if "_id_" in secret else "_mgmt_")[2].encode() not in stored
        assert hashlib.sha256(secret.encode()).digest() in stored


async def test_the_daemons_key_is_made_anew_when_it_was_revoked(local: Provided) -> None:
    """Whoever revokes our own management key does not lock us out for good."""
    listed = (await local.ask("GET", "/api/auth/keys/management/")).json()
    for row in listed:
        assert (await local.ask("DELETE", f"/api/auth/keys/management/{row['uuid']}/")).status_code == 204
    fresh = await local.provider.management_key()
    assert fresh != local.key
    assert (await local.ask("GET", "/api/identities/", key=fresh)).status_code == 200
