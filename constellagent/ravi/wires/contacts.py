"""Contacts on the wire."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from constellagent.ravi.wire import Label, _Request
from constellagent.ravi.wires.phone import e164

_LONGEST_ADDRESS = 254


def _address(text: str) -> str:
    address = text.strip()
    local_part, _, domain = address.rpartition("@")
    if address and not (local_part and domain and address.isprintable() and " " not in address):
        raise PydanticCustomError("address", "a mail address is needed, as name@example.com")
    return address


def _number(text: str) -> str:
    return e164(text) if text.strip() else ""


Address = Annotated[str, StringConstraints(max_length=_LONGEST_ADDRESS), AfterValidator(_address)]
"""A mail address, or empty."""

OptionalNumber = Annotated[str, AfterValidator(_number)]
"""A phone number in E.164 form, or empty."""


class WriteContact(_Request):
    """A contact to create, or what changes of one: what is absent or null stays as it is."""

    email: Address | None = None
    phone_number: OptionalNumber | None = None
    display_name: Label | None = None
    nickname: Label | None = None
    is_trusted: bool | None = None
