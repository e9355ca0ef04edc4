"""Calls, which the embedded provider does not offer."""

import pytest
from ravi.errors import RaviError

from tests.ravi.local.test_sdk import use
from tests.ravi.provided import Provided

ROUTES = [
    ("GET", "/api/calls/"),
    ("POST", "/api/calls/start/"),
    ("POST", "/api/calls/7/hangup/"),
    ("GET", "/api/calls/7/transcript/"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_calls_are_not_offered(local: Provided, method: str, path: str) -> None:
    """Who may ask is told so; who may not is told only that."""
    row, other = await local.identity(provision_phone=True), await local.identity()
    key = await local.identity_key(row["uuid"])
    for allowed in (key, local.key):
        answer = await local.ask(method, path, key=allowed, body={"to_number": "+12025550199"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (501, "calls.not_offered")
        assert answer.json()["detail"] == "Calls are not offered by the local provider."
    assert (await local.ask(method, path, key="")).status_code == 401
    assert (await local.ask(method, f"{path}?identity={other['uuid']}", key=key)).status_code == 403


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_voice_agents_are_not_offered(local: Provided, method: str) -> None:
    """The identity must exist and lie inside the fence, before anything is said about it."""
    row, other = await local.identity(), await local.identity()
    key = await local.identity_key(row["uuid"])
    statuses = {
        (uuid, asked): (
            await local.ask(method, f"/api/identities/{uuid}/voice-agent/", key=asked, body={})
        ).status_code
        for uuid in (row["uuid"], other["uuid"], "none")
        for asked in (key, local.key, "wrong")
    }
    assert statuses == {
        (row["uuid"], key): 501,
        (other["uuid"], key): 403,
        ("none", key): 403,
        (row["uuid"], local.key): 501,
        (other["uuid"], local.key): 501,
        ("none", local.key): 404,
        **{(uuid, "wrong"): 401 for uuid in (row["uuid"], other["uuid"], "none")},
    }


async def test_the_public_client_is_told_at_once(local: Provided) -> None:
    """The SDK raises the refusal without trying again."""
    row = await local.identity(provision_phone=True)
    with pytest.raises(RaviError) as refused:
        await use(local, lambda ravi: ravi.identities.get(row["uuid"]).phone.call("+12025550199"))
    assert (refused.value.status, refused.value.code) == (501, "calls.not_offered")
