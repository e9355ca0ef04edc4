"""`export/` and `import/` below `/api/identities/`: a whole identity as one JSON document. Both are ours.

The document holds every secret in clear, for whoever manages the account; what is written to a file is an age
file, made by who asked. It may be as large as `LARGEST`, so neither side goes through the usual limits.
"""

import asyncio
import json
from functools import partial

from aiohttp import hdrs, web
from pydantic import ValidationError

from constellagent.ravi.local import arriving, leaving
from constellagent.ravi.local.answers import ApiError, invalid
from constellagent.ravi.local.fences import management
from constellagent.ravi.local.identities import shown
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.local.vault import damage
from constellagent.ravi.wires.transfer import LARGEST, Document

_BATCH = 20
"""Mails that one look into the store brings."""


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [
        web.get("/api/identities/{uuid}/export/", export, allow_head=False),
        web.post("/api/identities/import/", take_in),
    ]


async def export(request: web.Request) -> web.StreamResponse:
    """Give out all that an identity is and keeps."""
    scope = await management(request)
    office, uuid = request.app[OFFICE], request.match_info["uuid"].lower()
    parts = await _document(office, uuid, scope.actor)
    answer = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "application/json; charset=utf-8"})
    answer.content_length = sum(map(len, parts))
    await answer.prepare(request)
    for part in parts:
        await answer.write(part)
    await answer.write_eof()
    return answer


async def take_in(request: web.Request) -> web.Response:
    """Create the identity of a document; with `?as_new=true` under another uuid, address and number."""
    scope = await management(request)
    office, as_new = request.app[OFFICE], request.query.get("as_new") == "true"
    content = await _whole(request)
    document = await asyncio.to_thread(_parsed, content)
    row = await office.store.run(
        lambda db: arriving.take_in(office, db, document, scope.actor, as_new=as_new)
    )
    return web.json_response(shown(row), status=201)


async def _document(office: Office, uuid: str, actor: str) -> list[bytes]:
    """Return the parts of the document; all of them, so that a failure is still an answer."""
    found = await damage.run(
        office, actor, "identity.exported", lambda db: leaving.look(office, db, uuid, actor)
    )
    parts = [await asyncio.to_thread(_opening, found.head)]
    for begin in range(0, len(found.mails), _BATCH):
        letters = partial(leaving.letters, office, identity=found.identity, ids=found.mails[begin:][:_BATCH])
        mails = await damage.run(office, actor, "identity.exported", letters)
        parts.append((b", " if begin else b"") + await asyncio.to_thread(_listed, mails))
        leaving.refuse_too_large(sum(map(len, parts)))
    return [*parts, b"]}"]


def _opening(head: dict[str, object]) -> bytes:
    return json.dumps(head, ensure_ascii=False).encode()[:-1] + b', "mails": ['


def _listed(mails: list[dict[str, object]]) -> bytes:
    return json.dumps(mails, ensure_ascii=False).encode()[1:-1]


async def _whole(request: web.Request) -> bytearray:
    """Return the body.

    Raises:
        ApiError: 413 where it is larger than a document may be.
    """
    content = bytearray()
    async for chunk in request.content.iter_any():
        content += chunk
        if len(content) > LARGEST:
            raise ApiError(413, "request.too_large", f"The document is larger than {LARGEST >> 20} MiB.")
    return content


def _parsed(content: bytearray) -> Document:
    """Read a document.

    Raises:
        ApiError: it is none, or of a newer release.
    """
    try:
        return Document.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
    field = ".".join(map(str, first["loc"]))
    if first["type"] == "json_invalid":
        raise ApiError(400, "request.malformed", "The body is not valid JSON.")
    if field == "constellagent_identity":
        raise invalid(
            "constellagent_identity: this is no export of an identity, or of a newer release.", field
        )
    raise invalid(f"{field}: {first['msg']}.", field)
