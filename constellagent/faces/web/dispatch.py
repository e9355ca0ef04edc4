"""From a request to its answer: let in, found, checked, handled, encoded; a failure as problem details.

The order is fixed, and the same for what holds its connection open: host, origin, who it is, what is asked
for, whether they may, and only then the rest of the request.
"""

import asyncio
import contextlib
import hashlib
import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, cast

from aiohttp import hdrs, web

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.web.admission import Admission
from constellagent.faces.web.bodies import read_json, read_query
from constellagent.faces.web.callers import Caller, check_scope
from constellagent.faces.web.guard import (
    PROTOCOL,
    Entrance,
    check_host,
    check_origin,
    check_page,
    check_text,
)
from constellagent.faces.web.live.board import Board
from constellagent.faces.web.matching import PREFIX, Table
from constellagent.faces.web.page import PageFiles
from constellagent.faces.web.problems import CONTENT_TYPE, HttpError, UnknownError, defect, encode, problem
from constellagent.faces.web.routing import Call, Cookied, Encoded, Held, Page, Route, StreamHandler
from constellagent.runtime.control import Control
from constellagent.runtime.files.paths import PathError

WRITE_PATIENCE = 60.0
"""Seconds in which a client must take an answer, or an item of a stream."""

LOOK_AGAIN = 60.0
"""Seconds after which it is looked again whether who holds a connection open may still do so."""

_log = logging.getLogger(__name__)
_CREDENTIALS = frozenset({"authorization", "cookie", "sec-websocket-protocol", "x-constellagent"})


