"""What stands before every handler of the local provider.

A web page in the user's browser can send requests to this port. It is refused before anything else is looked
at: by the host name it must use (a name of its own that was rebound to this address), and by the `Origin`
that only browsers send. No answer carries a header that would let a page read it.
"""

import logging
import re
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from constellagent.errors import ConstellagentError
from constellagent.ravi.local.answers import ApiError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.ASCII | re.IGNORECASE)
_log = logging.getLogger(__name__)


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
