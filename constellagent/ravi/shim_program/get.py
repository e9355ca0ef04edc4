"""`ravi get`: what the session has of its own."""

from typing import Any

from constellagent.ravi.shim_program import api
from constellagent.ravi.shim_program.failing import CallError
from constellagent.ravi.shim_program.login import Login
from constellagent.ravi.shim_program.words import Given, Verb, Verbs


def email(login: Login, _: Given) -> Any:
    """Return the session's address."""
    return first(login, "/email/", "no email address assigned")


def phone(login: Login, _: Given) -> Any:
    """Return the session's number."""
    return first(login, "/phone/", "no phone number assigned")


def owner(login: Login, _: Given) -> Any:
    """Return the human who owns the account."""
    return api.row(api.call(login, "GET", "/master/"))


def first(login: Login, path: str, missing: str) -> dict[str, Any]:
    """Return the first row of a list.

    Raises:
        CallError: there is none.
    """
    found = api.rows(api.call(login, "GET", path))
    if not found:
        raise CallError(missing)
    return found[0]


VERBS: Verbs = {
    ("get", "email"): Verb(email, "this session's address", ("email",)),
    ("get", "phone"): Verb(phone, "this session's phone number", ("phone_number",)),
    ("get", "owner"): Verb(owner, "the human behind it", ("first_name", "last_name")),
}
