"""Who gets through to the API: by host, by origin, by what they show, and by what that is for."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from typing import Any

import pytest

from constellagent.faces.web.access import ROUTES
from constellagent.faces.web.routing import Held, Route
from constellagent.faces.web.serving import OPERATIONS
from constellagent.runtime.settings import Settings
from tests.faces.web.house import FILE, ID, OTHER_ID, House, bearer, compose, housing, named, say

ALL: tuple[Route | Held, ...] = (*ROUTES, *OPERATIONS)
UPGRADE: dict[str, Any] = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture
async def house(home: Settings) -> AsyncIterator[House]:
    """Give the running web face."""
    async with housing(home) as running:
        yield running


def method_of(operation: Route | Held) -> str:
    """Return the method of an operation."""
    return operation.method if isinstance(operation, Route) else "GET"


def filled(operation: Route | Held) -> str:
    """Return a path of the operation, with names that exist where they matter."""
    names = {"constellation": ID, "agent": "docs"}
    return "/".join(
        names.get(part[1:-1], "x1") if part.startswith("{") else part for part in operation.path.split("/")
    )


def ports(host: str, port: int) -> str:
    """Return the host with the running port in it."""
    return host.replace("PORT", str(port)).replace("NEXT", str(port + 1))


@pytest.mark.parametrize(
    "host", ["127.0.0.1:PORT", "127.0.0.1", "localhost:PORT", "LocalHost:PORT", "[::1]:PORT", "localhost"]
)
async def test_e1_a_host_of_this_machine_is_let_through(house: House, host: str) -> None:
    """E1: a browser may come under each name of this machine; what is missing then is a token."""
    reply = await house.raw(compose("GET", "/api/v1/info", {"Host": ports(host, house.port)}))
    assert reply.status == 401


@pytest.mark.parametrize(
    "host",
    [
        "evil.com",
        "evil.com:PORT",
        "127.0.0.1.evil.com:PORT",
        "localhost.evil.com:PORT",
        "localhost.:PORT",
        "127.0.0.1:NEXT",
        "127.0.0.1:PORT:PORT",
        "127.0.0.1:",
        "127.0.0.1@evil.com:PORT",
        "0.0.0.0:PORT",
        "[::]:PORT",
        "[::1:PORT",
        "::1:PORT",
        "2130706433:PORT",
        "127.1:PORT",
        "",
        ":PORT",
    ],
)
@pytest.mark.parametrize("kind", ["page", "api", "nowhere", "socket"])
async def test_e1_a_foreign_host_is_refused_before_all_else(house: House, host: str, kind: str) -> None:
    """E1: a name that was pointed at this machine gets nothing, with a right token too, and no page."""
    token = await house.token()
    targets = {"page": "/", "api": "/api/v1/info", "nowhere": "/nowhere", "socket": "/api/v1/live"}
    headers = {"Host": ports(host, house.port), **bearer(token), **(UPGRADE if kind == "socket" else {})}
    reply = await house.raw(compose("GET", targets[kind], headers))
    assert reply.status in {400, 403}
    assert reply.headers["content-type"] == "application/problem+json"
    assert b"token" not in reply.body


async def test_e1_no_host_two_hosts_and_a_second_host_in_the_address_are_refused(house: House) -> None:
    """E1: a request that does not say once, and consistently, where it is for gets nothing."""
    right = ("Host", house.host)
    for target, headers in (
        ("/", []),
        ("/", [right, right]),
        ("/", [right, ("Host", "evil.com")]),
        ("http://evil.com/api/v1/info", [right]),
        (f"http://evil.com:{house.port}/", [right]),
        (f"https://{house.host}/", [right]),
        ("evil.com:443", [right]),
        ("*", [right]),
    ):
        reply = await house.raw(compose("GET", target, headers))
        assert reply.status in {400, 403}, target
    same = await house.raw(compose("GET", f"http://{house.host}/api/v1/info", [right]))
    assert same.status == 401


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.com",
        "http://localhost:NEXT",
        "http://127.0.0.1:NEXT",
        "https://127.0.0.1:PORT",
        "http://127.0.0.1",
        "http://localhost:PORT",
        "http://127.0.0.1.evil.com:PORT",
        "http://127.0.0.1:PORT.evil.com",
        "http://127.0.0.1:PORT/",
        "file://",
        "chrome-extension://abcdef",
    ],
)
@pytest.mark.parametrize("kind", ["read", "act", "socket"])
async def test_e2_a_foreign_origin_is_refused(house: House, origin: str, kind: str) -> None:
    """E2: another port of this machine is foreign too, and a WebSocket is refused before it is one."""
    page = await house.log_in()
    path = {"read": "/me", "act": "/logout", "socket": "/live"}[kind]
    headers = {"Host": house.host, **page, "Origin": ports(origin, house.port)}
    headers |= UPGRADE if kind == "socket" else {}
    reply = await house.raw(compose("POST" if kind == "act" else "GET", f"/api/v1{path}", headers))
    assert reply.status == 403
    assert "set-cookie" not in reply.headers
    assert (await house.ask("GET", "/me", **named(page))).status == 200


async def test_e2_without_an_origin_only_a_token_acts_or_opens_a_socket(house: House) -> None:
    """E2: what a login shows does not show where it is shown; a program with a token has no origin."""
    page = await house.log_in()
    login = {name: page[name] for name in ("Cookie", "X-Constellagent")}
    login = named(login)
    token = bearer(await house.token())
    assert (await house.ask("GET", "/live", **login, **UPGRADE)).status == 403
    assert (await house.ask("GET", "/live", **token, **UPGRADE)).status == 101
    assert (await house.ask("POST", "/logout", **login)).status == 403
    assert (await house.ask("POST", "/logout", **token)).status == 204
    assert (await house.ask("GET", "/me", **login)).status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_e2_what_the_browser_calls_foreign_is_refused(house: House, site: str) -> None:
    """E2: a page on another port sends the cookie and, for a picture, no Origin; the browser says so."""
    page = named(await house.log_in())
    reply = await house.ask("GET", "/me", **page, Sec_Fetch_Site=site)
    assert reply.status == 403
    assert (await house.ask("GET", "/me", **page, Sec_Fetch_Site="same-origin")).status == 200


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "x/json"],
)
async def test_e3_a_form_does_nothing(house: House, kind: str) -> None:
    """E3: what a foreign page can send without asking first is refused, with the cookie and with a token."""
    page = await house.log_in()
    body = b'{"name":"x","scope":"admin"}'
    typed = {"Content-Type": kind} if kind else {}
    simple = {"Host": house.host, "Cookie": page["Cookie"], "Origin": house.origin, **typed}
    assert (await house.raw(compose("POST", "/api/v1/tokens", simple, body))).status == 401
    marked = {**simple, "X-Constellagent": page["X-Constellagent"]}
    assert (await house.raw(compose("POST", "/api/v1/tokens", marked, body))).status == 415
    token = {"Host": house.host, **bearer(await house.token()), **typed}
    assert (await house.raw(compose("POST", "/api/v1/tokens", token, body))).status == 415
    assert [one["name"] for one in (await house.ask("GET", "/tokens", unix=True)).json["data"]] == ["t"]


async def test_e3_no_preflight_is_answered(house: House) -> None:
    """E3: a foreign page that asks whether it may is told nothing."""
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-constellagent"}
    headers = {"Host": house.host, "Origin": "http://evil.com", **asked}
    reply = await house.raw(compose("OPTIONS", "/api/v1/tokens", headers))
    assert reply.status == 403
    assert not [name for name in reply.headers if name.startswith("access-control")]


def test_e3_every_read_is_safe() -> None:
    """E3: what acts is no GET: each GET is a handler that only asks, by the name of what it asks."""
    acting = {"send", "stop", "run", "apply", "trust", "adopt", "change", "shutdown"}
    for operation in ALL:
        if method_of(operation) == "GET" and isinstance(operation, Route):
            code = getattr(operation.handler, "__code__", None)
            assert code is not None
            assert not acting & set(code.co_names), operation.path


@pytest.mark.parametrize("shown", ["nothing", "wrong token", "wrong cookie", "half a token", "basic"])
async def test_e4_every_operation_needs_access(home: Settings, shown: str) -> None:
    """E4: each route and each WebSocket, without access: 401. A new one cannot forget it."""
    async with housing(home) as house:
        token = await house.token()
        cookie = f"constellagent-{house.port}=nonsense"
        headers: dict[str, Any] = {
            "nothing": {},
            "wrong token": bearer("cst_nonsense"),
            "wrong cookie": {"Cookie": cookie},
            "half a token": bearer(token[:-1]),
            "basic": {"Authorization": "Basic eDp5"},
        }[shown]
        for operation in ALL:
            if isinstance(operation, Route) and operation.public:
                continue
            more = UPGRADE if isinstance(operation, Held) and operation.kind == "websocket" else {}
            path, method = filled(operation), method_of(operation)
            reply = await house.ask(method, path, **house_headers(house), **headers, **more)
            assert reply.status in {401, 429}, f"{method} {path}"
            assert (reply.status == 429) <= (shown in {"wrong token", "half a token", "basic"})
            assert reply.headers["content-type"] == "application/problem+json"
    assert not house.control.asked


@pytest.mark.parametrize("shown", ["nothing", "a guess", "that of another", "the cookie", "an address"])
async def test_e4_a_cookie_alone_lets_nobody_in(house: House, shown: str) -> None:
    """E4: what listens at another port gets the cookie and can say anything else: 401 on every operation."""
    page, other = await house.log_in(), await house.log_in()
    secret = {
        "nothing": "",
        "a guess": "1",
        "that of another": other["X-Constellagent"],
        "the cookie": page["Cookie"].partition("=")[2],
        "an address": "",
    }[shown]
    query = f"?page={page['X-Constellagent']}" if shown == "an address" else ""
    base = {"Host": house.host, "Origin": house.origin, "Cookie": page["Cookie"]}
    for operation in ALL:
        if isinstance(operation, Route) and operation.public:
            continue
        headers = base | ({"X-Constellagent": secret} if secret else {})
        if isinstance(operation, Held) and operation.kind == "websocket":
            headers = base | UPGRADE | {"Sec-WebSocket-Protocol": f"constellagent, page.{secret}"}
        target = f"/api/v1{filled(operation)}{query}"
        reply = await house.raw(compose(method_of(operation), target, headers))
        assert reply.status == 401, f"{method_of(operation)} {operation.path}"
    assert not house.control.asked


async def test_e4_a_page_opens_a_socket_with_its_secret(house: House) -> None:
    """E4: offered as a subprotocol; the answer names ours, and never the secret."""
    page = await house.log_in()
    offered = {"Sec-WebSocket-Protocol": f"constellagent, page.{page.pop('X-Constellagent')}"}
    reply = await house.raw(
        compose("GET", "/api/v1/live", {"Host": house.host, **page, **offered, **UPGRADE})
    )
    assert reply.status == 101
    assert reply.headers["sec-websocket-protocol"] == "constellagent"


@pytest.mark.parametrize("path", ["/events", "/live"])
async def test_e4_what_is_held_open_ends_with_its_token(house: House, path: str) -> None:
    """E4: a token that expires meanwhile ends its connection, also where nothing is said on it."""
    said = b""
    for seconds in (0.6, 6.0, 30.0):  # where it had expired before it was shown, the next one lives longer
        token = await house.token("read", days=seconds / 86_400)
        reader, writer = await house.tcp()
        with closing(writer):
            headers = {"Host": house.host, **bearer(token), **(UPGRADE if path == "/live" else {})}
            writer.write(compose("GET", f"/api/v1{path}", headers))
            said = await reader.readline()
            if b" 401 " in said:
                continue
            async with asyncio.timeout(seconds + 30):
                await reader.read()  # until the end
            break
    assert b" 101 " in said or b" 200 " in said
    assert (await house.ask("GET", "/me", **bearer(token))).status == 401


async def test_e4_what_is_held_open_has_no_head(house: House) -> None:
    """E4: asking for the head of a stream without end opens none."""
    headers = {"Host": house.host, **bearer(await house.token())}
    for operation in OPERATIONS:
        if isinstance(operation, Held):
            reply = await house.raw(compose("HEAD", f"/api/v1{filled(operation)}", headers))
            assert (reply.status, reply.headers["allow"]) == (405, "GET")


def house_headers(house: House) -> dict[str, Any]:
    """Return what the page sends with all that acts, as keywords."""
    return {name.replace("-", "_"): value for name, value in house.page_headers.items()}


def needing(what: str) -> Iterator[Route | Held]:
    """Yield the operations that an agent's token, or one for reading, must not reach."""
    for operation in ALL:
        if isinstance(operation, Route) and (operation.public or operation.harmless):
            continue
        acts = method_of(operation) != "GET" or operation.scope == "admin"
        if (what == "read" and acts) or (what == "agent" and not operation.own):
            yield operation


