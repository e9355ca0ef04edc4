"""The fleet over the daemon's API: who is asking, and how an agent is found."""

import pytest

from constellagent.errors import ConstellagentError, RefusedError, UnavailableError, UsageError
from constellagent.faces.mcp.fleet import Fleet
from constellagent.runtime.paths import Paths
from tests.faces.mcp.conftest import Crew
from tests.faces.web.house import ID, OTHER_ID


async def test_who_may_act(crew: Crew) -> None:
    """The person and a token of scope admin may; one of scope read may look; one of an agent has no fleet."""
    assert await crew.fleet.may_act()
    assert await (await crew.with_token("admin")).fleet.may_act()
    assert not await (await crew.with_token("read")).fleet.may_act()
    one = await crew.with_token("agent", agent="docs", constellation=ID)
    with pytest.raises(RefusedError, match="docs alone"):
        await one.fleet.may_act()


async def test_a_token_that_is_none_is_not_the_person(crew: Crew) -> None:
    """A wrong token never falls back to who owns the socket, and is not repeated."""
    fleet = Fleet(crew.house.settings.paths.api_socket, "cst_canary")
    with pytest.raises(ConstellagentError, match="lets nobody in") as raised:
        await fleet.may_act()
    assert "canary" not in f"{raised.value} {raised.value.hint}"


async def test_without_a_daemon(paths: Paths) -> None:
    """Nobody there is said as such."""
    with pytest.raises(UnavailableError):
        await Fleet(paths.api_socket).may_act()


async def test_an_agent_is_found_by_its_name(crew: Crew) -> None:
    """A name in one constellation is enough; one in several needs the constellation, by name or id."""
    place, row = await crew.fleet.agent({"agent": "auth"})
    assert (place, row["name"]) == (f"/constellations/{ID}/agents/auth", "auth")
    with pytest.raises(UsageError, match="2 constellations") as raised:
        await crew.fleet.agent({"agent": "docs"})
    assert ID in raised.value.hint
    assert OTHER_ID in raised.value.hint
    for name in ("other", OTHER_ID):
        place, _ = await crew.fleet.agent({"agent": "docs", "constellation": name})
        assert place == f"/constellations/{OTHER_ID}/agents/docs"


async def test_names_that_nobody_has(crew: Crew) -> None:
    """The nearest name is offered."""
    with pytest.raises(UsageError, match=r"no agent 'aut'.*auth"):
        await crew.fleet.agent({"agent": "aut"})
    with pytest.raises(UsageError, match="no constellation 'nope'") as raised:
        await crew.fleet.constellations("nope")
    assert "acme" in raised.value.hint


async def test_a_session_is_never_a_way_to_somewhere_else(crew: Crew) -> None:
    """What a model gives as a session's id stays one part of the path."""
    place = await crew.fleet.subject({"agent": "auth", "session": "../../tokens?x=1#y"})
    assert place == f"/constellations/{ID}/sessions/..%2F..%2Ftokens%3Fx%3D1%23y"
    assert await crew.fleet.subject({"agent": "auth"}) == f"/constellations/{ID}/agents/auth"
