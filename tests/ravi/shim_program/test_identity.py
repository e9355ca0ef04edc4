"""`ravi identity` inside a session: it sees itself, and makes or becomes nobody."""

import json

from tests.ravi.provided import Provided
from tests.ravi.shim_program.running import Agent, Shim, session

ALLOWED = {"CONSTELLAGENT_MAY_CREATE_IDENTITIES": "1"}


async def test_a_session_sees_only_itself(ada: Agent, ben: Agent) -> None:
    """The list has one row, with an empty number instead of null."""
    (row,) = await ada.json("identity", "list")
    assert (row["uuid"], row["inbox"]) == (ada.row["uuid"], ada.address)
    assert ben.address not in json.dumps(row)


async def test_a_session_cannot_create_or_become_others(ada: Agent, local: Provided) -> None:
    """Refused with the way to do it; where the variable alone says yes, the provider says no."""
    assert "constellation.yaml" in await ada.refused("identity", "create", "x")
    assert "cannot create identities" in await ada.refused("identity", "create", "x", **ALLOWED)
    assert "cannot become" in await ada.refused("identity", "use", ada.row["uuid"])
    got = await ada.shim.run("identity", "create", "x", env=session(local, local.key))
    assert "constellation.yaml" in json.loads(got.stderr)["error"]
    assert len((await local.ask("GET", "/api/identities/")).json()) == 1


async def test_where_it_is_allowed_it_works(shim: Shim, local: Provided) -> None:
    """A session that may gets the key of what it made; the name may be a bare word."""
    own = await local.identity()
    env = session(local, await local.provider.issue("s-1", own["uuid"], may_create=True)) | ALLOWED
    made = await shim.run("identity", "create", "feature-auth", "--provision-phone", "--json", env=env)
    assert json.loads(made.stdout)["name"] == "feature-auth"
    assert json.loads(made.stdout)["phone"].startswith("+1")
    assert json.loads(made.stdout)["api_key"].startswith("ravi_id_")
    made = await shim.run("identity", "create", "--name", "n", "--email=abc@x.test", env=env)
    assert json.loads(made.stdout)["inbox"] == "abc@x.test"
    again = await shim.run("identity", "create", "--email", "abc@x.test", env=env)
    assert json.loads(again.stderr)["error"].startswith("API error: The address abc@x.test is taken")
