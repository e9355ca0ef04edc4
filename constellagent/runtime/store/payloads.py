"""What a webhook was posted, kept for the run that it leads to: `sessions/<run>/event.json`, 0600.

It is written before the run is decided, so that no run can start without it. A second attempt finds it in the
folder of the first. What no run needs any more, because none was started, is swept away.
"""

import binascii
import contextlib
import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from constellagent.plan.fires import Fire, run_id
from constellagent.ravi.private_files import write_private

NAME = "event.json"
"""The file; its content is one JSON object."""


def document(webhook: str, event: str, at: str, kind: str, content_type: str, body: bytes) -> bytes:
    """Return what is kept of a post: a JSON object that says what it is, with the body in it.

    The body stands under `json` where it is JSON, else under `text`, else (no UTF-8) under `base64`.
    """
    known = {"webhook": webhook, "id": event, "received_at": at, "kind": kind, "content_type": content_type}
    # In ASCII, so that a lone surrogate in somebody's JSON stays the escape that it was.
    return json.dumps(known | _read(body)).encode() + b"\n"


def store(sessions: Path, run: str, data: bytes) -> None:
    """Keep the document of a run, durably, in a folder of its own.

    Raises:
        ConstellagentError: the disk refuses.
    """
    write_private(sessions / run, NAME, data)


def find(sessions: Path, constellation: str, fire: Fire) -> Path | None:
    """Return the document that a run of this fire may read, None where there is none."""
    first = run_id(constellation, fire.schedule, fire.origin, fire.fire_at, 1)
    path = sessions / first / NAME
    return path if path.is_file() else None


def unstarted(sessions: Path) -> list[str]:
    """Return the runs of which there is a document and nothing else: no session was ever begun for them."""
    try:
        with os.scandir(sessions) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [name for name in names if _is_alone(sessions / name)]


def drop(sessions: Path, runs: Collection[str]) -> None:
    """Remove documents with their folders, but none beside which a session was begun."""
    for run in runs:
        if _is_alone(sessions / run):
            with contextlib.suppress(OSError):  # the next sweep has better luck
                (sessions / run / NAME).unlink()
                (sessions / run).rmdir()


def _is_alone(folder: Path) -> bool:
    try:
        return os.listdir(folder) == [NAME]  # noqa: PTH208 - one call, and only the names are wanted
    except OSError:
        return False


def _read(body: bytes) -> dict[str, Any]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"base64": binascii.b2a_base64(body, newline=False).decode()}
    try:
        return {"json": json.loads(text, parse_constant=_refuse)}
    except (ValueError, RecursionError):
        return {"text": text}


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
