"""Contacts through the client, at a provider that really listens."""

import pytest

from constellagent.ravi.client import MissingError, RaviClient, TakenError


async def test_contacts(alice: RaviClient) -> None:
    """Added, found exactly and by part of a name, changed, removed."""
    made = await alice.contacts.create(email="jo@example.com", display_name="Jo March")
    await alice.contacts.create(phone_number="+12025550143")
    with pytest.raises(TakenError):
        await alice.contacts.create(email="jo@example.com")
    assert len(await alice.contacts.all()) == 2
    assert [row.uuid for row in await alice.contacts.search("march")] == [made.uuid]
    found = await alice.contacts.find(email="jo@example.com")
    assert found is not None
    assert (found.uuid, found.source) == (made.uuid, "manual")
    assert await alice.contacts.find(phone_number="+12025550199") is None
    assert (await alice.contacts.update(made.uuid, is_trusted=True)).is_trusted
    assert (await alice.contacts.get(made.uuid)).is_trusted
    await alice.contacts.delete(made.uuid)
    with pytest.raises(MissingError):
        await alice.contacts.get(made.uuid)