class Desk:
    """Answers requests of all entrances."""

    def __init__(
        self,
        control: Control,
        board: Board,
        admission: Admission,
        page: PageFiles,
        operations: Sequence[Route | Held],
    ) -> None:
        self._control = control
        self._board = board
        self._admission = admission
        self._page = page
        self._operations: Table[Route | Held] = Table()
        for one in operations:
            self._operations.add(_method(one), one, head=isinstance(one, Route))
        self._public = {(one.method, one.path) for one in operations if isinstance(one, Route) and one.public}
        self._open: dict[asyncio.Task[Any], str] = {}

    async def answer(self, entrance: Entrance, request: web.Request) -> web.StreamResponse:
        """Answer one request, whatever it is, and see to it that the client takes the answer in time."""
        try:
            response = await self._answer(entrance, request)
        except ConstellagentError as error:
            response = _failed(request, error)
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001 - a defect in one operation must not end the connection
            _log.exception("%s failed", request.method)
            response = _refused(request, defect(), {})
        await deliver(request, response)
        return response

    async def close(self, caller: str | None = None) -> None:
        """End what holds its connection open, of one token or login or of all; wait until it has ended."""
        ending = [task for task, one in self._open.items() if caller in {None, one}]
        for task in ending:
            task.cancel()
        if ending:
            await asyncio.wait(ending, timeout=1.0)

    async def _answer(self, entrance: Entrance, request: web.Request) -> web.StreamResponse:
        headers, path = _all_headers(request), _path(request)
        host = check_host(entrance, headers.get("host", ()), request.raw_path)
        check_origin(entrance, host, headers, linked=not path.startswith("/api/"))
        check_text(headers)
        if not path.startswith(f"{PREFIX}/"):
            return await self._page.answer(request, path)
        below = path.removeprefix(PREFIX)
        public = (request.method, below) in self._public
        caller = None if public else self._admission.caller(entrance, request, headers)
        operation, names = self._operations.find(request.method, below)
        upgrade = isinstance(operation, Held) and operation.kind == "websocket"
        if caller is not None:
            check_scope(caller, operation, names.get("agent", ""))
        if caller is None or caller.via == "cookie":
            check_page(request.method, headers, upgrade=upgrade)
        if upgrade and not web.WebSocketResponse(protocols=(PROTOCOL,)).can_prepare(request):
            raise HttpError(426, "this is a WebSocket", headers={"Upgrade": "websocket"})
        call = await self._call(request, operation, names, caller, headers)
        if isinstance(operation, Held):
            return await self._hold(operation, call, request)
        if operation.stream:
            return await self._stream(operation, call, request)
        return await self._reply(operation, call, request, entrance)

    async def _call(
        self,
        request: web.Request,
        operation: Route | Held,
        names: Mapping[str, str],
        caller: Caller | None,
        headers: Mapping[str, list[str]],
    ) -> Call:
        """Return the checked parts of the request.

        Raises:
            HttpError: one of them does not fit.
        """
        query = read_query(request.raw_path.partition("?")[2], operation.query)
        body = None
        if isinstance(operation, Route):
            body = await read_json(request, operation.body, operation.largest)
        file = caller.file if caller is not None else ""
        if "constellation" in names:
            file = await self._file(names["constellation"], caller)
        return Call(
            control=self._control,
            board=self._board,
            path=names,
            file=file,
            query=query,
            body=body,
            agent=caller.agent if caller is not None else "",
            scope=caller.scope if caller is not None else "read",
            way=caller.via if caller is not None else "cookie",
            caller=caller.id if caller is not None else "",
            headers={name: values[0] for name, values in headers.items() if name not in _CREDENTIALS},
        )

    async def _file(self, name: str, caller: Caller | None) -> str:
        """Return the file of the constellation with this id or name.

        Raises:
            UnknownError: there is none, or the name is not unique.
            HttpError: it is not the one that the caller's token is for.
        """
        try:
            file = (await self._board.row(name))["file"]
        except UsageError as error:
            raise UnknownError(error.message, hint=error.hint) from error
        if caller is not None and caller.file not in {"", file}:
            raise HttpError(403, f"this token is for {caller.agent} alone")
        return file

    async def _reply(
        self, route: Route, call: Call, request: web.Request, entrance: Entrance
    ) -> web.StreamResponse:
        try:
            value = await cast("Any", route.handler)(call)
        except UsageError as error:
            if route.public and isinstance(error, HttpError) and error.status == 401:
                raise self._admission.wrong(entrance, request, error.message, error.hint) from error
            raise await self._placed(error, route, call) from error
        cookie: str | None = None
        if isinstance(value, Cookied):
            value, cookie = value.value, value.cookie
        response = _encoded(route, value, request)
        if cookie is not None:
            self._admission.give(entrance, response, cookie)
        return response

    async def _placed(self, error: UsageError, route: Route, call: Call) -> UsageError:
        """Return the error with its status: not found where what is named cannot be there."""
        if isinstance(error, HttpError):
            return error
        if isinstance(error, PathError) and route.method == "GET":
            return UnknownError(error.message, hint=error.hint)
        if (route.query is None and route.body is None) or not await self._knows(call):
            return UnknownError(error.message, hint=error.hint)
        return error

    async def _knows(self, call: Call) -> bool:
        """Whether the path's agent exists; where nobody can tell, yes."""
        if "agent" not in call.path or "constellation" not in call.path:
            return True
        try:
            row = await self._board.row(call.path["constellation"])
        except ConstellagentError:
            return True
        return any(agent["name"] == call.path["agent"] for agent in row["agents"])

    async def _hold(self, held: Held, call: Call, request: web.Request) -> web.StreamResponse:
        """Let a handler have the connection until it, the client, or the server ends."""
        with self._noted(call):
            return await held.open(call, request)

    async def _stream(self, route: Route, call: Call, request: web.Request) -> web.StreamResponse:
        """Send what the handler yields, a line each; an error before the first one is an ordinary answer.

        A later one is the last line: `{"error": ...}`.
        """
        items = cast("AsyncGenerator[Any, None]", cast("StreamHandler", route.handler)(call))
        with self._noted(call):
            async with contextlib.aclosing(items):
                first = [item async for item in _first(items)]
                response = web.StreamResponse(
                    status=route.status, headers={hdrs.CONTENT_TYPE: "application/x-ndjson"}
                )
                async with asyncio.timeout(WRITE_PATIENCE):
                    await response.prepare(request)
                try:
                    for item in first:
                        await _write(response, item)
                    async for item in items:
                        await _write(response, item)
                except ConstellagentError as error:
                    await _write(response, {"error": problem(error)})
                except (ConnectionError, TimeoutError):
                    raise ConnectionResetError("the client does not read the stream") from None
                except Exception:  # noqa: BLE001 - a defect must reach the client as an error, not as silence
                    _log.exception("%s failed", request.method)
                    await _write(response, {"error": defect()})
            return response

    @contextlib.contextmanager
    def _noted(self, call: Call) -> Iterator[None]:
        """Keep the task of an open connection where `close` finds it."""
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = call.caller
        self._look(task, call)
        try:
            yield
        finally:
            del self._open[task]

    def _look(self, task: asyncio.Task[Any], call: Call) -> None:
        """End an open connection when the token or login of who opened it does; a login's end may move."""
        left = self._admission.left(call.way, call.caller)
        if task not in self._open or left == math.inf:
            return
        if left <= 0:
            task.cancel()
        else:
            asyncio.get_running_loop().call_later(min(left, LOOK_AGAIN), self._look, task, call)


