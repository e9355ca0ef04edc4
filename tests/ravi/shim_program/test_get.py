"""`ravi get`, `domains` and `sso`: what the session has of its own, printed as the real client prints it."""

import json

from tests.ravi.provided import Provided
from tests.ravi.shim_program.running import Agent, Shim, session


async def test_a_session_reads_its_own_address_number_and_owner(shim: Shim, local: Provided) -> None:
    """JSON exactly as the real client prints it: two spaces, and an empty line after it."""
    row = await local.identity(email_identifier="docs", provision_phone=True)
    env = session(local, await local.identity_key(row["uuid"]))
    email = await shim.run("get", "email", env=env)
    assert (email.returncode, email.stderr) == (0, "")
    body = json.loads(email.stdout)
    assert body == {"id": body["id"], "email": row["inbox"], "created_dt": row["created_dt"]}
    assert email.stdout == json.dumps(body, indent=2) + "\n\n"
    phone = await shim.run("get", "phone", env=env)
    assert json.loads(phone.stdout)["phone_number"] == row["phone"]
    owner = await shim.run("get", "owner", env=env)
    assert json.loads(owner.stdout).keys() == {"first_name", "last_name"}
    listed = await shim.run("identity", "list", env=env)
    assert [each["uuid"] for each in json.loads(listed.stdout)] == [row["uuid"]]


async def test_json_is_a_no_op_and_plain_is_bare(shim: Shim, local: Provided) -> None:
    """`--json` anywhere changes nothing; `--plain` prints the value alone."""
    row = await local.identity(provision_phone=True)
    env = session(local, await local.identity_key(row["uuid"]))
    usual = (await shim.run("get", "email", env=env)).stdout
    assert (await shim.run("get", "email", "--json", env=env)).stdout == usual
    assert (await shim.run("--json", "get", "email", env=env)).stdout == usual
    assert (await shim.run("get", "email", "--plain", env=env)).stdout == f"{row['inbox']}\n"
    assert (await shim.run("get", "phone", "--plain", env=env)).stdout == f"{row['phone']}\n"
    plain = await shim.run("identity", "list", "--plain", env=env)
    assert plain.stdout == f"{row['name']}\t{row['inbox']}\t{row['phone']}\n"


async def test_a_missing_number_is_an_error_in_json(shim: Shim, local: Provided) -> None:
    """As the real client says it, on stderr with exit code 1; a null number is an empty one in a list."""
    row = await local.identity()
    env = session(local, await local.identity_key(row["uuid"]))
    phone = await shim.run("get", "phone", env=env)
    assert (phone.returncode, phone.stdout) == (1, "")
    assert json.loads(phone.stderr) == {"error": "no phone number assigned"}
    assert json.loads((await shim.run("identity", "list", env=env)).stdout)[0]["phone"] == ""


async def test_the_domains_are_listed(ada: Agent) -> None:
    """The domain of the session's mailbox is among them."""
    assert ada.address.partition("@")[2] in (await ada.plain("domains")).splitlines()


async def test_a_token_proves_who_the_session_is(ada: Agent, local: Provided) -> None:
    """The provider tells a service that shows it the token whose it is."""
    token = await ada.plain("sso", "token")
    assert token.startswith("rvt_")
    verified = await local.ask("POST", "/api/sso/verify/", key="", body={"token": token})
    assert verified.json()["identity_uuid"] == ada.row["uuid"]
    assert (await ada.json("sso", "token")).keys() == {"token", "expires_at"}
