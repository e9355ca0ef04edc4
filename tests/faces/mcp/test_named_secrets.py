"""Tools for values under names."""

from tests.faces.mcp.conftest import Agent


async def test_a_secret_is_stored_replaced_and_removed(alice: Agent) -> None:
    """The list shows names only; a second value takes the place of the first."""
    await alice.use("ravi_secrets_set", key="stripe_key", value="sk_1", notes="test mode")
    await alice.use("ravi_secrets_set", key="STRIPE_KEY", value="sk_2")
    listed = await alice.use("ravi_secrets_list")
    assert [row["key"] for row in listed["secrets"]] == ["STRIPE_KEY"]
    assert "sk_" not in str(listed)
    found = await alice.use("ravi_secrets_get", key="Stripe_Key")
    assert (found["value"], found["notes"]) == ("sk_2", "test mode")
    assert await alice.use("ravi_secrets_delete", key="stripe_key") == {"deleted": "STRIPE_KEY"}
    assert "ravi_secrets_list" in await alice.fail("ravi_secrets_get", key="stripe_key")
    assert "no secret" in await alice.fail("ravi_secrets_delete", key="stripe_key")


async def test_a_name_that_the_provider_refuses_is_explained(alice: Agent) -> None:
    """What is no name of a secret comes back with the provider's words."""
    assert "key" in await alice.fail("ravi_secrets_set", key="9 lives", value="x")


async def test_another_agents_secrets_do_not_exist(alice: Agent, robert: Agent) -> None:
    """A secret of somebody else is not found, and one of the same name is another one."""
    await alice.use("ravi_secrets_set", key="TOKEN", value="of alice")
    assert "no secret TOKEN" in await robert.fail("ravi_secrets_get", key="TOKEN")
    await robert.use("ravi_secrets_set", key="TOKEN", value="of robert")
    assert (await alice.use("ravi_secrets_get", key="TOKEN"))["value"] == "of alice"