@pytest.mark.parametrize("way", ["token", "cookie"])
async def test_e4_who_may_only_look_changes_nothing(house: House, way: str) -> None:
    """E4: with scope read all that acts, or is for an admin, is refused before its body is read."""
    shown = bearer(await house.token("read")) if way == "token" else await house.log_in(read_only=True)
    for operation in needing("read"):
        reply = await house.raw(
            compose(method_of(operation), f"/api/v1{filled(operation)}", {"Host": house.host, **shown})
        )
        assert reply.status == 403, operation.path
    assert not house.control.asked
    assert (await house.raw(compose("GET", "/api/v1/me", {"Host": house.host, **shown}))).json[
        "scope"
    ] == "read"


async def test_e4_an_agents_token_is_for_that_agent_alone(house: House) -> None:
    """E4: not for other agents, not for one of the same name elsewhere, not for what is about all."""
    token = bearer(await house.token("agent", constellation=ID, agent="docs"))
    for operation in needing("agent"):
        assert (await house.ask(method_of(operation), filled(operation), **token)).status == 403, (
            operation.path
        )
    own = f"/constellations/{ID}/agents/docs"
    assert (await house.ask("GET", own, **token)).status == 200
    assert (await house.ask("GET", f"/constellations/{ID}/agents/auth", **token)).status == 403
    assert (await house.ask("GET", f"/constellations/{OTHER_ID}/agents/docs", **token)).status == 403
    assert (await house.ask("GET", "/me", **token)).json == {
        "scope": "read",
        "agent": "docs",
        "constellation": ID,
        "via": "token",
    }


