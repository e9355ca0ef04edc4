"""`ravi contacts`: whom this session knows."""

from typing import Any

from constellagent.ravi.shim_program import api
from constellagent.ravi.shim_program.failing import CallError
from constellagent.ravi.shim_program.login import Login
from constellagent.ravi.shim_program.words import Given, Verb, Verbs

_PATH = "/contacts/"
_TEXTS = {
    "--email": ("email", "ADDRESS"),
    "--phone": ("phone_number", "NUMBER"),
    "--display-name": ("display_name", "NAME"),
    "--nickname": ("nickname", "NAME"),
}
_TRUSTED = {"--trusted": "trust them; --trusted=false for not any more"}
_VALUES = {flag: about for flag, (_, about) in _TEXTS.items()}
_PLAIN = ("uuid", "display_name", "email", "phone_number")


def list_all(login: Login, _: Given) -> Any:
    """Return the contacts."""
    return api.rows(api.call(login, "GET", _PATH))


def search(login: Login, given: Given) -> Any:
    """Return the contacts whose name, address or number is like the words given."""
    return api.rows(api.call(login, "GET", f"{_PATH}search/", query={"q": given.word(0)}))


def get(login: Login, given: Given) -> Any:
    """Return one contact."""
    return api.row(api.call(login, "GET", _one(given)))


def create(login: Login, given: Given) -> Any:
    """Add a contact."""
    return api.row(api.call(login, "POST", _PATH, _body(given)))


def update(login: Login, given: Given) -> Any:
    """Change what is given of a contact."""
    return api.row(api.call(login, "PATCH", _one(given), _body(given)))


def delete(login: Login, given: Given) -> Any:
    """Remove a contact."""
    api.call(login, "DELETE", _one(given))
    return {"status": "deleted"}


def _one(given: Given) -> str:
    return f"{_PATH}{api.segment(given.word(0))}/"


def _body(given: Given) -> dict[str, object]:
    body: dict[str, object] = {key: given.value(flag) for flag, (key, _) in _TEXTS.items() if given.has(flag)}
    if given.has("--trusted"):
        body["is_trusted"] = given.is_on("--trusted")
    if not body:
        raise CallError(f"say what is known of the contact: {', '.join(_TEXTS)} or --trusted")
    return body


VERBS: Verbs = {
    ("contacts", "list"): Verb(list_all, "the contacts", _PLAIN),
    ("contacts", "search"): Verb(search, "those like some words", _PLAIN, words=("<words>",)),
    ("contacts", "get"): Verb(get, "one contact", _PLAIN, words=("<uuid>",)),
    ("contacts", "create"): Verb(create, "add a contact", _PLAIN, values=_VALUES, switches=_TRUSTED),
    ("contacts", "update"): Verb(
        update, "change a contact", _PLAIN, words=("<uuid>",), values=_VALUES, switches=_TRUSTED
    ),
    ("contacts", "delete"): Verb(delete, "remove a contact", ("status",), words=("<uuid>",)),
}
