"""What stands before every handler of the local provider.

A web page in the user's browser can send requests to this port. It is refused before anything else is looked
at: by the host name it must use (a name of its own that was rebound to this address), and by the `Origin`
that only browsers send. No answer carries a header that would let a page read it.
"""

import logging
import re
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, http_exceptions, web

from constellagent.connections import Patience, Server
from constellagent.errors import ConstellagentError
from constellagent.ravi.local.answers import ApiError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.ASCII | re.IGNORECASE)
PATIENCE = Patience(body=30.0, idle=30.0)
"""How long is waited for a client; a long poll has come before its time begins."""

_log = logging.getLogger(__name__)


class Runner(web.AppRunner):
    """Serves the provider's routes on connections of which there are few, and none is kept for nothing."""

    def __init__(self, app: web.Application) -> None:
        """Name what is served."""
        super().__init__(app, access_log=None, shutdown_timeout=1.0)

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return Server(
            made.request_handler,
            request_factory=made.request_factory,
            patience=PATIENCE,
            log=connection_log(__name__),
        )


@web.middleware
async def local_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what names another host than this machine, and what comes from a web page."""
    hosts = request.headers.getall(hdrs.HOST, [])
    if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
        return ApiError(
            403, "host.forbidden", "This provider answers only as 127.0.0.1 or localhost."
        ).answer()
    if hdrs.ORIGIN in request.headers:
        return ApiError(403, "origin.forbidden", "This provider does not answer web pages.").answer()
    if not _is_text(request):
        return ApiError(400, "request.malformed", "The request holds bytes that are no UTF-8.").answer()
    return await handler(request)


@web.middleware
async def explained(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every failure into an answer that both generations of clients can read."""
    try:
        return await handler(request)
    except ApiError as error:
        return error.answer()
    except web.HTTPException as error:
        answer = _framework(request, error).answer()
        if hdrs.ALLOW in error.headers:
            answer.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
        return answer
    except ConnectionError:
        raise  # the client has left: nobody wants an answer, and it is no news
    except ConstellagentError as error:
        _log.error("%s %s: %s", request.method, request.path, error)
        return ApiError(
            503, "provider.unavailable", "The local provider cannot do this now; see its log."
        ).answer()
    except Exception:  # noqa: BLE001 - the client must get an answer that it can read, whatever failed
        _log.exception("%s %s failed", request.method, request.path)
        return ApiError(500, "provider.failed", "The local provider failed; see its log.").answer()


async def without_server_header(_: web.BaseRequest, response: web.StreamResponse) -> None:
    """Say nothing about the software, and let nothing be kept by a cache."""
    response.headers.pop(hdrs.SERVER, None)
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    response.headers[hdrs.X_CONTENT_TYPE_OPTIONS] = "nosniff"


def connection_log(name: str) -> logging.Logger:
    """Return a logger for connections that says nothing of clients that speak no HTTP, or leave.

    What the library says of the former repeats their bytes, and a key may be among these.
    """
    log = logging.getLogger(f"{name}.connections")
    log.addFilter(_is_news)
    return log


def _is_text(request: web.Request) -> bool:
    """Whether all that a request says before its body can be stored and compared as text."""
    query = request.query
    try:
        "".join((request.path, *query.keys(), *query.values(), *request.headers.values())).encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_news(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, http_exceptions.HttpProcessingError | ConnectionError)


def _framework(request: web.Request, error: web.HTTPException) -> ApiError:
    match error.status:
        case 404:
            hint = "" if request.path.endswith("/") else " Every path ends in a slash."
            return ApiError(404, "not_found", f"There is no {request.path} here.{hint}")
        case 405:
            return ApiError(405, "method.not_allowed", f"{request.path} does not take {request.method}.")
        case 413:
            return ApiError(413, "request.too_large", "The body is larger than 1 MiB.")
        case _:
            return ApiError(error.status, f"http.{error.status}", error.reason)
