"""Mail on the wire: what a client asks the provider to send, mark or take in."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from constellagent.ravi.wire import _Request

LONGEST_SUBJECT = 2000
"""Characters in a subject."""

LARGEST_FILE = 10 << 20
"""Bytes of one attachment, and of all attachments of one mail."""

MOST_RECIPIENTS = 100
"""Addresses that one mail goes to."""

MOST_FILES = 100
"""Attachments of one mail."""

_LONGEST_ADDRESS = 254
_ADDRESS = re.compile(
    r"""[^\s@<>()\[\],;:"\\\x00-\x1f\x7f]{1,64}@[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*"""
)
_QUOTED = r'"(?:[^"\\]|\\.?)*+"?'
_NAMED = re.compile(rf"(?:{_QUOTED}|[^\"<>,;])*+<([^<>]*+)>", re.DOTALL)
_ENTRY = re.compile(rf"(?:{_QUOTED}|[^\",;])++", re.DOTALL)
_CONTENT_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}", re.IGNORECASE)
_BREAKS = re.compile(r"\s*[\x00-\x1f\x7f-\x9f\u2028\u2029]+\s*")


def address(text: str) -> str:
    """Return the bare address of `name@example.com` or `Name <name@example.com>`, its domain in lower case.

    Raises:
        PydanticCustomError: it is none.
    """
    named = _NAMED.fullmatch(text.strip())
    bare = (named[1] if named else text).strip()
    if len(bare) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(bare):
        raise PydanticCustomError("address", "a mail address is needed, as name@example.com")
    local_part, _, domain = bare.rpartition("@")
    return f"{local_part}@{domain.lower()}"


def addresses(given: object) -> object:
    """Return the addresses of one text with commas, or of a list, each once; what is neither stays as it is.

    Raises:
        PydanticCustomError: one of them is no address, or they are too many.
    """
    if given is None:
        return ()
    listed = given if isinstance(given, list) else [given]
    texts = [text for text in listed if isinstance(text, str)]
    if len(texts) < len(listed):
        return given
    entries = [entry for text in texts for entry in _ENTRY.findall(text) if entry.strip()]
    found = tuple({each.lower(): each for each in map(address, entries)}.values())
    if len(found) > MOST_RECIPIENTS:
        raise PydanticCustomError("recipients", "more than 100 recipients")
    return found


def one_line(text: str) -> str:
    """Return `text` on one line, without controls."""
    return _BREAKS.sub(" ", text).strip()


def _some(found: tuple[str, ...]) -> tuple[str, ...]:
    if not found:
        raise PydanticCustomError("address", "a mail address is needed, as name@example.com")
    return found


def _file_name(text: str) -> str:
    name = one_line(text).replace("\\", "/").rpartition("/")[2].strip()
    if name in {"", ".", ".."}:
        raise PydanticCustomError("filename", "a file name is needed")
    return name


def media_type(text: str) -> str:
    """Return a content type without its parameters, in lower case.

    Raises:
        PydanticCustomError: it is none.
    """
    bare = text.partition(";")[0].strip().lower()
    if not _CONTENT_TYPE.fullmatch(bare):
        raise PydanticCustomError("content_type", "a content type is needed, as text/plain")
    return bare


def _listed(given: object) -> object:
    if given is None:
        return ()
    return tuple(given) if isinstance(given, list) else given


def _distinct(uuids: tuple[str, ...]) -> tuple[str, ...]:
    distinct = tuple(dict.fromkeys(uuid.lower() for uuid in uuids))
    if len(distinct) > MOST_FILES:
        raise PydanticCustomError("files", "more than 100 attachments")
    return distinct


Addresses = Annotated[tuple[str, ...], BeforeValidator(addresses)]
"""Bare addresses, from a text with commas or a list; null stands for none."""

Recipients = Annotated[Addresses, AfterValidator(_some)]
"""At least one bare address."""

Subject = Annotated[str, StringConstraints(max_length=LONGEST_SUBJECT), AfterValidator(one_line)]
"""A subject; line breaks and controls become spaces."""

Content = Annotated[str, AfterValidator(lambda text: text.replace("\x00", ""))]
"""Text or HTML; NUL, which no mail may hold, is dropped."""

Files = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_distinct)]
"""Uuids of attachments; null stands for none."""


class Reply(_Request):
    """An answer to a mail; its subject and its recipients follow from that mail."""

    content: Content
    cc: Addresses = ()
    bcc: Addresses = ()
    attachment_uuids: Files = ()


class Forward(Reply):
    """A mail to pass on."""

    to_email: Recipients


class Compose(Forward):
    """A new mail."""

    subject: Subject = ""


class MarkMail(_Request):
    """What may be changed of a mail."""

    is_read: bool | None = None


class Presign(_Request):
    """A file that is about to be handed in."""

    filename: Annotated[str, StringConstraints(max_length=255), AfterValidator(_file_name)]
    content_type: Annotated[str, AfterValidator(media_type)] = "application/octet-stream"
    size: Annotated[int, Field(ge=0)]
