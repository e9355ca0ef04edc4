"""The daemon, the constellations and their agents, as they are read over the API."""

import asyncio
from typing import Any

from constellagent.faces.web.live.board import Board
from constellagent.faces.web.routes import fleet
from constellagent.faces.web.routing import Call
from tests.faces.fake_control import FakeControl, agent_view
from tests.faces.web.asking import DOCS, FILE, ID, ONE, Api, constellation_view


async def test_the_daemon_says_who_it_is(api: Api) -> None:
    """The owner of the socket is told all about the daemon."""
    assert await api.get("/info") == {**await api.control.info()}


async def test_where_state_lies_is_for_admins() -> None:
    """A token that may only read is not told the state folder."""
    control = FakeControl()
    board = Board(control)
    reading = await fleet.info(Call(control, board, scope="read"))
    assert {**await control.info()} == {"home": "/state", **reading}
    await board.close()


async def test_constellations_are_listed_with_their_ids(api: Api) -> None:
    """The list holds each constellation, with the id that paths name it by."""
    listed = await api.get("/constellations")
    assert listed["next"] == ""
    assert listed["data"] == [{"id": ID, **constellation_view()}]


async def test_a_constellation_is_found_by_id_and_by_name(api: Api) -> None:
    """Both name the same constellation."""
    by_id = await api.get(ONE)
    assert by_id == await api.get("/constellations/acme")
    assert by_id["file"] == FILE


async def test_agents_and_services_are_listed(api: Api) -> None:
    """Each list is a page of its own."""
    agents = await api.get(f"{ONE}/agents")
    assert [agent["name"] for agent in agents["data"]] == ["docs", "auth"]
    services = await api.get(f"{ONE}/services")
    assert [service["name"] for service in services["data"]] == ["shop"]
    assert await api.get(DOCS) == agent_view("docs")


async def test_what_is_unknown_is_not_found(api: Api) -> None:
    """An unknown constellation and an unknown agent are 404, with a guess at what was meant."""
    lost = (await api.ask("GET", "/constellations/acne", status=404)).json
    assert "did you mean acme" in lost["detail"]
    lost = (await api.ask("GET", f"{ONE}/agents/dosc", status=404)).json
    assert "did you mean docs" in lost["detail"]


async def test_a_name_that_several_have_is_refused(api: Api) -> None:
    """Where a name is not unique the answer names the ids."""
    api.control.views.append(constellation_view(file="/other/constellation.yaml"))
    told = (await api.ask("GET", "/constellations/acme", status=404)).json
    assert ID in told["hint"]
    assert (await api.get(ONE))["file"] == FILE


async def test_one_that_was_just_applied_is_found_at_once(api: Api) -> None:
    """What the board does not know yet is looked for before it is called unknown."""
    await api.get("/constellations")
    api.control.views = [*api.control.views, constellation_view("fresh", "/fresh/constellation.yaml")]
    assert (await api.get("/constellations/fresh"))["name"] == "fresh"
    agents = await api.get("/constellations/fresh/agents")
    assert len(agents["data"]) == 2


async def test_an_unchanged_list_is_not_sent_again(api: Api) -> None:
    """With the ETag of before the answer is empty until something changes there."""
    first = await api.ask("GET", f"{ONE}/agents")
    mark = first.headers["ETag"]
    again = await api.ask("GET", f"{ONE}/agents", status=304, If_None_Match=mark)
    assert again.body == b""
    api.control.news.put_nowait({"agents": {FILE: [_row(agent_view("docs", "failed"))]}})
    async with asyncio.timeout(30):
        while (await api.get(DOCS))["state"] != "failed":
            await asyncio.sleep(0.01)
    changed = await api.ask("GET", f"{ONE}/agents", If_None_Match=mark)
    assert changed.json["data"][0]["state"] == "failed"
    assert changed.headers["ETag"] != mark


async def test_all_who_ask_cost_one_watch(api: Api) -> None:
    """However often it is asked, the daemon is watched once and never asked for a status."""
    for _ in range(20):
        await api.get("/constellations")
        await api.get(f"{ONE}/agents")
    assert [name for name, _ in api.control.asked] == ["watch"]


def _row(view: Any) -> dict[str, Any]:
    return {**view}
