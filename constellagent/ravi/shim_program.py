"""The `ravi` command of a session: the real client's words, with the identity of the agent that calls.

It comes first on an agent's PATH, because the real client ignores a `.ravi` folder above the current one and
then speaks as the human. This one takes the session's own variables, else walks up, and never uses `~/.ravi`.
It starts for every call of a script, so it needs the standard library only. A new verb is a function and one
row of `VERBS`.
"""

import http.client
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

HOSTED = "https://api.ravi.app"
"""Where a key without an address belongs."""

UNAVAILABLE = 69
_TIMEOUT = 30.0
_LARGEST = 32 << 20
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class CallError(Exception):
    """What went wrong, for the JSON on stderr."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class WrongWordsError(Exception):
    """The command line is wrong; said as plain text, as the real client does."""


class Login(NamedTuple):
    """Who calls, and where to.

    Attributes:
        url: the API, without `/api`.
        key: what opens it, empty where nobody is logged in.
        name: the identity's name, empty where unknown.
        uuid: the identity's id, empty where unknown.
    """

    url: str
    key: str = ""
    name: str = ""
    uuid: str = ""

    def __repr__(self) -> str:
        return f"<Login of {self.name or 'nobody known'} at {self.url}>"

    @property
    def may_manage(self) -> bool:
        """Whether the key is one for the whole account."""
        return self.key.startswith("ravi_mgmt_")


class Given(NamedTuple):
    """The parsed rest of a command line: words without a flag, and flags with their values."""

    words: tuple[str, ...]
    flags: Mapping[str, str]


class Verb(NamedTuple):
    """One command.

    Attributes:
        run: does it and returns what is printed.
        about: one line for the help.
        plain: the keys whose bare values `--plain` prints.
        words: the names of the words that may follow.
        values: flags that take a value.
        switches: flags that take none.
    """

    run: Callable[[Login, Given], Any]
    about: str
    plain: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    values: frozenset[str] = frozenset()
    switches: frozenset[str] = frozenset()


def find_login(environ: Mapping[str, str], start: Path) -> Login:
    """Return who calls: from `RAVI_API_KEY`, else from the nearest `.ravi/config.json` from `start` upwards.

    The home folder ends the walk: what lies there is the human's own account.

    Raises:
        CallError: the file that was found cannot be used.
    """
    url = environ.get("RAVI_API_URL", "").rstrip("/") or HOSTED
    if key := environ.get("RAVI_API_KEY", ""):
        return Login(url, key, environ.get("CONSTELLAGENT_IDENTITY", ""))
    home = Path(environ.get("HOME", "/"))
    for folder in (start, *start.parents):
        if folder == home or _same(folder / ".ravi", home / ".ravi"):
            break
        file = folder / ".ravi" / "config.json"
        if file.is_file():
            return _read_login(file, url)
    return Login(url)


def call(login: Login, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
    """Send one request below `/api` and return the parsed answer, None where it is empty.

    Raises:
        CallError: nobody is logged in, the API refuses, or it cannot be reached (exit code 69).
    """
    if not login.key:
        raise CallError("not authenticated: this folder belongs to no agent with an identity")
    connection, prefix = _connect(login.url)
    headers = {"Authorization": f"Bearer {login.key}", "Accept": "application/json"}
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    try:
        connection.request(method, f"{prefix}/api{path}", body=data, headers=headers)
        response = connection.getresponse()
        content = response.read(_LARGEST)
    except ValueError:
        raise CallError("the key or the address holds characters that neither can have") from None
    except (OSError, http.client.HTTPException) as error:
        raise CallError(_unreachable(login.url, error), UNAVAILABLE) from None
    finally:
        connection.close()
    return _parse(response.status, content)


def get_email(login: Login, _: Given) -> Any:
    """Return the session's address."""
    return _first(_rows(call(login, "GET", f"/email/{_scope(login)}")), "no email address assigned")


def get_phone(login: Login, _: Given) -> Any:
    """Return the session's number."""
    return _first(_rows(call(login, "GET", f"/phone/{_scope(login)}")), "no phone number assigned")


