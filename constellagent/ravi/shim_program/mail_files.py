"""Files that go with a mail: each is announced to the API, then handed in at the address that it gives."""

import mimetypes
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from constellagent.ravi.shim_program import api
from constellagent.ravi.shim_program.failing import CallError
from constellagent.ravi.shim_program.login import Login

_LARGEST = 10 << 20


def hand_in(login: Login, given: Sequence[str]) -> list[str]:
    """Hand files in and return their uuids; a value may list several with commas.

    Every file is read before the first is sent, so that a wrong path sends nothing.

    Raises:
        CallError: one cannot be read or is too large, or the API refuses.
    """
    paths = [path for value in given for path in _paths(value)]
    contents = [(path, _content(path)) for path in paths]
    return [_handed_in(login, path, content) for path, content in contents]


def _paths(value: str) -> list[Path]:
    if Path(value).exists():
        return [Path(value)]
    return [Path(part.strip()) for part in value.split(",") if part.strip()]


def _content(path: Path) -> bytes:
    try:
        # O_NONBLOCK: a pipe without a writer must not hold us up.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise CallError(f"{path} is no file")
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise CallError(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > _LARGEST:
        raise CallError(f"{path} is larger than the 10 MiB that a mail can carry")
    return content


def _handed_in(login: Login, path: Path, content: bytes) -> str:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    body = {"filename": path.name, "content_type": kind, "size": len(content)}
    place = api.row(api.call(login, "POST", "/email-attachments/presign/", body))
    uuid, url = place.get("uuid"), place.get("upload_url")
    if not isinstance(uuid, str) or not isinstance(url, str):
        raise CallError("API error: the answer says not where the file goes")
    api.put(url, content, kind)
    return uuid
