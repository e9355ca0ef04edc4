"""Tools for whom the identity knows."""

from tests.faces.mcp.conftest import Agent


async def test_contacts_come_from_mail_and_by_hand(alice: Agent, robert: Agent) -> None:
    """Whom one wrote to is a contact; others are added, found by part of a name, changed and removed."""
    await alice.use("ravi_email_send", to=robert.address, subject="Hi", body="x")
    (known,) = (await alice.use("ravi_contacts_search"))["contacts"]
    assert (known["email"], known["source"], known["interaction_count"]) == (robert.address, "auto", 1)

    made = await alice.use("ravi_contacts_create", email="jo@example.com", display_name="Jo March")
    found = await alice.use("ravi_contacts_search", query="march")
    assert [row["uuid"] for row in found["contacts"]] == [made["uuid"]]
    changed = await alice.use("ravi_contacts_update", uuid=made["uuid"], nickname="J", is_trusted=True)
    assert (changed["nickname"], changed["is_trusted"], changed["email"]) == ("J", True, "jo@example.com")
    await alice.use("ravi_contacts_delete", uuid=made["uuid"])
    assert (await alice.use("ravi_contacts_search", query="march"))["total"] == 0


async def test_mistakes_are_explained(alice: Agent) -> None:
    """A contact without address and number, a second one, a change of nothing."""
    assert "email address or a phone number" in await alice.fail("ravi_contacts_create", nickname="J")
    await alice.use("ravi_contacts_create", email="jo@example.com")
    assert "change the one that is there" in await alice.fail("ravi_contacts_create", email="jo@example.com")
    assert "nothing is to change" in await alice.fail("ravi_contacts_update", uuid="u")


async def test_another_agents_contacts_do_not_exist(alice: Agent, robert: Agent) -> None:
    """A contact of somebody else cannot be found, changed or removed."""
    made = await alice.use("ravi_contacts_create", email="jo@example.com", display_name="Jo")
    assert (await robert.use("ravi_contacts_search", query="jo"))["contacts"] == []
    assert "is not yours" in await robert.fail("ravi_contacts_update", uuid=made["uuid"], nickname="x")
    assert "is not yours" in await robert.fail("ravi_contacts_delete", uuid=made["uuid"])
