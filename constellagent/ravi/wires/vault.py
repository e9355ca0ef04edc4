"""Passwords and secrets on the wire. One client sends empty strings where the other sends nothing."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from constellagent.ravi.wire import _Request

LARGEST_VALUE = 64 * 1024
"""Bytes of a password or of a secret's value, as UTF-8."""

LARGEST_NOTES = 4 * 1024
"""Bytes of the notes."""

LONGEST_NAME = 255
"""Characters of a user name, and of the name of a secret."""


def _at_most(text: str, most: int) -> str:
    if len(text.encode()) > most:
        raise PydanticCustomError("too_large", "at most {most} bytes are kept", {"most": most})
    return text


def _key(text: str) -> str:
    return text.upper()


Value = Annotated[str, AfterValidator(lambda text: _at_most(text, LARGEST_VALUE))]
"""A password or a secret."""

Notes = Annotated[str, AfterValidator(lambda text: _at_most(text, LARGEST_NOTES))]
"""What a person wants to remember."""

Username = Annotated[str, StringConstraints(max_length=LONGEST_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""One printable line."""

Key = Annotated[
    str,
    StringConstraints(max_length=LONGEST_NAME, pattern=r"^[A-Za-z][A-Za-z0-9_]*$"),
    AfterValidator(_key),
]
"""The name of a secret; it is kept in capitals."""


class CreatePassword(_Request):
    """A login at a site. No user name means the identity's address, no password one that is made up."""

    domain: str
    username: Username | None = None
    password: Value | None = Field(default=None, repr=False)
    notes: Notes | None = Field(default=None, repr=False)


class ChangePassword(_Request):
    """What changes of a login; what is absent or null stays."""

    domain: str | None = None
    username: Username | None = None
    password: Value | None = Field(default=None, repr=False)
    notes: Notes | None = Field(default=None, repr=False)


class CreateSecret(_Request):
    """A value under a name."""

    key: Key
    value: Value | None = Field(default=None, repr=False)
    notes: Notes | None = Field(default=None, repr=False)


class ChangeSecret(_Request):
    """What changes of a secret; what is absent or null stays."""

    key: Key | None = None
    value: Value | None = Field(default=None, repr=False)
    notes: Notes | None = Field(default=None, repr=False)