def get_owner(login: Login, _: Given) -> Any:
    """Return the human who owns the account."""
    return _row(call(login, "GET", "/master/"))


def identity_list(login: Login, _: Given) -> Any:
    """Return the identities that the key opens: in a session, its own."""
    return [_identity(row) for row in _rows(call(login, "GET", "/identities/"))]


def identity_create(login: Login, given: Given) -> Any:
    """Create an identity; only with a management key, which no session has."""
    if not login.may_manage:
        raise CallError(
            "a session cannot create identities; declare an agent in constellation.yaml and apply it"
        )
    name = given.flags.get("--name") or (given.words[0] if given.words else "")
    body: dict[str, object] = {"name": name} if name else {}
    if email := given.flags.get("--email", ""):
        local_part, _, domain = email.partition("@")
        body |= {"email_identifier": local_part, **({"domain": domain} if domain else {})}
    if "--provision-phone" in given.flags:
        body["provision_phone"] = True
    return _identity(_row(call(login, "POST", "/identities/", body)))


def auth_status(login: Login, _: Given) -> Any:
    """Say who calls, without asking the API."""
    status: dict[str, object] = {"authenticated": bool(login.key)}
    if login.name:
        status["identity"] = login.name
    if login.uuid:
        status["identity_uuid"] = login.uuid
    return status


def version(_: Login, __: Given) -> Any:
    """Say that this is not the vendor's client."""
    return {"message": "ravi of constellagent"}


_ROW = ("name", "inbox", "phone")
VERBS: Mapping[tuple[str, ...], Verb] = {
    ("auth", "status"): Verb(auth_status, "who this session is", ("identity",)),
    ("get", "email"): Verb(get_email, "this session's address", ("email",)),
    ("get", "phone"): Verb(get_phone, "this session's phone number", ("phone_number",)),
    ("get", "owner"): Verb(get_owner, "the human behind it", ("first_name", "last_name")),
    ("identity", "list"): Verb(identity_list, "the identities that the key opens", _ROW),
    ("identity", "create"): Verb(
        identity_create,
        "a new identity (needs a management key)",
        _ROW,
        words=("[name]",),
        values=frozenset({"--name", "--email"}),
        switches=frozenset({"--provision-phone"}),
    ),
    ("version",): Verb(version, "what this program is", ("message",)),
}
"""Every command, by its words."""

_EVERYWHERE = frozenset({"--json", "--plain", "--human", "--help", "-h"})


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        verb, given = parse(arguments)
        if verb is None:
            _print(usage())
            return 0
        result = verb.run(find_login(os.environ, Path.cwd()), given)
        bare = not {"--plain", "--human"}.isdisjoint(given.flags)
        _print(_plain(result, verb) if bare else f"{json.dumps(result, indent=2, ensure_ascii=False)}\n")
    except WrongWordsError as error:
        return _complain(f"Error: {error}", 1)
    except CallError as error:
        return _complain(json.dumps({"error": str(error)}, ensure_ascii=False), error.exit_code)
    except OSError as error:
        # The folder is gone, or nobody reads what we print.
        return _complain(json.dumps({"error": str(error.strerror)}), 1)
    except KeyboardInterrupt:
        return 130
    return 0


def parse(arguments: Sequence[str]) -> tuple[Verb | None, Given]:
    """Split a command line into its verb (None: help is wanted) and the rest.

    Raises:
        WrongWordsError: there is no such verb or flag, or a value is missing.
    """
    rest = list(arguments)
    leading = [word for word in rest if not word.startswith("-")]
    if not leading or leading[0] == "help":
        return None, Given((), {})
    name = next((tuple(leading[:n]) for n in (2, 1) if tuple(leading[:n]) in VERBS), None)
    if name is None:
        raise WrongWordsError(f'unknown command {" ".join(leading[:2])!r} for "ravi"\n\n{usage()}')
    verb = VERBS[name]
    given = _split(rest, verb)
    words = given.words[len(name) :]
    if len(words) > len(verb.words):
        raise WrongWordsError(f"{' '.join(name)} takes no {words[len(verb.words)]!r}")
    asks = not {"--help", "-h"}.isdisjoint(given.flags)
    return None if asks else verb, Given(words, given.flags)


