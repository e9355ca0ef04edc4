"""What lies in a vault, as the provider shows it. Values never show in a repr."""

from typing import Annotated

from pydantic import BeforeValidator, SecretStr

from constellagent.ravi.wire import Text, _Answer

Hidden = Annotated[SecretStr, BeforeValidator(lambda value: "" if value is None else value)]
"""A private value for which servers also send null."""


class Password(_Answer):
    """A login at a site."""

    uuid: str
    domain: Text = ""
    username: Text = ""
    password: Hidden = SecretStr("")
    notes: Hidden = SecretStr("")
    created_dt: Text = ""
    updated_dt: Text = ""


class Generated(_Answer):
    """A password that was made up and is stored nowhere."""

    password: SecretStr


class Secret(_Answer):
    """A value under a name."""

    uuid: str
    key: str
    value: Hidden = SecretStr("")
    notes: Hidden = SecretStr("")
    created_dt: Text = ""
    updated_dt: Text = ""
