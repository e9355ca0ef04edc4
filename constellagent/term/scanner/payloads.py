"""From the payload of one OSC to what it says; anything malformed or unknown says nothing."""

import binascii
import re
from collections.abc import Callable
from typing import Literal

from constellagent.term.scanner.events import (
    AgentState,
    Clipboard,
    Folder,
    Mark,
    Notification,
    Progress,
    ProgressState,
    Signal,
    Title,
)

LONGEST = 16 << 10
"""Bytes of a payload that are looked at; a longer one says nothing."""
LONGEST_CLIPBOARD = (4 << 20) // 3 + 64
"""The same for OSC 52: 1 MiB in base64."""

_TITLE, _BODY, _PATH, _WORD = 256, 1024, 4096, 64
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
"""Control characters, and those that turn the direction of the text around them."""

_URI = re.compile(rb"(file|kitty-shell-cwd)://([A-Za-z0-9.:\[\]_-]{0,255})(/.*)", re.DOTALL)
_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
_CONEMU = re.compile(rb"(?:[1-9]|1[012])(?:;|\Z)")
_PROGRESS = re.compile(rb"4;([0-4])(?:;(\d{0,9}))?;?")
_PROGRESS_STATES: tuple[ProgressState, ...] = ("remove", "set", "error", "indeterminate", "paused")
_MARK = re.compile(rb"([ABCD])(?:;(?:(-?\d{1,9})(?=;|\Z))?.*)?", re.DOTALL)
_SELECTION = re.compile(rb"[cpqs0-7]{0,12}")
_BASE64 = re.compile(rb"([A-Za-z0-9+/]*)={0,2}")
_BLANKS = bytes([*range(0x21), 0x7F])

_MARKS: dict[bytes, Literal["A", "B", "C", "D"]] = {b"A": "A", b"B": "B", b"C": "C", b"D": "D"}


def shown(raw: bytes, longest: int) -> str:
    """Return text that may be shown: decoded, on one line, without control characters, of bounded length."""
    return _UNSHOWN.sub(" ", raw.decode("utf-8", "replace")).strip()[:longest].rstrip()


def short(raw: bytes) -> str:
    """Return a title, or a body without one, as it may be shown."""
    return shown(raw, _TITLE)


def long(raw: bytes) -> str:
    """Return a body as it may be shown."""
    return shown(raw, _BODY)


def decoded(raw: bytes) -> bytes | None:
    """Return what base64 stands for, with or without its padding; None where it is none."""
    match = _BASE64.fullmatch(raw.translate(None, _BLANKS))
    if match is None or len(match[1]) % 4 == 1:
        return None
    return binascii.a2b_base64(match[1] + b"=" * (-len(match[1]) % 4))


def parse(payload: bytes, offset: int) -> Signal | None:
    """Return what an OSC says that stands for itself; `notices` reads OSC 99, which may come in parts."""
    code, _, rest = payload.partition(b";")
    reader = _READERS.get(code)
    return reader(rest, offset) if reader is not None else None


def _title(rest: bytes, offset: int) -> Signal | None:
    return Title(short(rest), offset)


def _folder(rest: bytes, offset: int) -> Signal | None:
    match = _URI.fullmatch(rest)
    if match is None:
        return None
    raw = match[3]
    if match[1] == b"file":
        raw = _ESCAPED.sub(lambda escaped: bytes([int(escaped[1], 16)]), raw)
    try:
        path = raw.decode()
    except UnicodeDecodeError:
        return None  # a path that was changed to be shown would be another one
    if len(path) > _PATH or _UNSHOWN.search(path):
        return None
    return Folder(path, match[2].decode(), offset)


def _notice_or_progress(rest: bytes, offset: int) -> Signal | None:
    progress = _PROGRESS.fullmatch(rest)
    if progress is not None:
        state = _PROGRESS_STATES[int(progress[1])]
        known = state in {"set", "error", "paused"} and progress[2]
        return Progress(state, min(100, int(progress[2])) if known else None, offset)
    body = long(rest)
    if _CONEMU.match(rest) or not body:
        return None
    return Notification("", body, "normal", 9, offset)


def _notice(rest: bytes, offset: int) -> Signal | None:
    word, _, said = rest.partition(b";")
    title, _, body = said.partition(b";")
    notice = Notification(short(title), long(body), "normal", 777, offset)
    return notice if word == b"notify" and (notice.title or notice.body) else None


def _clipboard(rest: bytes, offset: int) -> Signal | None:
    selection, separator, data = rest.partition(b";")
    if not separator or data == b"?" or not _SELECTION.fullmatch(selection):
        return None
    raw = decoded(data)
    return Clipboard(selection.decode() or "c", raw.decode("utf-8", "replace") if raw else None, offset)


def _mark(rest: bytes, offset: int) -> Signal | None:
    match = _MARK.fullmatch(rest)
    if match is None:
        return None
    kind = _MARKS[match[1]]
    return Mark(kind, int(match[2]) if kind == "D" and match[2] else None, offset)


def _agent_state(rest: bytes, offset: int) -> Signal | None:
    fields = dict(_field(part) for part in rest.split(b":"))
    state = fields.get("state", "")
    return AgentState(state, fields.get("kind", ""), offset) if state else None


def _field(part: bytes) -> tuple[str, str]:
    key, _, value = part.partition(b"=")
    return shown(key, _WORD), shown(value, _WORD)


_READERS: dict[bytes, Callable[[bytes, int], Signal | None]] = {
    b"0": _title,
    b"2": _title,
    b"7": _folder,
    b"9": _notice_or_progress,
    b"52": _clipboard,
    b"133": _mark,
    b"777": _notice,
    b"7501": _agent_state,
}
