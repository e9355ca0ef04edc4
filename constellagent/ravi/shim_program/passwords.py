"""`ravi passwords`: the logins of this session, each at one site; its vault keeps them."""

from typing import Any

from constellagent.ravi.shim_program import api, typed
from constellagent.ravi.shim_program.failing import CallError, WrongWordsError
from constellagent.ravi.shim_program.login import Login
from constellagent.ravi.shim_program.words import Given, Verb, Verbs

_PATH = "/passwords/"
_MAKING_VALUES = {"--length": "NUMBER of characters", "--exclude-chars": "CHARACTERS not to use"}
_MAKING_SWITCHES = {"--no-special": "without punctuation", "--no-digits": "without digits"}
_FIELDS = {
    "--username": "NAME; the session's address where none is given",
    "--password": "PASSWORD; - : standard input, which nobody else can see",
    "--password-env": "NAME of the variable that holds it",
    "--notes": "TEXT",
    **_MAKING_VALUES,
}
_GENERATE = {"--generate": "make a password up", **_MAKING_SWITCHES}
_MAKING = (*_MAKING_VALUES, *_MAKING_SWITCHES)


def list_all(login: Login, _: Given) -> Any:
    """Return the logins, with their passwords."""
    return api.rows(api.call(login, "GET", _PATH))


def get(login: Login, given: Given) -> Any:
    """Return a login, by its uuid, or by its site where there is one only."""
    return api.row(api.call(login, "GET", _one(login, given)))


def create(login: Login, given: Given) -> Any:
    """Store a login; without a password one is made up.

    Raises:
        CallError: there is no site or two, the password cannot be read, or the API refuses.
    """
    domain = given.value("--domain") or given.word(0)
    if not domain or (given.has("--domain") and given.words):
        raise CallError("say for which site: `ravi passwords create example.com`")
    password = _password(login, given)
    body = {"domain": domain, **_texts(given, "username", "notes")}
    return api.row(api.call(login, "POST", _PATH, {**body, **({"password": password} if password else {})}))


def update(login: Login, given: Given) -> Any:
    """Change what is given of a login.

    Raises:
        CallError: nothing is given, there is no such login, or the API refuses.
    """
    body = _texts(given, "domain", "username", "notes")
    if password := _password(login, given):
        body["password"] = password
    if not body:
        raise CallError("say what changes: --domain, --username, --password, --generate or --notes")
    return api.row(api.call(login, "PATCH", _one(login, given), body))


def delete(login: Login, given: Given) -> Any:
    """Remove a login."""
    api.call(login, "DELETE", _one(login, given))
    return {"status": "deleted"}


def generate(login: Login, given: Given) -> Any:
    """Make a password up, and store it nowhere."""
    query = {}
    if length := given.value("--length"):
        if not (length.isascii() and length.isdigit()):
            raise WrongWordsError(f'invalid argument {length!r} for "--length": a number is needed')
        query["length"] = length
    if given.is_on("--no-special"):
        query["special"] = "false"
    if given.is_on("--no-digits"):
        query["digits"] = "false"
    if excluded := given.value("--exclude-chars"):
        query["exclude_chars"] = excluded
    return api.row(api.call(login, "GET", f"{_PATH}generate-password/", query=query))


def _password(login: Login, given: Given) -> str:
    """Return the password that was given or is asked for here; empty where the API is to make one up."""
    making = any(given.has(flag) for flag in _MAKING)
    ways = [flag for flag in ("--generate", "--password", "--password-env") if given.has(flag)]
    if len(ways) > 1 or (making and ways[:1] not in ([], ["--generate"])):
        raise CallError("give one of --generate, --password and --password-env")
    if given.has("--password-env"):
        return typed.from_variable(given.value("--password-env"))
    if given.value("--password") == typed.STDIN:
        return typed.secret("the password")
    if given.value("--password"):
        typed.warn_of_argument("a password", "give --password - and write it to standard input")
        return given.value("--password")
    if making or given.is_on("--generate"):
        return str(generate(login, given).get("password", ""))
    return ""


def _texts(given: Given, *names: str) -> dict[str, object]:
    return {name: given.value(f"--{name}") for name in names if given.has(f"--{name}")}


def _one(login: Login, given: Given) -> str:
    """Return the path of the login that is meant.

    Raises:
        CallError: there is none for this site, or there are several.
    """
    site = given.word(0).lower()
    if api.is_uuid(site):
        return f"{_PATH}{site}/"
    found = [row for row in list_all(login, given) if _is_at(row, site)]
    if not found:
        raise CallError(f"there is no password for {site}; `ravi passwords list` shows what there is")
    if len(found) > 1:
        several = ", ".join(f"{row.get('username')} {row.get('uuid')}" for row in found)
        raise CallError(f"there are several passwords for {site}; give the uuid: {several}")
    return f"{_PATH}{api.segment(str(found[0].get('uuid')))}/"


def _is_at(row: dict[str, Any], site: str) -> bool:
    # The API keeps the part of a site that its owner registered.
    domain = str(row.get("domain") or "").lower()
    return bool(domain) and f".{site}".endswith(f".{domain}")


VERBS: Verbs = {
    ("passwords", "list"): Verb(list_all, "the logins", ("uuid", "domain", "username")),
    ("passwords", "get"): Verb(get, "one login", ("password",), words=("<uuid or site>",)),
    ("passwords", "create"): Verb(
        create,
        "store a login; without a password one is made up",
        ("password",),
        words=("[site]",),
        values={"--domain": "SITE", **_FIELDS},
        switches=_GENERATE,
    ),
    ("passwords", "update"): Verb(
        update,
        "change a login",
        ("uuid",),
        words=("<uuid or site>",),
        values={"--domain": "SITE", **_FIELDS},
        switches=_GENERATE,
    ),
    ("passwords", "delete"): Verb(delete, "remove a login", ("status",), words=("<uuid or site>",)),
    ("passwords", "generate"): Verb(
        generate,
        "a password that is stored nowhere",
        ("password",),
        values=_MAKING_VALUES,
        switches=_MAKING_SWITCHES,
    ),
}
