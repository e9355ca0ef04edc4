"""The audit through the client, at a provider that really listens."""

import pytest

from constellagent.errors import ConflictError
from constellagent.ravi.client import MissingError, RaviClient, TakenError
from tests.ravi.client.conftest import opened
from tests.ravi.provided import Provided
from tests.ravi.scripted import answer, scripted

ELSEWHERE = "11111111-2222-3333-4444-555555555555"


async def test_lines_are_read_told_and_checked(local: Provided, client: RaviClient) -> None:
    """What was done is in the record, and what is told joins it; parts of it can be asked for."""
    row, own = await opened(local, "alice")
    async with own:
        await own.secrets.set("KEY", "canary")
    await client.audit.note(row["uuid"], "mail.read", about="Plan", value="canary")
    await client.audit.note(ELSEWHERE, "mail.list")
    lines = await client.audit.of(row["uuid"])
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    assert (lines[-1].action, lines[-1].about, lines[-1].result) == ("mail.read", "Plan", "ok")
    assert "canary" not in str(lines)
    assert await client.audit.of(row["uuid"], after=lines[-2].seq) == lines[-1:]
    assert await client.audit.of(row["uuid"], limit=1) == lines[-1:]
    assert {line.identity for line in await client.audit.everything()} == {row["uuid"], ELSEWHERE}
    assert len(await client.audit.everything(limit=1)) == 1
    with pytest.raises(MissingError):
        await client.audit.of(ELSEWHERE.replace("1", "9"))

    found = await client.audit.verify()
    assert found.ok
    assert {chain.identity for chain in found.identities} == {row["uuid"], ELSEWHERE}
    with pytest.raises(TakenError):
        await client.audit.restart(ELSEWHERE)


async def test_damage_is_for_a_person_and_not_tried_again() -> None:
    """A broken record does not heal by asking again; for a change it is no doubt either."""
    broken = answer(500, {"error": {"code": "audit.broken", "message": "line 2 was changed"}})
    async with scripted(broken) as script, RaviClient(script.url, "ravi_mgmt_k") as client:
        for call in (
            client.audit.of(ELSEWHERE),
            client.secrets.set("KEY", "x"),
            client.audit.note("u", "a.b"),
        ):
            with pytest.raises(ConflictError, match="line 2 was changed") as raised:
                await call
            assert "audit verify" in raised.value.hint
    assert len(script.asked) == 3
