"""Mail for other places through the client, at a provider without a relay."""

import pytest

from constellagent.ravi.client import MissingError, RaviClient, TakenError


async def test_held_mail_is_seen_and_dropped(client: RaviClient, alice: RaviClient) -> None:
    """Without a relay mail is held; it cannot be sent, and can be given up once."""
    await alice.mail.send("jo@example.com", "Out", "x")
    (row,) = await client.outbox.all()
    assert (row.state, row.to_email, row.subject) == ("held", "jo@example.com", "Out")
    with pytest.raises(TakenError, match="relay"):
        await client.outbox.retry(row.id)
    await client.outbox.drop(row.id)
    assert await client.outbox.all() == []
    with pytest.raises(MissingError):
        await client.outbox.drop(row.id)
