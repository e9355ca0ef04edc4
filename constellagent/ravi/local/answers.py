"""How the local provider reads a body and writes an answer.

A handler raises `ApiError` for anything that it refuses; the guard turns it into one body that satisfies
both generations of clients.
"""

import json
import math
from datetime import UTC, datetime
from typing import TypeVar

from aiohttp import hdrs, web
from pydantic import BaseModel, ValidationError

from constellagent.ravi.wire import failure_body

Model = TypeVar("Model", bound=BaseModel)


class ApiError(Exception):
    """A refusal: its status, a stable code, and words for a person.

    `retry_after` is in seconds, None where trying again would not help; clients read whole ones.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: object = None,
        *,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.retry_after = retry_after

    def answer(self) -> web.Response:
        """Return the refusal as an answer."""
        body = failure_body(self.code, self.message, self.details)
        if self.retry_after is None:
            return web.json_response(body, status=self.status)
        # One client reads the header, the other the body.
        seconds = max(1, math.ceil(self.retry_after))
        return web.json_response(
            {**body, "retry_after_seconds": seconds},
            status=self.status,
            headers={hdrs.RETRY_AFTER: str(seconds)},
        )


class TrespassError(ApiError):
    """A refusal of what belongs to another identity than the key's; answered as `refusal` is.

    Attributes:
        owner: uuid of the identity that was reached for.
        actor: who did.
        action: on what, as the audit names it.
        row: uuid of it, empty for the identity itself.
    """

    def __init__(self, refusal: ApiError, *, owner: str, actor: str, action: str, row: str = "") -> None:
        super().__init__(
            refusal.status,
            refusal.code,
            refusal.message,
            refusal.details,
            retry_after=refusal.retry_after,
        )
        self.owner = owner
        self.actor = actor
        self.action = action
        self.row = row


def invalid(message: str, field: str) -> ApiError:
    """Return the refusal of one field of a body."""
    return ApiError(422, "validation.failed", message, {"field": field})


async def read_body(request: web.Request, model: type[Model]) -> Model:
    """Read the body as `model`; no body at all counts as an empty object.

    Raises:
        ApiError: it is not JSON, not an object, or a field is wrong.
    """
    content = await request.read()
    try:
        body = json.loads(content) if content.strip() else {}
        # JSON can spell lone surrogates, which nothing can store: they fail here.
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ApiError(400, "request.malformed", "The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise ApiError(400, "request.malformed", "The body must be a JSON object.")
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise invalid(f"{field}: {first['msg']}.", field) from None


def timestamp(seconds: float) -> str:
    """Return epoch seconds as RFC 3339 with a zone, which all clients can read."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
