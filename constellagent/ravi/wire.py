"""What goes over the wire: the shapes of Ravi's API, one model each.

Answers are read leniently (unknown keys are ignored, null stands for empty), because two generations of
servers send slightly different rows. Requests are read strictly by the embedded provider, which uses the
same models, so client and provider cannot drift apart.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, StringConstraints

LONGEST_NAME = 100
"""Characters in the name of an identity, and in the label of a key."""

_LONGEST_WAIT = 86_400
"""Seconds; what a server asks beyond a day is cut to it."""

Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
"""A string for which servers also send null."""

OptionalText = Annotated[str | None, BeforeValidator(lambda value: value or None)]
"""A string that is absent, null or empty where there is none."""

Label = Annotated[str, StringConstraints(max_length=LONGEST_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""One printable line."""

Name = Annotated[Label, StringConstraints(min_length=1, strip_whitespace=True)]
"""A name: one printable line that is not blank."""


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Identity(_Answer):
    """An identity. `inbox` is its address, `phone` its number or None."""

    uuid: str
    name: str
    inbox: Text = ""
    phone: OptionalText = None
    created_dt: Text = ""
    updated_dt: Text = ""
    archived: bool = False


class IdentityKey(_Answer):
    """A key that opens one identity. `key` is there only in the answer that creates it."""

    uuid: str
    identity_uuid: str = Field(default="", validation_alias=AliasChoices("identity_uuid", "identity"))
    key: SecretStr = SecretStr("")
    label: Text = ""
    is_active: bool = True
    created_dt: Text = ""


class EmailAddress(_Answer):
    """A mailbox of an identity."""

    id: int
    email: str
    created_dt: Text = ""


class PhoneNumber(_Answer):
    """A phone number of an identity."""

    id: int
    phone_number: str
    provider: Text = ""
    created_dt: Text = ""


class Owner(_Answer):
    """The human who owns the account."""

    first_name: Text = ""
    last_name: Text = ""


class Domain(_Answer):
    """A mail domain on which addresses can be created."""

    uuid: str
    domain: str
    is_platform: bool = False
    is_verified: bool = False
    created_dt: Text = ""


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class CreateIdentity(_Request):
    """A new identity. All is optional: the provider invents what is missing.

    `email` is what older clients send: a local part or a whole address. Newer ones send `email_identifier`
    and `domain`.
    """

    name: Name | None = None
    email: str | None = None
    email_identifier: str | None = None
    domain: str | None = None
    provision_phone: bool = False


class RenameIdentity(_Request):
    """A new name for an identity."""

    name: Name | None = None


class ProvisionPhone(_Request):
    """A number for an identity that has none."""

    country_code: str = "US"


class CreateManagementKey(_Request):
    """A new key for the whole account."""

    label: Label = ""


class CreateIdentityKey(_Request):
    """A new key for one identity."""

    identity_uuid: str
    label: Label = ""


class DeviceToken(_Request):
    """A device asks whether its login was allowed; with `wait` the answer may take some seconds."""

    device_code: str
    wait: bool = False


class Failure(_Answer):
    """What a server said when it refused."""

    code: str
    message: str
    retry_after: float | None = None


def failure_body(code: str, message: str, details: object = None) -> dict[str, Any]:
    """Return the body of a refusal in both envelopes: one client reads `detail`, the other `error`."""
    return {"detail": message, "error": {"code": code, "message": message, "details": details}}


def read_failure(status: int, content: bytes) -> Failure:
    """Read a refusal in either envelope; never fails, whatever the bytes are."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    body = body if isinstance(body, dict) else {}
    error = body.get("error")
    code, message = f"http.{status}", ""
    if isinstance(error, dict):
        code, message = _text(error, "code") or code, _text(error, "message")
    elif isinstance(error, str):
        code, message = error, _text(body, "error_description") or error
    seconds = body.get("retry_after_seconds")
    wait = None
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds >= 0:
        wait = float(min(seconds, _LONGEST_WAIT))
    return Failure(
        code=code,
        message=message or _text(body, "detail") or f"HTTP {status}",
        retry_after=wait,
    )


def _text(row: Mapping[str, object], key: str) -> str:
    value = row.get(key)
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""
