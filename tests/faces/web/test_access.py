"""The operations about access itself; tests/reliability/test_web_*.py misuse them."""

import asyncio
import os
import time

import pytest

from constellagent.faces.web import access
from tests.faces.web.house import ID, House, bearer, named


async def test_the_page_is_opened_where_it_was_asked_for(house: House) -> None:
    """The address logs in and says where to go: a constellation, or one of its agents."""
    for body, where in (
        ({}, ""),
        ({"constellation": "acme"}, f"&go=/c/{ID}"),
        ({"constellation": ID, "agent": "docs", "read_only": True}, f"&go=/c/{ID}/agents/docs"),
    ):
        view = (await house.ask("POST", "/web", body=body, unix=True)).json
        start, _, rest = view["url"].partition("/#code=")
        assert start == house.origin
        assert rest[22:] == where
        assert view["on"] is True
    assert (await house.ask("POST", "/web", body={"agent": "docs"}, unix=True)).status == 422
    assert (await house.ask("POST", "/web", body={"constellation": "x"}, unix=True)).status == 404


async def test_what_leads_to_a_code_is_removed_with_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that sends a browser on to a code goes when the code has expired, without another one."""
    monkeypatch.setattr(access, "CODE_LIFE", -1.0)
    file = house.settings.paths.web / "open-0123.html"
    file.write_text("a code")
    long_ago = time.time() - 100
    os.utime(file, (long_ago, long_ago))
    assert (await house.ask("POST", "/web", body={}, unix=True)).status == 200
    async with asyncio.timeout(30):
        while file.exists():
            await asyncio.sleep(0.01)


async def test_a_caller_is_told_who_they_are(house: House) -> None:
    """By token, by cookie and on the unix socket."""
    token = bearer(await house.token("read"))
    assert (await house.ask("GET", "/me", **token)).json["via"] == "token"
    assert (await house.ask("GET", "/me", unix=True, **token)).json["scope"] == "read"
    page = named(await house.log_in(read_only=True))
    me = (await house.ask("GET", "/me", **page)).json
    assert (me["scope"], me["via"]) == ("read", "cookie")
    out = await house.ask("POST", "/logout", **page)
    assert out.status == 204
    assert "Max-Age=0" in out.headers["set-cookie"]
    assert (await house.ask("GET", "/me", **page)).status == 401


async def test_the_api_describes_itself(house: House) -> None:
    """To whoever was let in."""
    reply = await house.ask("GET", "/openapi.json", **bearer(await house.token("read")))
    assert reply.json["openapi"] == "3.1.0"
    assert "/openapi.json" in reply.json["paths"]


async def test_a_token_for_an_agent_names_its_constellation(house: House) -> None:
    """By id or name, and one that does not exist is refused."""
    body = {"name": "x", "scope": "agent", "constellation": "acme", "agent": "docs"}
    assert (await house.ask("POST", "/tokens", body=body, unix=True)).json["constellation"] == ID
    wrong = {**body, "constellation": "nope"}
    assert (await house.ask("POST", "/tokens", body=wrong, unix=True)).status == 422
