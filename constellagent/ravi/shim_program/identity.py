"""`ravi identity`: which identities the key opens. A session has its own and keeps it."""

import os
from typing import Any

from constellagent.ravi.shim_program import api
from constellagent.ravi.shim_program.failing import CallError
from constellagent.ravi.shim_program.login import Login
from constellagent.ravi.shim_program.words import Given, Verb, Verbs

ALLOWED = "CONSTELLAGENT_MAY_CREATE_IDENTITIES"
"""The variable that is 1 in a session whose constellation lets it create identities."""

_COLUMNS = ("uuid", "name", "inbox", "phone", "created_dt", "updated_dt")
_PLAIN = ("name", "inbox", "phone")


def list_all(login: Login, _: Given) -> Any:
    """Return the identities that the key opens: in a session, its own."""
    return [_shown(row) for row in _visible(login)]


def create(login: Login, given: Given) -> Any:
    """Create an identity, where the constellation lets the session do it; `api_key` is what opens it.

    Raises:
        CallError: it does not, or the API refuses.
    """
    if os.environ.get(ALLOWED) != "1":
        raise CallError(
            "this session cannot create identities: declare an agent in constellation.yaml and apply it, "
            "or let sessions do it with `identities: {agents_may_create: true}`"
        )
    name = given.value("--name") or given.word(0)
    body: dict[str, object] = {"name": name} if name else {}
    if email := given.value("--email"):
        local_part, _, domain = email.partition("@")
        body |= {"email_identifier": local_part, **({"domain": domain} if domain else {})}
    if given.is_on("--provision-phone"):
        body["provision_phone"] = True
    made = api.row(api.call(login, "POST", "/identities/", body))
    return _shown(made) | ({"api_key": made["api_key"]} if made.get("api_key") else {})


def use(login: Login, _: Given) -> Any:
    """Refuse: who a session is, is not its own choice."""
    raise CallError(f"this session is {login.name or 'one identity'} and cannot become another one")


def chosen(login: Login, uuid: str) -> Login:
    """Return the login narrowed to the identity that `--identity` names.

    Raises:
        CallError: the key does not open it, or the API cannot be asked.
    """
    if not login.may_manage and uuid.lower() not in {str(row.get("uuid")).lower() for row in _visible(login)}:
        raise CallError(f"--identity: this session's key does not open {uuid}; leave the flag out")
    return login._replace(uuid=uuid)


def _visible(login: Login) -> list[dict[str, Any]]:
    return api.rows(api.call(login._replace(uuid=""), "GET", "/identities/"))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row.get(key) or "" for key in _COLUMNS}


VERBS: Verbs = {
    ("identity", "list"): Verb(list_all, "the identities that the key opens: its own", _PLAIN),
    ("identity", "create"): Verb(
        create,
        "a new identity, where the constellation allows it",
        _PLAIN,
        words=("[name]",),
        values={"--name": "NAME", "--email": "ADDRESS or what stands before its @"},
        switches={"--provision-phone": "with a phone number"},
    ),
    ("identity", "use"): Verb(use, "refused inside a session", words=("[uuid]",)),
}
