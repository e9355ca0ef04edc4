"""What the web face keeps to itself: codes, tokens, cookies, files beside the page, what it is made of."""

import asyncio
import logging
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from constellagent.faces.web.page import HOW
from constellagent.runtime.settings import Settings
from tests.faces.web.house import House, bearer, compose, housing, named

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Give a built page, with things around it that must not be reached."""
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "build.json").write_text('{"built": true, "sources": "x"}')
    (folder / "index.html").write_text("<!doctype html><title>page</title>")
    (folder / "assets" / "app-1a2b.js").write_text("export {};")
    (folder / "assets" / "notes").write_text("no type")
    (folder / ".hidden.js").write_text("hidden")
    (folder / "link.js").symlink_to("/etc/passwd")
    (folder / "out").symlink_to(tmp_path)
    (tmp_path / "secret.js").write_text("secret")
    (tmp_path / "page-secret").mkdir()
    (tmp_path / "page-secret" / "x.js").write_text("secret")
    return folder


@pytest.fixture
async def house(home: Settings, page: Path) -> AsyncIterator[House]:
    """Give the running web face with a page."""
    async with housing(home, page=page) as running:
        yield running


async def test_e5_a_code_logs_in_once_and_becomes_a_private_cookie(house: House) -> None:
    """E5: the cookie is for this port, this host and this site alone, and no script sees it."""
    code = await house.code()
    assert len(code) >= 22  # 128 bits
    named: dict[str, Any] = {name.replace("-", "_"): value for name, value in house.page_headers.items()}
    first = await house.ask("POST", "/login", body={"code": code}, **named)
    assert first.status == 200
    assert len(first.json["page"]) >= 43  # 256 bits
    assert first.json["page"] not in first.headers["set-cookie"]
    cookie = first.headers["set-cookie"]
    assert cookie.startswith(f"constellagent-{house.port}=")
    for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in cookie
    assert "domain" not in cookie.lower()
    assert (await house.ask("POST", "/login", body={"code": code}, **named)).status == 401
    for wrong in ("", "x", code[:-1], code + "x", "\udc80"):
        assert (await house.ask("POST", "/login", body={"code": wrong}, **named)).status in {401, 429}


async def test_e5_two_browsers_do_not_share_a_code(house: House) -> None:
    """E5: of many that try the same code at once, one gets in."""
    code = await house.code()
    named: dict[str, Any] = {name.replace("-", "_"): value for name, value in house.page_headers.items()}
    replies = await asyncio.gather(
        *(house.ask("POST", "/login", body={"code": code}, **named) for _ in range(8))
    )
    assert [reply.status for reply in replies].count(200) == 1


async def test_e5_no_token_in_the_address_lets_anybody_in(house: House) -> None:
    """E5: what stands in an address is kept in histories and logs, so it counts for nothing."""
    token = await house.token()
    for query in (f"?token={token}", f"?access_token={token}", f"?code={await house.code()}"):
        assert (await house.ask("GET", f"/me{query}")).status == 401


async def test_e5_no_secret_is_kept_or_logged(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """E5: tokens, codes and cookies are in no log, no file and no answer but the one that gives them."""
    caplog.set_level(logging.DEBUG)
    token, code = await house.token(), await house.code()
    page = await house.log_in()
    cookie, secret_of_page = page["Cookie"].partition("=")[2], page["X-Constellagent"]
    await house.ask("GET", f"/me?token={token}&code={code}")
    await house.ask("GET", "/info", **bearer(token))
    await house.ask("GET", "/info", **bearer(token + "x"))
    await house.ask("GET", f"/nowhere/{token}", **named(page))
    offered = {"Sec-WebSocket-Protocol": f"constellagent, page.{secret_of_page}", **UPGRADE}
    shown = {"Host": house.host, "Origin": house.origin, "Cookie": page["Cookie"], **offered}
    assert (await house.raw(compose("GET", "/api/v1/live", shown))).status == 101
    listed = (await house.ask("GET", "/tokens", unix=True)).body.decode()
    kept = [one.read_text() for one in house.settings.paths.home.rglob("*") if one.is_file()]
    for secret in (token, code, cookie, secret_of_page):
        assert secret not in caplog.text
        assert secret not in listed
        assert not [text for text in kept if secret in text]


async def test_e5_what_is_kept_is_for_this_user_alone(house: House) -> None:
    """E5: tokens and logins are hashes in files with 0600, in a folder with 0700."""
    await house.token()
    await house.log_in()
    folder = house.settings.paths.web
    assert stat.S_IMODE(folder.lstat().st_mode) == 0o700
    files = {one.name: stat.S_IMODE(one.lstat().st_mode) for one in folder.iterdir()}
    assert files == {"face.json": 0o600, "logins.json": 0o600, "tokens.json": 0o600}


@pytest.mark.parametrize(
    ("method", "target", "more"),
    [
        ("GET", "/", {}),
        ("HEAD", "/", {}),
        ("GET", "/assets/app-1a2b.js", {}),
        ("GET", "/nowhere", {}),
        ("POST", "/", {}),
        ("GET", "/api/v1/me", {}),
        ("GET", "/api/v1/nowhere", {}),
        ("GET", "/api/v1/live", UPGRADE),
        ("GET", "/ HTTP/9\r\nX: y\r\n\r\nGET /", {}),
    ],
)
async def test_e6_every_answer_carries_the_same_protection(
    house: House, method: str, target: str, more: dict[str, str]
) -> None:
    """E6: pages, files, refusals, upgrades, what is no HTTP: the policy, and no word of the software."""
    shown = bearer(await house.token()) if more else {}
    reply = await house.raw(compose(method, target, {"Host": house.host, **shown, **more}))
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'self';" in policy
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["cross-origin-opener-policy"] == "same-origin"
    assert reply.headers["cross-origin-resource-policy"] == "same-origin"
    assert reply.headers["x-frame-options"] == "DENY"
    assert "server" not in reply.headers
    assert "aiohttp" not in str(reply.headers).lower()
    if target.startswith("/api"):
        assert reply.headers["cache-control"] == "no-store"


async def test_e6_files_are_cached_by_their_names(house: House) -> None:
    """E6: a file whose name changes with its content is kept for good, the page is asked for each time."""
    asset = await house.raw(compose("GET", "/assets/app-1a2b.js", {"Host": house.host}))
    assert asset.status == 200
    assert asset.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in asset.headers["cache-control"]
    index = await house.raw(compose("GET", "/", {"Host": house.host}))
    assert index.headers["cache-control"] == "no-cache"
    again = {"Host": house.host, "If-None-Match": index.headers["etag"]}
    assert (await house.raw(compose("GET", "/", again))).status == 304


@pytest.mark.parametrize(
    "target",
    [
        "/../secret.js",
        "/assets/../../secret.js",
        "/%2e%2e/secret.js",
        "/%252e%252e/secret.js",
        "/..%2fsecret.js",
        "/..\\secret.js",
        "/%2e%2e%5csecret.js",
        "//etc/passwd",
        "/etc/passwd",
        "/assets/app-1a2b.js%00.html",
        "/assets/app-1a2b.js\x00",
        "/-secret/x.js",
        "/../page-secret/x.js",
        "/link.js",
        "/out/secret.js",
        "/.hidden.js",
        "/assets/",
        "/assets",
        "/assets/notes",
        "/build.json",
        "/./index.html/",
        "/index.html/..",
        "/api",
        "/api/",
        "/API/v1/me",
    ],
)
async def test_e7_only_files_of_the_page_are_sent(house: House, target: str) -> None:
    """E7: no way of writing a path leads out of the page's folder, to a link, a list, or what is hidden."""
    for one in (target, f"http://{house.host}{target}"):
        reply = await house.raw(compose("GET", one, {"Host": house.host}))
        assert reply.status in {400, 404}
        assert b"secret" not in reply.body
        assert b"root:" not in reply.body


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda folder: (folder / "build.json").unlink(), "not built"),
        (lambda folder: (folder / "build.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "build.json").write_text("[]"), "cannot be read"),
        (
            lambda folder: (folder / "build.json").write_text(
                '{"built": false, "why": "npm <b>ENOTFOUND</b>"}'
            ),
            "npm &lt;b&gt;ENOTFOUND",
        ),
        (lambda folder: (folder / "index.html").unlink(), "missing"),
    ],
)
async def test_a_page_that_was_not_built_says_so(
    house: House, page: Path, spoil: Callable[[Path], object], why: str
) -> None:
    """Who opens it reads why there is none and how to get it; a rebuilt one is there at once."""
    kept = {name: (page / name).read_bytes() for name in ("build.json", "index.html")}
    spoil(page)
    reply = await house.raw(compose("GET", "/", {"Host": house.host}))
    assert reply.status == 503
    assert why in reply.body.decode()
    assert HOW[0] in reply.body.decode()
    assert (await house.ask("GET", "/web", unix=True)).json["page"]["built"] is False
    for name, data in kept.items():
        (page / name).write_bytes(data)
    assert (await house.raw(compose("GET", "/", {"Host": house.host}))).status == 200
