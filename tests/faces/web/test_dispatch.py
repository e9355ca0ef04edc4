"""From a request to its answer."""

from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import ConflictError, UsageError
from constellagent.faces.web.routing import Call, Encoded, Page, Route
from constellagent.runtime.settings import Settings
from tests.faces.web.house import ID, House, compose, housing, say

AGENT = "/constellations/{constellation}/agents/{agent}"


async def plain(call: Call) -> dict[str, Any]:
    """Answer with the path's parameters."""
    return {**call.path}


async def listing(_: Call) -> list[int]:
    """Answer with a list."""
    return [1, 2]


async def paged(_: Call) -> Page:
    """Answer with a part of a list."""
    return Page([1], "more")


async def encoded(_: Call) -> Encoded:
    """Answer with bytes."""
    return Encoded(b'{"a":1}', "v1")


async def nothing(_: Call) -> None:
    """Answer with nothing."""


async def unknown(call: Call) -> None:
    """Fail as the runtime does for a name that it does not know."""
    raise UsageError(f"there is no {call.path}")


async def lines(_: Call) -> AsyncIterator[Any]:
    """Yield two values and fail."""
    yield {"n": 1}
    yield {"n": 2}
    raise ConflictError("in the way")


async def broken_lines(_: Call) -> AsyncIterator[Any]:
    """Yield a value and fail as a defect does."""
    yield {"n": 1}
    raise ZeroDivisionError("secret")


async def refused_lines(_: Call) -> AsyncIterator[Any]:
    """Fail before there is anything."""
    raise ConflictError("in the way")
    yield {"n": 1}


ROUTES = (
    Route("GET", "/plain/{name}", plain, "x", dict[str, Any]),
    Route("GET", "/list", listing, "x", list[int]),
    Route("GET", "/paged", paged, "x", list[int]),
    Route("GET", "/encoded", encoded, "x", dict[str, Any]),
    Route("GET", "/unmarked", plain, "x", dict[str, Any], etag=False),
    Route("POST", "/nothing", nothing, "x", None),
    Route("POST", "/made", plain, "x", dict[str, Any], status=201),
    Route("GET", "/lines", lines, "x", dict[str, Any], stream=True),
    Route("GET", "/broken", broken_lines, "x", dict[str, Any], stream=True),
    Route("GET", "/refused", refused_lines, "x", dict[str, Any], stream=True),
    Route("GET", f"{AGENT}/thing", unknown, "x", None),
    Route("POST", f"{AGENT}/act", unknown, "x", None, body=dict[str, Any]),
)


@pytest.fixture
async def small(home: Settings) -> AsyncIterator[House]:
    """Give a face with a few operations."""
    async with housing(home, operations=ROUTES) as running:
        yield running


async def test_values_lists_and_parts_of_lists_are_json(small: House) -> None:
    """A list is always `data` and `next`."""
    assert (await small.ask("GET", "/plain/a%ff", unix=True)).json == {"name": "a\udcff"}
    assert (await small.ask("GET", "/list", unix=True)).json == {"data": [1, 2], "next": ""}
    assert (await small.ask("GET", "/paged", unix=True)).json == {"data": [1], "next": "more"}
    assert (await small.ask("POST", "/made", unix=True)).status == 201
    done = await small.ask("POST", "/nothing", unix=True)
    assert (done.status, done.body) == (204, b"")


async def test_what_the_client_has_is_not_sent_again(small: House) -> None:
    """Every read has a validator, weak or among others or not; what acts has none."""
    first = await small.ask("GET", "/plain/x", unix=True)
    tag = first.headers["etag"]
    for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await small.ask("GET", "/plain/x", unix=True, If_None_Match=given)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert (await small.ask("GET", "/plain/y", unix=True, If_None_Match=tag)).status == 200
    assert (await small.ask("GET", "/encoded", unix=True, If_None_Match='"v1"')).status == 304
    assert "etag" not in (await small.ask("POST", "/made", unix=True)).headers
    assert "etag" not in (await small.ask("GET", "/unmarked", unix=True)).headers


async def test_head_is_get_without_its_body(small: House) -> None:
    """With the same headers, the length among them."""
    got = await small.ask("GET", "/list", unix=True)
    head = await small.raw(compose("HEAD", "/api/v1/list", {"Host": "localhost"}), unix=True)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["etag"] == got.headers["etag"]


async def test_another_method_is_told_which_there_are(small: House) -> None:
    """405 says what can be done at the address."""
    reply = await small.ask("PUT", "/list", unix=True)
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


async def test_a_stream_is_lines_and_says_how_it_failed(small: House) -> None:
    """An error on the way is the last line; before the first line it is an answer like any other."""
    told = await small.ask("GET", "/lines", unix=True, Connection="close")
    assert told.headers["content-type"] == "application/x-ndjson"
    assert b'{"n":1}' in told.body
    assert b'"status":409' in told.body
    broken = await small.ask("GET", "/broken", unix=True, Connection="close")
    assert b'"status":500' in broken.body
    assert b"secret" not in broken.body
    assert (await small.ask("GET", "/refused", unix=True)).status == 409


async def test_what_is_not_there_is_told_from_what_makes_no_sense(small: House) -> None:
    """A name in the path that nothing has is 404; what is wrong with the rest of the request is 422."""
    known, other = f"/constellations/{ID}/agents/docs", f"/constellations/{ID}/agents/nobody"
    assert (await small.ask("GET", f"{known}/thing", unix=True)).status == 404
    assert (await small.ask("POST", f"{known}/act", body={}, unix=True)).status == 422
    assert (await small.ask("POST", f"{other}/act", body={}, unix=True)).status == 404
    assert (await small.ask("GET", "/constellations/none/agents/docs/thing", unix=True)).status == 404


async def test_a_socket_is_asked_for_as_one(house: House) -> None:
    """A plain GET of a WebSocket says what it is."""
    reply = await house.ask("GET", "/live", unix=True)
    assert (reply.status, reply.headers["upgrade"]) == (426, "websocket")


async def test_a_body_where_none_is_wanted_may_be_empty(small: House) -> None:
    """A program that always sends an object is served; one that says something is told."""
    assert (await small.ask("POST", "/nothing", body={}, unix=True)).status == 204
    assert (await small.ask("POST", "/nothing", body={"a": 1}, unix=True)).status == 422


async def test_a_file_of_the_page_is_sent_once(
    home: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Several on one connection, which stays open, whole and not at all; nothing of it is a defect."""
    (tmp_path / "index.html").write_text("<p>the page")
    (tmp_path / "build.json").write_text('{"built": true}')
    async with housing(home, page=tmp_path) as house:
        reader, writer = await house.tcp()
        with closing(writer):
            first = await say(reader, writer, compose("GET", "/", {"Host": house.host}))
            assert (first.status, first.body) == (200, b"<p>the page")
            seen = {"Host": house.host, "If-None-Match": first.headers["etag"]}
            assert (await say(reader, writer, compose("GET", "/", seen))).status == 304
            assert (await say(reader, writer, compose("HEAD", "/", {"Host": house.host}))).status == 200
            part = {"Host": house.host, "Range": "bytes=3-5"}
            assert (await say(reader, writer, compose("GET", "/", part))).body == b"the"
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_target_that_is_no_address_is_refused(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Brackets that close nothing are no host, and no defect."""
    reply = await house.raw(compose("GET", "http://[evil", {"Host": house.host}))
    assert reply.status in {400, 403}
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
