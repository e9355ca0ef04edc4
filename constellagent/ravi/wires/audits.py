"""What may be told to the audit from outside."""

from typing import Annotated

from pydantic import Field, StringConstraints

from constellagent.ravi.wire import _Request

Uuid = Annotated[
    str,
    StringConstraints(to_lower=True, pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"),
]
"""An identity's uuid in its usual form."""

Action = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,30}\.[a-z_]{1,30}$")]
"""What was done, as `noun.verb`."""


class ToldAccess(_Request):
    """An access that the provider itself did not see: to a hosted identity, or by a person."""

    identity: Uuid
    action: Action
    result: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,30}$")] = "ok"
    about: Annotated[str, StringConstraints(max_length=1000)] = Field(default="", repr=False)
    value: Annotated[str, StringConstraints(max_length=1 << 16)] = Field(default="", repr=False)


class RestartChain(_Request):
    """An audit that does not hold is set aside and begun again."""

    identity: Uuid
