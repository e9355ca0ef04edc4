"""`ravi domains`: where mailboxes can be."""

from typing import Any

from constellagent.ravi.shim_program import api
from constellagent.ravi.shim_program.login import Login
from constellagent.ravi.shim_program.words import Given, Verb, Verbs


def list_all(login: Login, _: Given) -> Any:
    """Return the domains of the account's mailboxes."""
    return api.rows(api.call(login, "GET", "/domains/"))


VERBS: Verbs = {("domains",): Verb(list_all, "the domains of mailboxes", ("domain",))}
