"""Bytes of a file as text that an editor can change, and exactly back.

`decode(content) -> Decoded | None` and `encode(text, encoding, eol) -> bytes`: for all content that counts as
text, `encode(*decode(content))` is that content. Pure.

What is UTF-8, with or without a byte order mark, or UTF-16 with one, is read as that; anything else without a
NUL as Latin-1, which gives every byte a character, so that nothing is lost by not knowing better.
"""

import codecs
from typing import Final, Literal, NamedTuple, get_args

from constellagent.errors import UsageError

Eol = Literal["lf", "crlf", "cr", "mixed", ""]
"""How lines end: all alike, `mixed`, or empty where there is no line end."""

Encoding = Literal["utf-8", "utf-8-bom", "utf-16-le", "utf-16-be", "latin-1"]
"""The two UTF-16 begin with a byte order mark."""

_MARKS: Final[dict[str, bytes]] = {
    "utf-8-bom": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}
_ENDS: Final[dict[str, str]] = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}


class Decoded(NamedTuple):
    """The text of a file.

    Attributes:
        text: without the byte order mark; lines end with a line feed, except where `eol` is `mixed`.
        encoding: how it was written.
        eol: how its lines ended.
    """

    text: str
    encoding: Encoding
    eol: Eol


def decode(content: bytes) -> Decoded | None:
    """Return the content as text, None where it is binary: it has a NUL that is not half of a character."""
    read = _read(content)
    if read is None:
        return None
    text, encoding = read
    eol = _eol(text)
    if eol in {"crlf", "cr"}:
        text = text.replace(_ENDS[eol], "\n")
    return Decoded(text, encoding, eol)


def encode(text: str, encoding: str = "utf-8", eol: str = "lf") -> bytes:
    """Return text as the bytes of a file; a text with CRLF takes the file's line ends like any other.

    Raises:
        UsageError: there is no such encoding or line end, or the text cannot be written so.
    """
    if encoding not in get_args(Encoding):
        known = ", ".join(get_args(Encoding))
        raise UsageError(f"{encoding!r} is no encoding that can be written", hint=f"one of {known}")
    if eol not in get_args(Eol):
        raise UsageError(f"{eol!r} is no line end", hint="one of lf, crlf, cr, mixed")
    if eol in _ENDS:
        text = text.replace("\r\n", "\n").replace("\n", _ENDS[eol])
    mark = _MARKS.get(encoding, b"")
    try:
        return mark + text.encode("utf-8" if encoding == "utf-8-bom" else encoding)
    except UnicodeEncodeError as error:
        there = text[error.start : error.start + 1]
        line = text.count("\n", 0, error.start) + 1
        raise UsageError(
            f"line {line} has {there!a}, which cannot be written in {encoding}",
            hint="take it out, or save in utf-8",
        ) from error


def _read(content: bytes) -> tuple[str, Encoding] | None:
    if content.startswith(codecs.BOM_UTF8):
        text = _decoded(content[3:], "utf-8")
        if text is not None:
            return text, "utf-8-bom"
    for encoding in ("utf-16-le", "utf-16-be"):
        if content.startswith(_MARKS[encoding]):
            text = _decoded(content[2:], encoding)
            if text is not None:
                return (text, "utf-16-le") if encoding == "utf-16-le" else (text, "utf-16-be")
    if b"\0" in content:
        return None
    text = _decoded(content, "utf-8")
    return (text, "utf-8") if text is not None else (content.decode("latin-1"), "latin-1")


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _eol(text: str) -> Eol:
    crlf = text.count("\r\n")
    lf, cr = text.count("\n") - crlf, text.count("\r") - crlf
    match (lf > 0, crlf > 0, cr > 0):
        case (False, False, False):
            return ""
        case (True, False, False):
            return "lf"
        case (False, True, False):
            return "crlf"
        case (False, False, True):
            return "cr"
        case _:
            return "mixed"
