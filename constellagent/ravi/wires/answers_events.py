"""What happened, as the provider tells it: events for whoever waits, and the audit for whoever looks back."""

from typing import Any

from pydantic import Field

from constellagent.ravi.wire import Text, _Answer


class Event(_Answer):
    """Something that happened. `seq` rises over the whole account; the hosted provider may not say when."""

    id: str
    seq: int
    type: str
    created_dt: Text = ""
    data: dict[str, Any] = Field(default_factory=dict, repr=False)


class AuditLine(_Answer):
    """One access to an identity. `seq` rises per identity; `value` is a fingerprint and never the value."""

    identity: Text = ""
    seq: int
    at: Text = ""
    actor: Text = ""
    action: Text = ""
    result: Text = ""
    row: Text = ""
    about: Text = ""
    value: Text = ""


class ChainCheck(_Answer):
    """Whether the audit of one identity holds."""

    identity: str
    lines: int = 0
    ok: bool = False
    problem: Text = ""


class AuditCheck(_Answer):
    """Whether the audit holds, as a whole and identity by identity."""

    ok: bool
    problem: Text = ""
    identities: tuple[ChainCheck, ...] = ()


class Count(_Answer):
    """What an identity has that nobody has looked at, and how much lies in its vault."""

    identity: str
    unread_mail: int = 0
    unread_texts: int = 0
    passwords: int = 0
    secrets: int = 0
