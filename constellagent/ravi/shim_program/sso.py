"""`ravi sso`: prove to a service who this session is."""

from typing import Any

from constellagent.ravi.shim_program import api
from constellagent.ravi.shim_program.login import Login
from constellagent.ravi.shim_program.words import Given, Verb, Verbs


def token(login: Login, _: Given) -> Any:
    """Return a token of a few minutes, for a service that asks the provider whose it is."""
    return api.row(api.call(login, "POST", "/sso/token/", {}))


VERBS: Verbs = {("sso", "token"): Verb(token, "a short-lived token that proves who this is", ("token",))}
