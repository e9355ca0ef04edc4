"""How the local provider reads a body and writes an answer.

A handler raises `ApiError` for anything that it refuses; the guard turns it into one body that satisfies
both generations of clients.
"""

import json
from datetime import UTC, datetime
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from constellagent.ravi.wire import failure_body

Model = TypeVar("Model", bound=BaseModel)


class ApiError(Exception):
    """A refusal: its status, a stable code, and words for a person."""

    def __init__(self, status: int, code: str, message: str, details: object = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    def answer(self) -> web.Response:
        """Return the refusal as an answer."""
        return web.json_response(failure_body(self.code, self.message, self.details), status=self.status)


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
