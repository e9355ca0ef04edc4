"""`ravi contacts`: whom a session knows, by its own hand and by who wrote to it."""

from tests.ravi.shim_program.running import Agent


async def test_a_contact_is_added_found_changed_and_removed(ada: Agent) -> None:
    """Every verb, with the fields as they are on the wire."""
    words = ("--email", "cy@x.test", "--phone", "+12025550111", "--display-name", "Cy", "--trusted")
    made = await ada.json("contacts", "create", *words)
    assert (made["email"], made["phone_number"], made["is_trusted"]) == ("cy@x.test", "+12025550111", True)
    assert [row["uuid"] for row in await ada.json("contacts", "search", "cy")] == [made["uuid"]]
    changed = await ada.json("contacts", "update", made["uuid"], "--nickname", "C", "--trusted=false")
    assert (changed["nickname"], changed["is_trusted"], changed["display_name"]) == ("C", False, "Cy")
    assert await ada.json("contacts", "get", made["uuid"]) == changed
    assert await ada.plain("contacts", "list") == f"{made['uuid']}\tCy\tcy@x.test\t+12025550111"
    assert await ada.json("contacts", "delete", made["uuid"]) == {"status": "deleted"}
    assert await ada.json("contacts", "list") == []


async def test_who_wrote_is_known(ada: Agent, ben: Agent) -> None:
    """A mail makes its sender a contact of the receiver."""
    await ada.gets_mail("Hello", "x", ben)
    assert [row["email"] for row in await ada.json("contacts", "list")] == [ben.address]


async def test_what_is_missing_is_said(ada: Agent) -> None:
    """A contact of nothing, and one that is not there."""
    assert "say what is known" in await ada.refused("contacts", "create")
    uuid = "00000000-0000-4000-8000-000000000000"
    assert "No Contact matches" in await ada.refused("contacts", "get", uuid)
