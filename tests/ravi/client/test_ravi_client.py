"""The client as a whole: whose belongings it reaches, and in whose name."""

import pytest

from constellagent.errors import ConflictError
from constellagent.ravi.client import RaviClient
from tests.ravi.client.conftest import opened
from tests.ravi.provided import Provided
from tests.ravi.scripted import answer, scripted


async def test_a_management_key_reaches_one_identity_at_a_time(local: Provided, client: RaviClient) -> None:
    """`of` narrows to one identity; without it a list spans the account."""
    first, _ = await opened(local, "alice")
    second, _ = await opened(local, "robert")
    await client.of(first["uuid"]).secrets.set("TOKEN", "a")
    await client.of(second["uuid"]).secrets.set("TOKEN", "b")
    found = await client.of(second["uuid"]).secrets.find("token")
    assert found is not None
    assert found.value.get_secret_value() == "b"
    assert len(await client.secrets.all()) == 2


async def test_an_identitys_key_reaches_no_other(local: Provided, alice: RaviClient) -> None:
    """Another identity's belongings are refused aloud, with what to do."""
    other, _ = await opened(local, "robert")
    for call in (
        alice.of(other["uuid"]).mail.threads(),
        alice.of(other["uuid"]).texts.conversations(),
        alice.of(other["uuid"]).secrets.all(),
        alice.of(other["uuid"]).passwords.all(),
        alice.of(other["uuid"]).contacts.all(),
        alice.of(other["uuid"]).events.since(0),
    ):
        with pytest.raises(ConflictError) as raised:
            await call
        assert "the key of the identity that owns it" in raised.value.hint


async def test_the_actor_is_named_on_this_machine_only() -> None:
    """Who acts is said to the embedded provider, and to no other host."""
    async with scripted(answer(200, [])) as script:
        async with RaviClient(script.url, "ravi_mgmt_k", actor="person") as client:
            await client.list_identities()
        async with RaviClient(script.url, "ravi_mgmt_k") as client:
            await client.list_identities()
    assert "x-constellagent-actor: person" in script.heads[0].lower()
    assert "x-constellagent-actor" not in script.heads[1].lower()
    far = RaviClient("https://ravi.invalid", "ravi_mgmt_k", actor="person")
    assert "x-constellagent-actor" not in far._transport._http.headers
    await far.close()
