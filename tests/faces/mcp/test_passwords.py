"""Tools for logins at sites."""

from tests.faces.mcp.conftest import Agent


async def test_a_login_is_stored_found_changed_and_removed(alice: Agent) -> None:
    """A made-up password is given at once and again by domain; the list never shows it."""
    made = await alice.use("ravi_passwords_create", domain="https://app.example.com/sign-up")
    assert (made["domain"], made["username"]) == ("example.com", alice.address)
    assert len(made["password"]) >= 12
    listed = await alice.use("ravi_passwords_list", domain="EXAMPLE")
    assert [row["uuid"] for row in listed["passwords"]] == [made["uuid"]]
    assert made["password"] not in str(listed)
    assert (await alice.use("ravi_passwords_get", domain="www.example.com"))["password"] == made["password"]

    await alice.use("ravi_passwords_update", uuid=made["uuid"], password="new one", notes="2026")
    found = await alice.use("ravi_passwords_get", uuid=made["uuid"])
    assert (found["password"], found["notes"], found["username"]) == ("new one", "2026", alice.address)

    assert await alice.use("ravi_passwords_delete", uuid=made["uuid"]) == {"deleted": made["uuid"]}
    assert (await alice.use("ravi_passwords_list"))["passwords"] == []


async def test_which_login_is_meant_must_be_clear(alice: Agent) -> None:
    """Several logins for a domain, none, or nothing to go by: the model is told what to give."""
    assert "uuid or the domain" in await alice.fail("ravi_passwords_get")
    for name in ("one", "two"):
        await alice.use("ravi_passwords_create", domain="example.com", username=name)
    told = await alice.fail("ravi_passwords_get", domain="example.com")
    assert "2 logins" in told
    assert "one at example.com" in told
    assert "no logins" in await alice.fail("ravi_passwords_get", domain="other.test")
    assert "nothing is to change" in await alice.fail("ravi_passwords_update", uuid="u")


async def test_a_password_is_made_up_as_wished(alice: Agent) -> None:
    """Length and classes are kept, and nothing is stored."""
    made = await alice.use("ravi_passwords_generate", length=40, special=False, exclude_chars="abc")
    assert len(made["password"]) == 40
    assert made["password"].isalnum()
    assert not set("abc") & set(made["password"])
    assert (await alice.use("ravi_passwords_list"))["passwords"] == []


async def test_another_agents_logins_do_not_exist(alice: Agent, robert: Agent) -> None:
    """A login of somebody else cannot be read, changed or removed, by uuid or by domain."""
    made = await alice.use("ravi_passwords_create", domain="example.com")
    for tool, more in (
        ("ravi_passwords_get", {}),
        ("ravi_passwords_update", {"notes": "x"}),
        ("ravi_passwords_delete", {}),
    ):
        assert "is not yours" in await robert.fail(tool, uuid=made["uuid"], **more)
    assert "no logins" in await robert.fail("ravi_passwords_get", domain="example.com")
    assert (await alice.use("ravi_passwords_get", uuid=made["uuid"]))["notes"] == ""
