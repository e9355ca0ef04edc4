"""Webhooks and sign-on tokens on the wire."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from constellagent.ravi.wire import _Request

LONGEST_URL = 2048
"""Characters in the address of a webhook."""

Kind = Literal[
    "email.message.received",
    "email.message.sent",
    "sms.message.received",
    "sms.message.sent",
    "call.started",
    "call.answered",
    "call.ended",
    "call.failed",
    "call.transcript.final",
    "webhook.test",
]
"""A type of event. The embedded provider makes those of mail and text messages."""

Url = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_URL)]


class CreateWebhook(_Request):
    """A new webhook; without `event_types` it gets all, without `identity_uuid` what the key opens."""

    url: Url
    identity_uuid: str | None = None
    enabled: bool = True
    event_types: list[Kind] = Field(default_factory=list)


class UpdateWebhook(_Request):
    """What changes of a webhook: what is absent stays as it is. Whose it is cannot change."""

    url: Url | None = None
    enabled: bool | None = None
    event_types: list[Kind] | None = None


class VerifyToken(_Request):
    """A service asks whose sign-on token it was given."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=200)]


"""Of more than that it is not even looked up."""
