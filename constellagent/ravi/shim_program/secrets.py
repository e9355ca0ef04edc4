"""`ravi secrets`: values under names, as API keys; the session's vault keeps them."""

from typing import Any

from constellagent.ravi.shim_program import api, typed
from constellagent.ravi.shim_program.failing import CallError
from constellagent.ravi.shim_program.login import Login
from constellagent.ravi.shim_program.words import Given, Verb, Verbs

_PATH = "/secrets/"


def list_all(login: Login, _: Given) -> Any:
    """Return the secrets, with their values."""
    return api.rows(api.call(login, "GET", _PATH))


def get(login: Login, given: Given) -> Any:
    """Return a secret.

    Raises:
        CallError: there is none under this name.
    """
    if api.is_uuid(given.word(0)):
        return api.row(api.call(login, "GET", f"{_PATH}{given.word(0)}/"))
    return _named(login, given)


def store(login: Login, given: Given) -> Any:
    """Store a value under a name, in the place of the one that is there.

    Raises:
        CallError: the value is empty or cannot be read, or the API refuses.
    """
    key, value = given.word(0).upper(), _value(given)
    body: dict[str, object] = {"value": value}
    if given.has("--notes"):
        body["notes"] = given.value("--notes")
    found = _under(login, key)
    if found is None:
        try:
            return api.row(api.call(login, "POST", _PATH, {"key": key, **body}))
        except CallError as error:
            # Somebody else of this identity was first: theirs is replaced, as if it had been there before.
            found = _under(login, key) if error.status in {400, 409, 422} else None
            if found is None:
                raise
    return api.row(api.call(login, "PATCH", f"{_PATH}{api.segment(str(found.get('uuid')))}/", body))


def delete(login: Login, given: Given) -> Any:
    """Remove a secret."""
    uuid = given.word(0) if api.is_uuid(given.word(0)) else str(_named(login, given).get("uuid"))
    api.call(login, "DELETE", f"{_PATH}{api.segment(uuid)}/")
    return {"status": "deleted"}


def _named(login: Login, given: Given) -> dict[str, Any]:
    found = _under(login, given.word(0))
    if found is None:
        raise CallError(f"there is no secret {given.word(0)}; `ravi secrets list` shows what there is")
    return found


def _under(login: Login, key: str) -> dict[str, Any] | None:
    rows = api.rows(api.call(login, "GET", _PATH, query={"key": key.upper()}))
    return next((row for row in rows if row.get("key") == key.upper()), None)


def _value(given: Given) -> str:
    if given.has("--value-env"):
        return typed.from_variable(given.value("--value-env"))
    if given.words[1:] in {(), (typed.STDIN,)}:
        return typed.secret(f"the value of {given.word(0)}")
    if not given.word(1):
        raise CallError(f"the value of {given.word(0)} is empty")
    typed.warn_of_argument("a value", f"write it to standard input of `ravi secrets set {given.word(0)}`")
    return given.word(1)


VERBS: Verbs = {
    ("secrets", "list"): Verb(list_all, "the secrets", ("uuid", "key")),
    ("secrets", "get"): Verb(get, "one secret", ("value",), words=("<name>",)),
    ("secrets", "set"): Verb(
        store,
        "store a value; without one, standard input",
        ("key",),
        words=("<name>", "[value]"),
        values={"--value-env": "NAME of the variable that holds the value", "--notes": "TEXT"},
    ),
    ("secrets", "delete"): Verb(delete, "remove a secret", ("status",), words=("<name or uuid>",)),
}
