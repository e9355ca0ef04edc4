"""Text messages on the wire."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from constellagent.ravi.wire import _Request

LONGEST_TEXT = 1600
"""Characters in a text message; what networks pass on in one piece."""

LONGEST_SENDER = 40
"""Characters in the name of a sender that is no number."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_SPELLING = re.compile(r"[ ().-]", re.ASCII)


def e164(text: str) -> str:
    """Return a number in E.164 form, without the spaces, brackets, dots and dashes that people write.

    Raises:
        PydanticCustomError: it is none.
    """
    number = _SPELLING.sub("", text)
    if not _E164.fullmatch(number):
        raise PydanticCustomError("e164", "a number in E.164 form is needed, as +12025550100")
    return number


def peer(text: str) -> str:
    """Return who is at the other end in one spelling: a number in E.164 form, else the text as it is.

    Services also send from short codes (`12345`) and names (`ACME`).
    """
    bare = text.strip()
    try:
        return e164(bare)
    except PydanticCustomError:
        return bare


def with_plus(text: str) -> str:
    """Return a number whose '+' was not escaped, in an address or a form, and so arrived as a blank."""
    return f"+{text[1:]}" if text.startswith(" ") and text[1:2].isdigit() else text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "it is empty")
    return text


def _sender(text: str) -> str:
    name = peer(text)
    if not name or not name.isprintable():
        raise PydanticCustomError("sender", "a number, a short code or a name is needed")
    return name


Number = Annotated[str, AfterValidator(e164)]
"""A phone number; spaces, brackets, dots and dashes are dropped."""

Body = Annotated[str, StringConstraints(max_length=LONGEST_TEXT), AfterValidator(_not_blank)]
"""What a text message says."""

Sender = Annotated[str, StringConstraints(max_length=LONGEST_SENDER), AfterValidator(_sender)]
"""Who sends a text message: a number, a short code, or a name."""

MessageId = Annotated[str, StringConstraints(max_length=100)]
"""By what a service knows a message; empty where it does not."""


class SendText(_Request):
    """A text message to send."""

    to_number: Number
    body: Body


class MarkText(_Request):
    """What may be changed of a text message."""

    is_read: bool | None = None


class GatewayText(_Request):
    """A text message that a service hands in."""

    sender: Sender = Field(validation_alias="from")
    to: Number
    body: Body
    id: MessageId = ""