async def deliver(request: web.Request, response: web.StreamResponse) -> None:
    """Send an answer; a client that does not take it in time loses its connection."""
    try:
        async with asyncio.timeout(WRITE_PATIENCE):
            await response.prepare(request)
            await response.write_eof()
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()


async def _first(items: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for item in items:
        yield item
        return


async def _write(response: web.StreamResponse, item: Any) -> None:
    async with asyncio.timeout(WRITE_PATIENCE):
        await response.write(encode(item))


def _encoded(route: Route, value: Any, request: web.Request) -> web.Response:
    """Return a handler's answer as JSON, or nothing where the client has it already."""
    if route.reply is None:
        return web.Response(status=204)
    if isinstance(value, Encoded):
        body, tag = value.body, value.etag
    else:
        if isinstance(value, Page):
            value = {"data": value.data, "next": value.next}
        elif isinstance(value, list):
            value = {"data": value, "next": ""}
        body = encode(value)
        tag = hashlib.blake2b(body, digest_size=12).hexdigest() if route.etag else ""
    headers = {}
    if route.method == "GET" and route.etag:
        headers[hdrs.ETAG] = f'"{tag}"'
        if _has(request, tag):
            return web.Response(status=304, headers=headers)
    return web.Response(status=route.status, body=body, content_type="application/json", headers=headers)


def _method(operation: Route | Held) -> str:
    return operation.method if isinstance(operation, Route) else "GET"


def _has(request: web.Request, tag: str) -> bool:
    """Whether the client says that it has the content with this tag."""
    given = ",".join(request.headers.getall(hdrs.IF_NONE_MATCH, []))
    return any(one.strip().removeprefix("W/") in {"*", f'"{tag}"'} for one in given.split(","))


def _failed(request: web.Request, error: ConstellagentError) -> web.StreamResponse:
    headers = error.headers if isinstance(error, HttpError) else {}
    return _refused(request, problem(error), headers)


def _refused(request: web.Request, view: Any, headers: Mapping[str, str]) -> web.StreamResponse:
    response = web.Response(
        status=view["status"], body=encode(view), headers=headers, content_type=CONTENT_TYPE
    )
    if request.body_exists and not request.content.is_eof():
        response.force_close()  # a body that nobody read is still on its way
    return response


def _all_headers(request: web.Request) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in request.headers.items():
        found.setdefault(name.lower(), []).append(value)
    return found


def _path(request: web.Request) -> str:
    """Return the raw path of the request, without its query; of an absolute address its path."""
    target = request.raw_path.partition("?")[0].partition("#")[0]
    return target if target.startswith("/") else "/" + target.partition("://")[2].partition("/")[2]