async def test_e4_a_token_that_was_revoked_or_expired_lets_nobody_in(house: House) -> None:
    """E4: from that moment on, and what it holds open ends."""
    token = await house.token("read")
    ident = (await house.ask("GET", "/tokens", unix=True)).json["data"][0]["id"]
    reader, writer = await house.tcp()
    with closing(writer):
        headers = {"Host": house.host, **bearer(token), **UPGRADE}
        assert (await say(reader, writer, compose("GET", "/api/v1/live", headers))).status == 101
        assert (await house.ask("DELETE", f"/tokens/{ident}", unix=True)).status == 204
        async with asyncio.timeout(30):
            await reader.read()  # until the end
    assert (await house.ask("GET", "/me", **bearer(token))).status == 401


async def test_e4_wrong_tokens_are_told_to_wait_and_right_ones_are_not(house: House) -> None:
    """E4: after some failures they are answered 429; no right token nor the unix socket is kept out."""
    right = bearer(await house.token())
    seen = [await house.ask("GET", "/me", **bearer(f"cst_{n}")) for n in range(14)]
    assert [one.status for one in seen[:10]] == [401] * 10
    assert seen[-1].status == 429
    assert 0 < int(seen[-1].headers["retry-after"]) <= 60
    wrong = {"code": "x"}
    named = house_headers(house)
    assert (await house.ask("POST", "/login", body=wrong, **named)).status == 429
    assert (await house.ask("GET", "/me", **right)).status == 200
    assert (await house.ask("GET", "/me", unix=True)).status == 200
    assert (await house.ask("GET", "/me", unix=True, **bearer("cst_x"))).status == 401
    assert await house.log_in()


async def test_the_other_constellation_is_reached_by_name_too(house: House) -> None:
    """The id and the unique name stand for the same file."""
    for name in (ID, "acme"):
        reply = await house.ask("GET", f"/constellations/{name}", unix=True)
        assert reply.json["file"] == FILE
