"""`/api/email-attachments/`: files that are handed in for mails to come, and files that came with mails.

A file is handed in at a path that only who asked for it knows; that path is the permission and works once.
"""

import asyncio
import secrets
import sqlite3
from urllib.parse import quote

from aiohttp import hdrs, web
from pydantic_core import PydanticCustomError

from constellagent.ravi.local import trespasses
from constellagent.ravi.local.answers import ApiError, invalid, read_body
from constellagent.ravi.local.fences import scoped
from constellagent.ravi.local.mail import sealed, shown, uploads
from constellagent.ravi.local.mail.letter import Attached
from constellagent.ravi.local.office import OFFICE
from constellagent.ravi.wires.mail import LARGEST_FILE, Presign, media_type


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [
        web.post("/api/email-attachments/presign/", presign),
        web.put("/api/email-attachments/uploads/{token}/", upload),
        web.get("/api/email-attachments/{uuid}/", download, allow_head=False),
    ]


async def presign(request: web.Request) -> web.Response:
    """Say where a file of an announced name, type and size can be handed in, once."""
    scope, office = await scoped(request), request.app[OFFICE]
    wanted = await read_body(request, Presign)
    if wanted.size > LARGEST_FILE:
        raise _too_large()
    head = {"filename": wanted.filename, "content_type": wanted.content_type}
    token = secrets.token_urlsafe(32)
    uuid = await office.store.run(lambda db: uploads.announce(office, db, scope, head, wanted.size, token))
    url = f"{shown.base(request)}/api/email-attachments/uploads/{token}/"
    return web.json_response({"uuid": uuid, "upload_url": url, "storage_key": uuid}, status=201)


async def upload(request: web.Request) -> web.Response:
    """Take in the bytes of a file, exactly as announced."""
    office, token = request.app[OFFICE], request.match_info["token"]
    uuid, head, size = await office.store.run(lambda db: uploads.announced(office, db, token))
    if request.content_length is not None and request.content_length > LARGEST_FILE:
        raise _too_large()
    if _sent_type(request) != head["content_type"]:
        raise invalid(f"content_type: {head['content_type']} was announced.", "content_type")
    content = await _read(request, size)
    closed = await asyncio.to_thread(uploads.close, uuid, content)
    await office.store.run(lambda db: uploads.take_in(office, db, token, closed))
    return web.Response()


async def download(request: web.Request) -> web.Response:
    """Give out a file that came with a mail, or went with it."""
    scope, office = await scoped(request), request.app[OFFICE]
    condition, values = shown.visible(scope)
    uuid = request.match_info["uuid"].lower()

    def read(db: sqlite3.Connection) -> Attached:
        row = db.execute(
            f"""SELECT f.* FROM mail_files f JOIN mails m ON m.id = f.mail
                JOIN identities i ON i.id = m.identity WHERE {condition} AND f.uuid = ?""",  # noqa: S608 - a constant condition
            (*values, uuid),
        ).fetchone()
        if row is None:
            missing = ApiError(404, "not_found", "No EmailAttachment matches the given query.")
            owners = "SELECT identity, uuid FROM mail_files WHERE uuid = ?"
            raise trespasses.refused(db, scope, missing, "mail.access", owners, uuid)
        return sealed.read_file(office, db, row, scope.actor)

    file = await office.store.run(read)
    return web.Response(body=file.content, headers=_headers(file))


async def _read(request: web.Request, size: int) -> bytes:
    """Return the body, which must have the announced size; reads no further than one piece beyond it."""
    found = bytearray()
    async for piece in request.content.iter_any():
        found += piece
        if len(found) > size:
            raise invalid(f"size: {size} bytes were announced, and more came.", "size")
    if len(found) < size:
        raise invalid(f"size: {size} bytes were announced, and {len(found)} came.", "size")
    return bytes(found)


def _sent_type(request: web.Request) -> str:
    try:
        return media_type(request.headers.get(hdrs.CONTENT_TYPE, "application/octet-stream"))
    except PydanticCustomError:
        return ""


def _too_large() -> ApiError:
    return ApiError(413, "attachment.too_large", "An attachment may have 10 MiB.")


def _headers(file: Attached) -> dict[str, str]:
    """Return headers with which no program shows the file by itself: a sender chose its name and type."""
    try:
        kind = media_type(file.content_type)
    except PydanticCustomError:
        kind = "application/octet-stream"
    return {
        hdrs.CONTENT_TYPE: kind,
        hdrs.CONTENT_DISPOSITION: f"attachment; filename*=UTF-8''{quote(file.filename, safe='')}",
    }
