"""The small values of the file as annotated types: each one checks, says what is wrong, and documents itself.

Where a type has a form, its regular expression goes into the JSON Schema, so that an editor refuses what
`spec.load` refuses; the message for people comes from the check.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from constellagent.spec import durations, moments, names
from constellagent.spec.cron import check_cron


class Block(BaseModel):
    """One block of the file: frozen, and strict about its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _form(pattern: str, wanted: str) -> Callable[[str], str]:
    """Return a check that a text has a form, with `wanted` as its message."""

    def check(value: str) -> str:
        if re.search(pattern, value) and not value.endswith("\n"):
            return value
        raise ValueError(f"{value[:80]!r} is not valid here; {wanted}")

    return check


def _not_zero(span: timedelta) -> timedelta:
    if span:
        return span
    raise ValueError("must be longer than zero; leave the key out for no limit")


_EMAIL = r"^[^@\s]+@[^@\s]+$"
_PHONE = r"^\+[1-9][0-9]{6,14}$"
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = rf"^(?=.{{4,253}}$){_LABEL}(\.{_LABEL})*\.[a-z]{_LABEL}$"
_URL = r"^https?://[^\s/]+"
_TCP = r"^[^\s:]+:[0-9]{1,5}$"


def _check_tcp(value: str) -> str:
    if re.search(_TCP, value) and 1 <= int(value.rpartition(":")[2]) <= 65535:
        return value
    raise ValueError(f"{value[:80]!r} is not valid here; write host:port, such as 127.0.0.1:5432")


Text = Annotated[str, Field(min_length=1)]
"""A text that is not empty."""

Flag = Annotated[bool, Field(strict=True)]
"""true or false; `yes` and `no` are plain texts in YAML 1.2."""

Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
"""A whole number, zero or more."""

Argv = Annotated[tuple[Text, ...], Field(min_length=1)]
"""A command as a list of words, run without a shell."""

Duration = Annotated[
    timedelta,
    BeforeValidator(durations.parse_duration),
    PlainSerializer(durations.format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": durations.PATTERN, "examples": ["90s", "1h30m", "7d"]}),
]
"""A span of time written as `90s`, `45m`, `1h30m`, `7d`."""

Limit = Annotated[Duration, AfterValidator(_not_zero)]
"""A span of time longer than zero."""

Moment = Annotated[
    datetime,
    BeforeValidator(moments.parse_moment),
    WithJsonSchema(
        {"type": "string", "pattern": moments.PATTERN, "examples": ["2026-01-31", "2026-01-31T09:00"]}
    ),
]
"""A date, or a date and time; without an offset it is meant in the schedule's zone."""


def _named(check: Callable[[object], str], pattern: str) -> tuple[BeforeValidator, WithJsonSchema]:
    return BeforeValidator(check), WithJsonSchema({"type": "string", "pattern": pattern})


AgentName = Annotated[str, *_named(names.check_agent_name, names.AGENT_NAME)]
EnvName = Annotated[str, *_named(names.check_env_name, names.ENV_NAME)]
PortName = Annotated[str, *_named(names.check_port_name, names.PORT_NAME)]
LocalPart = Annotated[str, *_named(names.check_local_part, names.LOCAL_PART)]
IdentityName = Annotated[
    str,
    BeforeValidator(names.check_identity_name),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 100}),
]
BranchName = Annotated[str, BeforeValidator(names.check_branch)]
BaseName = Annotated[str, BeforeValidator(names.check_base)]
IncludePath = Annotated[str, BeforeValidator(names.check_include)]
WorktreesPattern = Annotated[str, BeforeValidator(names.check_worktrees)]
Zone = Annotated[str, BeforeValidator(names.check_zone)]
CronText = Annotated[str, BeforeValidator(check_cron)]

EmailAddress = Annotated[
    str,
    AfterValidator(_form(_EMAIL, "write an email address, such as you@example.com")),
    Field(json_schema_extra={"pattern": _EMAIL}),
]
PhoneNumber = Annotated[
    str,
    AfterValidator(_form(_PHONE, "write a phone number with its country, such as +15550100")),
    Field(json_schema_extra={"pattern": _PHONE}),
]
Domain = Annotated[
    str,
    AfterValidator(_form(_DOMAIN, "write a mail domain in lowercase, such as acme-web.test")),
    Field(json_schema_extra={"pattern": _DOMAIN}),
]
Url = Annotated[
    str,
    AfterValidator(_form(_URL, "write a URL that begins with http:// or https://")),
    Field(json_schema_extra={"pattern": _URL}),
]
HostPort = Annotated[str, AfterValidator(_check_tcp), Field(json_schema_extra={"pattern": _TCP})]
