"""The account: identities and keys, at a provider that really listens and at one that cannot do all."""

import pytest

from constellagent.ravi.client import RaviClient, TakenError
from tests.ravi.provided import Provided
from tests.ravi.scripted import answer, scripted


async def test_a_life(local: Provided, client: RaviClient) -> None:
    """Made, renamed, given a number and a key, put away, brought back, put away and deleted."""
    made = await client.create_identity(name="docs", email="docs", domain="a.test")
    assert (await client.rename_identity(made.uuid, "other")).name == "other"
    assert (await client.provision_phone(made.uuid)).phone
    with pytest.raises(TakenError):
        await client.provision_phone(made.uuid)
    key = await client.create_identity_key(made.uuid, "k")
    assert [row.uuid for row in await client.list_identity_keys()] == [key.uuid]
    async with RaviClient(local.url, key.key.get_secret_value()) as own:
        email, phone = await own.get_email(), await own.get_phone()
        assert email is not None
        assert phone is not None
        assert email.email == "docs@a.test"
    assert await client.renew_identity_key(made.uuid)
    with pytest.raises(TakenError):
        await client.delete_identity(made.uuid)
    assert await client.archive_identity(made.uuid)
    assert await client.list_identities() == []
    assert [row.archived for row in await client.list_identities(archived=True)] == [True]
    assert await client.restore_identity(made.uuid)
    assert await client.archive_identity(made.uuid)
    assert await client.delete_identity(made.uuid)
    assert not await client.delete_identity(made.uuid)
    assert await client.list_identities(archived=True) == []


async def test_the_owner_and_the_domains(client: RaviClient) -> None:
    """Who owns the account, and where addresses can be."""
    assert (await client.get_owner()).last_name == "Owner"
    assert [row.domain for row in await client.list_domains()] == ["constellagent.test"]


async def test_a_provider_that_cannot_is_told_apart() -> None:
    """404 and 405 mean that the provider does not offer it, or has done it already."""
    async with (
        scripted(answer(404), answer(405), answer(404), answer(404)) as script,
        RaviClient(script.url, "ravi_mgmt_k") as client,
    ):
        assert not await client.archive_identity("u")
        assert not await client.delete_identity("u")
        assert not await client.renew_identity_key("u")
        assert not await client.delete_identity_key("k")
