"""Plan and apply over the API."""

import asyncio

import pytest

from constellagent.errors import ConstellagentError, RefusedError
from constellagent.faces.web.routes.applying import _Items
from constellagent.runtime.control import StreamItem
from tests.faces.fake_control import plan_reply
from tests.faces.web.asking import BASE, FILE, ONE, Api

EVENT: StreamItem = {"event": {"subject": "docs", "text": "creates", "level": "info", "data": {}}}


async def test_a_plan_is_answered_as_the_daemon_made_it(api: Api) -> None:
    """All options reach the daemon, and its reply comes back whole."""
    api.control.plan_answer = plan_reply("+ docs")
    options = {"agents": ["docs"], "restart": ["docs"], "prune": True, "force": True, "env_names": ["PATH"]}
    assert await api.post(f"{ONE}/plan", options) == api.control.plan_answer
    assert api.last("plan") == {"file": FILE, "keep_env": True, **options}


async def test_an_apply_is_told_step_by_step(api: Api) -> None:
    """Each event is a line of its own, and the last line is the result."""
    api.control.items = [EVENT, EVENT]
    body = {"approved": "hash-1", "env": {"PATH": "/bin"}, "agents": ["docs"]}
    answer = await api.ask("POST", f"{ONE}/apply", body=body)
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert answer.lines == [EVENT, EVENT, {"result": api.control.result}]
    assert api.last("apply") == {"file": FILE, "keep_env": True, **body}


async def test_an_apply_without_a_shell_keeps_what_agents_were_given(api: Api) -> None:
    """A caller that gives no values takes none away."""
    answer = await api.ask("POST", f"{ONE}/apply", body={"approved": "hash-1"})
    assert answer.lines == [{"result": api.control.result}]
    assert (api.last("apply")["env"], api.last("apply")["keep_env"]) == ({}, True)


async def test_a_refused_apply_is_an_ordinary_error(api: Api) -> None:
    """An apply that the daemon does not begin has a status and no stream."""
    api.control.fail("apply", RefusedError("it moved", ["docs: 3 files"]))
    told = (await api.ask("POST", f"{ONE}/apply", body={"approved": "x", "env": {}}, status=409)).json
    assert told["details"] == {"losses": ["docs: 3 files"]}


async def test_an_apply_goes_on_without_its_client(api: Api) -> None:
    """A client that leaves in the middle does not end what it began."""
    api.control.items = [EVENT]
    api.control.gate = asyncio.Event()
    async with api.client.post(f"{BASE}{ONE}/apply", json={"approved": "hash-1", "env": {}}) as response:
        await response.content.readline()
    assert api.control.applied == 0
    api.control.gate.set()
    async with asyncio.timeout(30):
        while not api.control.applied:
            await asyncio.sleep(0.01)


async def test_a_slow_reader_is_told_what_it_missed() -> None:
    """Lines beyond what is kept are counted, and the result is never left out."""

    async def many() -> object:
        for _ in range(5000):
            yield EVENT
        yield StreamItem(result={"changed": 1})

    items = _Items()
    await items.fill(many())  # type: ignore[arg-type] # a generator of items
    told = [item async for item in items]
    assert told[-1] == {"result": {"changed": 1}}
    assert "904 lines were left out" in told[-2]["event"]["text"]


async def test_a_broken_apply_says_so() -> None:
    """Where the apply ends without a result its reader gets the error."""

    async def broken() -> object:
        yield EVENT
        raise ConstellagentError("the disk is full")

    items = _Items()
    await items.fill(broken())  # type: ignore[arg-type] # a generator of items
    told = aiter(items)
    assert await anext(told) == EVENT
    with pytest.raises(ConstellagentError, match="the disk is full"):
        await anext(told)
