"""A whole identity as one document, through the client."""

import pytest

from constellagent.errors import UnavailableError
from constellagent.ravi.client import MissingError, RaviClient, TakenError
from tests.ravi.client.conftest import opened
from tests.ravi.provided import Provided
from tests.ravi.scripted import answer, scripted


async def test_out_and_in_again(local: Provided, client: RaviClient) -> None:
    """A document makes another identity with the same belongings, and never a second one like the first."""
    row, own = await opened(local, "alice")
    async with own:
        await own.secrets.set("KEY", "value")
        await own.mail.send("alice@constellagent.test", "Note", "x")
    document = await client.transfer.export(row["uuid"])
    with pytest.raises(TakenError):
        await client.transfer.take_in(document)
    made = await client.transfer.take_in(document, as_new=True)
    assert made.uuid != row["uuid"]
    found = await client.of(made.uuid).secrets.find("KEY")
    assert found is not None
    assert found.value.get_secret_value() == "value"
    assert {mail.subject for mail in await client.of(made.uuid).mail.messages()} == {"Note"}


async def test_a_provider_that_cannot(client: RaviClient) -> None:
    """An identity that is not there is missing; a list is no document."""
    with pytest.raises(MissingError):
        await client.transfer.export("11111111-2222-3333-4444-555555555555")
    async with scripted(answer(200, [])) as script, RaviClient(script.url, "ravi_mgmt_k") as odd:
        with pytest.raises(UnavailableError):
            await odd.transfer.export("u")
