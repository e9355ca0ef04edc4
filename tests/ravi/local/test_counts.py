"""What is unread and stored, counted for all identities at once."""

from constellagent.ravi.client import RaviClient
from tests.ravi.provided import Provided


async def test_counts_are_those_of_each_identity(local: Provided, client: RaviClient) -> None:
    """Unread mail and texts, passwords and secrets are counted apart; nothing is told of it in the audit."""
    rows = [await local.identity(email_identifier=name, provision_phone=True) for name in ("alice", "robert")]
    alice, robert = (client.of(row["uuid"]) for row in rows)
    for subject in ("One", "Two"):
        await alice.mail.send("robert@constellagent.test", subject, "x")
    await alice.texts.send(rows[1]["phone"], "x")
    await alice.secrets.set("KEY", "value")
    for domain in ("a.test", "b.test"):
        await robert.passwords.create(domain)
    before = len(await client.audit.everything())
    found = {row.identity: row for row in await client.audit.counts()}
    first, second = (found[row["uuid"]] for row in rows)
    assert (first.unread_mail, first.unread_texts, first.passwords, first.secrets) == (0, 0, 0, 1)
    assert (second.unread_mail, second.unread_texts, second.passwords, second.secrets) == (2, 1, 2, 0)
    assert len(await client.audit.everything()) == before


async def test_an_identitys_key_counts_its_own(local: Provided) -> None:
    """Another identity is not in the answer; one that was put away is, for who manages the account."""
    rows = [await local.identity(email_identifier=name) for name in ("alice", "robert")]
    key = await local.identity_key(rows[0]["uuid"])
    own = (await local.ask("GET", "/api/counts/", key=key)).json()
    assert [row["identity"] for row in own] == [rows[0]["uuid"]]
    await local.ask("POST", f"/api/identities/{rows[1]['uuid']}/archive/")
    everybody = (await local.ask("GET", "/api/counts/")).json()
    assert [row["identity"] for row in everybody] == [row["uuid"] for row in rows]
    await local.ask("DELETE", f"/api/identities/{rows[1]['uuid']}/")
    assert len((await local.ask("GET", "/api/counts/")).json()) == 1
