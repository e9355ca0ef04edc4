"""Tools about the identity itself."""

from tests.faces.mcp.conftest import Agent


async def test_an_agent_knows_its_own_address_and_number(alice: Agent) -> None:
    """Address, number and owner are those of the identity whose key it is."""
    assert (await alice.use("ravi_get_email"))["email"] == alice.address
    assert (await alice.use("ravi_get_phone"))["phone_number"] == alice.phone
    assert (await alice.use("ravi_get_owner"))["last_name"] == "Owner"


async def test_without_a_number_the_model_is_told_what_to_do(robert: Agent) -> None:
    """An identity without a number says so, and what can be done instead."""
    assert "email address" in await robert.fail("ravi_get_phone")