def usage() -> str:
    """Return the list of commands."""
    rows = [f"  ravi {' '.join((*name, *verb.words)):<26} {verb.about}" for name, verb in VERBS.items()]
    return "\n".join(("Commands:", *rows, "", "--plain prints a bare value; JSON is the default."))


def _split(rest: Sequence[str], verb: Verb) -> Given:
    words: list[str] = []
    flags: dict[str, str] = {}
    queue = iter(rest)
    for word in queue:
        if word == "--":
            words.extend(queue)
        elif not word.startswith("-") or word == "-":
            words.append(word)
        else:
            flag, equals, value = word.partition("=")
            if flag in verb.values:
                value = value if equals else next(queue, "")
                if not value and not equals:
                    raise WrongWordsError(f"flag needs an argument: {flag}")
            elif equals or flag not in verb.switches | _EVERYWHERE:
                raise WrongWordsError(f"unknown flag: {flag}")
            flags[flag] = value
    return Given(tuple(words), flags)


def _read_login(file: Path, url: str) -> Login:
    try:
        if file.stat().st_uid != os.getuid():
            raise CallError(f"{file} belongs to another user; it is not used")
        found = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise CallError(f"{file} cannot be read as JSON")
    text = {key: value for key, value in found.items() if isinstance(value, str)}
    key = text.get("identity_key") or text.get("management_key", "")
    name = text.get("identity_name") or text.get("identity", "")
    return Login(url, key, name, text.get("identity_uuid", ""))


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _connect(url: str) -> tuple[http.client.HTTPConnection, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme == "http" and host in _LOOPBACK:
        return http.client.HTTPConnection(host, port, timeout=_TIMEOUT), parts.path
    if parts.scheme == "https" and host:
        return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT), parts.path
    raise CallError(
        "RAVI_API_URL must be https://..., or http:// on this machine; the key is not sent elsewhere"
    )


def _unreachable(url: str, error: Exception) -> str:
    parts = urlsplit(url)
    why = (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
    here = parts.hostname in _LOOPBACK
    hint = "; the constellagent daemon does not run: start it with `constellagent status`" if here else ""
    return f"cannot reach {parts.netloc}: {why}{hint}"


def _parse(status: int, content: bytes) -> Any:
    try:
        answer = json.loads(content) if content else None
    except (ValueError, RecursionError):
        raise CallError(f"API error: HTTP {status}, and the answer is not JSON") from None
    if status < 300:
        return answer
    detail = answer.get("detail") if isinstance(answer, dict) else None
    raise CallError(f"API error: {detail if isinstance(detail, str) else f'HTTP {status}'}")


def _scope(login: Login) -> str:
    return f"?identity={quote(login.uuid, safe='')}" if login.uuid else ""


def _rows(answer: Any) -> list[dict[str, Any]]:
    """Accept a bare array or `{"results": [...]}`."""
    rows = answer.get("results") if isinstance(answer, dict) else answer
    return [_row(row) for row in (rows if isinstance(rows, list) else [rows])]


def _row(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise CallError("API error: the answer has an unexpected shape")
    return answer


def _first(rows: list[dict[str, Any]], missing: str) -> dict[str, Any]:
    if not rows:
        raise CallError(missing)
    return rows[0]


def _identity(row: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("uuid", "name", "inbox", "phone", "created_dt", "updated_dt")
    return {key: row.get(key) or "" for key in keys}


def _plain(result: Any, verb: Verb) -> str:
    rows = result if isinstance(result, list) else [result]
    return "\n".join("\t".join(str(row.get(key, "")) for key in verb.plain) for row in rows)


def _print(text: str) -> None:
    sys.stdout.buffer.write(text.encode(errors="surrogateescape") + b"\n")
    sys.stdout.buffer.flush()


def _complain(text: str, exit_code: int) -> int:
    sys.stderr.buffer.write(text.encode(errors="surrogateescape") + b"\n")
    sys.stderr.buffer.flush()
    return exit_code
