"""`/api/identities/` of the embedded provider."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from constellagent.ravi.vault import RootKey
from tests.ravi.provided import Provided, provided


async def test_an_identity_has_the_shape_that_clients_need(local: Provided) -> None:
    """All fields are there, the mailbox is text, and a number is null where there is none."""
    row = await local.identity(name="docs", email_identifier="docs", domain="acme.test")
    assert row["inbox"] == "docs@acme.test"
    assert row["phone"] is None
    assert row["created_dt"].endswith("Z")
    assert row["created_dt"] == row["updated_dt"]
    assert row.keys() == {"uuid", "name", "inbox", "phone", "archived", "created_dt", "updated_dt"}
    shown = await local.ask("GET", f"/api/identities/{row['uuid']}/")
    assert shown.json() == row
    listed = await local.ask("GET", "/api/identities/")
    assert listed.json() == [row]


async def test_an_empty_body_invents_name_and_address(local: Provided) -> None:
    """`{}` and no body at all are legal, and no two addresses are alike."""
    first, second = await local.identity(), (await local.ask("POST", "/api/identities/")).json()
    assert first["name"]
    assert first["inbox"].endswith("@constellagent.test")
    assert first["inbox"] != second["inbox"]


@pytest.mark.parametrize(
    ("body", "inbox"),
    [
        ({"email": "docs"}, "docs@constellagent.test"),
        ({"email": "docs@acme.test"}, "docs@acme.test"),
        ({"email": "docs", "domain": "acme.test"}, "docs@acme.test"),
        ({"email": "docs@acme.test", "email_identifier": "docs"}, "docs@acme.test"),
        ({"email_identifier": "docs"}, "docs@constellagent.test"),
        ({"email_identifier": "a.b-c9"}, "a.b-c9@constellagent.test"),
    ],
)
async def test_both_generations_of_address_fields_work(
    local: Provided, body: dict[str, str], inbox: str
) -> None:
    """Older clients send `email`, newer ones `email_identifier` and `domain`."""
    assert (await local.identity(**body))["inbox"] == inbox


@pytest.mark.parametrize(
    "body",
    [
        {"email_identifier": "ab"},
        {"email_identifier": "a" * 31},
        {"email_identifier": "Docs"},
        {"email_identifier": ".docs"},
        {"email_identifier": "docs-"},
        {"email_identifier": "do..cs"},
        {"email_identifier": "do--cs"},
        {"email_identifier": "d\u00f6cs"},
        {"email_identifier": "docs\n"},
        {"email": "a@b@acme.test"},
        {"email": "docs", "email_identifier": "other"},
        {"email": "docs@acme.test", "domain": "b.test"},
        {"email": "@acme.test"},
        {"domain": "acme.test"},
        {"email_identifier": "docs", "domain": "acme"},
        {"email_identifier": "docs", "domain": "-a.test"},
        {"email_identifier": "docs", "domain": "a.test\n"},
        {"email_identifier": "docs", "domain": "a" * 250 + ".test"},
        {"name": "x" * 101},
        {"name": " "},
        {"name": "a\nb"},
        {"name": "a\x00b"},
        {"name": 7},
        {"name": ["x"]},
        {"provision_phone": "yes"},
    ],
)
async def test_what_is_not_allowed_is_named(local: Provided, body: dict[str, object]) -> None:
    """A wrong field is a 422 in both envelopes that names the field, and creates nothing."""
    answer = await local.ask("POST", "/api/identities/", body=body)
    assert answer.status_code == 422, answer.text
    refusal = answer.json()
    assert refusal["error"]["code"] == "validation.failed"
    assert refusal["detail"] == refusal["error"]["message"]
    assert refusal["error"]["details"]["field"] in {
        "name",
        "email",
        "email_identifier",
        "domain",
        "provision_phone",
    }
    assert (await local.ask("GET", "/api/identities/")).json() == []


async def test_a_taken_address_is_a_conflict(local: Provided) -> None:
    """The second of two equal addresses is refused with 409, names may repeat."""
    await local.identity(name="docs", email_identifier="docs")
    answer = await local.ask("POST", "/api/identities/", body={"name": "docs", "email_identifier": "docs"})
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "identity.address_taken"
    await local.identity(name="docs", email_identifier="docs2")


async def test_many_creations_at_once_give_one_address(local: Provided) -> None:
    """Of many requests for one address exactly one succeeds, and numbers stay unique."""
    body = {"email_identifier": "docs", "provision_phone": True}
    same = [local.ask("POST", "/api/identities/", body=body) for _ in range(8)]
    different = [local.identity(provision_phone=True) for _ in range(8)]
    answers = await asyncio.gather(*same)
    rows = await asyncio.gather(*different)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 7}
    numbers = [row["phone"] for row in rows] + [a.json()["phone"] for a in answers if a.status_code == 201]
    assert len(set(numbers)) == 9


async def test_a_number_is_given_once(local: Provided) -> None:
    """An identity gets a fictional number on request, and a second request is a conflict."""
    row = await local.identity()
    given = await local.ask(
        "POST", f"/api/identities/{row['uuid']}/provision-phone/", body={"country_code": "US"}
    )
    assert given.status_code == 200
    assert given.json()["phone"][5:10] == "55501"
    again = await local.ask("POST", f"/api/identities/{row['uuid']}/provision-phone/")
    assert again.status_code == 409
    other = await local.identity()
    abroad = await local.ask(
        "POST", f"/api/identities/{other['uuid']}/provision-phone/", body={"country_code": "DE"}
    )
    assert abroad.status_code == 422


async def test_renaming_keeps_the_address(local: Provided) -> None:
    """PATCH changes the name only; an empty PATCH changes nothing."""
    row = await local.identity(name="old", email_identifier="docs")
    path = f"/api/identities/{row['uuid']}/"
    renamed = (await local.ask("PATCH", path, body={"name": "new"})).json()
    assert (renamed["name"], renamed["inbox"]) == ("new", row["inbox"])
    assert (await local.ask("PATCH", path, body={})).json()["name"] == "new"


async def test_archiving_hides_and_keeps(local: Provided) -> None:
    """What was put away is not listed, has no working key, and keeps its address; it can be brought back."""
    row = await local.identity(email_identifier="docs")
    key = await local.identity_key(row["uuid"])
    path = f"/api/identities/{row['uuid']}/"
    for _ in range(2):
        assert (await local.ask("POST", f"{path}archive/")).json()["archived"] is True
    assert (await local.ask("GET", "/api/identities/")).json() == []
    assert [r["uuid"] for r in (await local.ask("GET", "/api/identities/?archived=true")).json()] == [
        row["uuid"]
    ]
    assert (await local.ask("GET", "/api/email/", key=key)).status_code == 401
    assert (await local.ask("GET", "/api/email/")).json() == []
    taken = await local.ask("POST", "/api/identities/", body={"email_identifier": "docs"})
    assert taken.status_code == 409
    mint = {"label": "x", "identity_uuid": row["uuid"]}
    assert (await local.ask("POST", "/api/auth/keys/identity/", body=mint)).status_code == 409
    assert (await local.ask("POST", f"{path}restore/")).json()["archived"] is False
    assert (await local.ask("GET", "/api/email/", key=key)).status_code == 401
    assert (
        await local.ask("GET", "/api/email/", key=await local.identity_key(row["uuid"]))
    ).status_code == 200


@pytest.mark.parametrize("uuid", ["00000000-0000-4000-8000-000000000000", "x", "%00", "..%2fx", "'"])
async def test_what_is_not_there_is_a_404(local: Provided, uuid: str) -> None:
    """An unknown or odd uuid is a 404 for every verb."""
    for method, tail in (("GET", ""), ("PATCH", ""), ("POST", "archive/"), ("POST", "provision-phone/")):
        answer = await local.ask(method, f"/api/identities/{uuid}/{tail}", body={})
        assert answer.status_code == 404


async def test_identities_survive_a_restart(tmp_path: Path, root_key: RootKey) -> None:
    """Identities, keys and the port are the same after a restart."""
    async with provided(tmp_path, root_key) as first:
        row = await first.identity(email_identifier="docs", provision_phone=True)
        key = await first.identity_key(row["uuid"])
    async with provided(tmp_path, root_key) as second:
        assert (second.url, second.key) == (first.url, first.key)
        assert (await second.ask("GET", "/api/identities/", key=key)).json() == [row]
