"""What a request says beside its path: its JSON body and its query, taken within limits of size and time."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import hdrs, web

from constellagent.faces.web.problems import HttpError
from constellagent.faces.web.shapes import body_check, list_parameters, query_check

PATIENCE = 30.0
"""Seconds in which a body must have come."""

DEEPEST = 64
"""Arrays and objects in each other."""

MOST_PARAMETERS = 200


async def read_json(request: web.Request, shape: Any, limit: int) -> Any:
    """Return the body, of the given shape; None where the operation takes none, or an empty object.

    Raises:
        HttpError: it is too large (413), too slow (408), not JSON (400, 415)
            or not of the shape (422).
    """
    _check_encoding(request)
    if shape is None and not request.body_exists:
        return None
    kinds = request.headers.getall(hdrs.CONTENT_TYPE, [])
    if len(kinds) != 1 or kinds[0].partition(";")[0].strip().lower() != "application/json":
        raise HttpError(415, "the body must be JSON", hint="send Content-Type: application/json")
    data = await _read(request, limit)
    if shape is not None:
        return body_check(shape)(parse(data))
    if data.strip() and parse(data) != {}:
        raise HttpError(422, "this takes nothing in its body")
    return None


def parse(data: bytes) -> Any:
    """Return the JSON value that `data` is.

    Raises:
        HttpError: it is none, too deep, or has a key twice (400).
    """
    try:
        value = json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_refuse)
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise HttpError(400, "the body is not JSON") from None
    if _depth(value) > DEEPEST:
        raise _too_deep()
    return value


def read_query(text: str, shape: Any) -> dict[str, Any]:
    """Return the query's parameters as the shape's types; bytes that are no UTF-8 become lone surrogates.

    Raises:
        HttpError: there are too many (400), or they do not fit (422).
    """
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, errors="surrogateescape", max_num_fields=MOST_PARAMETERS
        )
    except ValueError:
        raise HttpError(400, f"the query has more than {MOST_PARAMETERS} parameters") from None
    several = list_parameters(shape)
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in several:
            found.setdefault(name, []).append(value)
        elif name in found:
            raise HttpError(422, f"{name} is given twice")
        else:
            found[name] = value
    if shape is None:
        if found:
            raise HttpError(422, f"this takes no parameters: {', '.join(sorted(found))}")
        return found
    checked: dict[str, Any] = query_check(shape)(found)
    return checked


def _check_encoding(request: web.Request) -> None:
    """Check how the body is sent, and tell a client that waits for it to go on.

    Raises:
        HttpError: it is packed (415), or the client expects what we do not do (417).
    """
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise HttpError(415, "the body must not be packed", hint="leave Content-Encoding out")


async def _read(request: web.Request, limit: int) -> bytes:
    """Return the body's bytes.

    Raises:
        HttpError: they are too many (413), do not come in time (408), or end too early (400).
    """
    length = request.content_length
    if length is not None and length > limit:
        raise _too_large(limit)
    await _invite(request)
    data = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for part in request.content.iter_any():
                data += part
                if len(data) > limit:
                    raise _too_large(limit)
    except TimeoutError:
        raise HttpError(408, "the body did not come in time", headers={"Connection": "close"}) from None
    except web.RequestPayloadError:
        raise HttpError(400, "the body is not sent as HTTP says", headers={"Connection": "close"}) from None
    return bytes(data)


async def _invite(request: web.Request) -> None:
    """Tell a client that asks before it sends a body that it may.

    Raises:
        HttpError: it expects something else (417).
    """
    expected = request.headers.get(hdrs.EXPECT, "")
    if not expected:
        return
    if expected.lower() != "100-continue":
        raise HttpError(417, "only 100-continue can be expected here")
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # it is no part of the answer


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise HttpError(400, "an object in the body has a key twice")
    return found


def _refuse(word: str) -> Any:
    raise HttpError(400, f"{word} is not JSON")


def _depth(value: Any) -> int:
    """Return how deep arrays and objects lie in each other."""
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        if depth > DEEPEST:
            break
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth


def _too_large(limit: int) -> HttpError:
    return HttpError(413, f"the body is larger than {limit} bytes", headers={"Connection": "close"})


def _too_deep() -> HttpError:
    return HttpError(400, f"the body has more than {DEEPEST} arrays and objects in each other")
