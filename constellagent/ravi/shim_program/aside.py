"""Lets the vendor's own `ravi` do a call to the hosted service, where it can speak as this session.

That client ignores `RAVI_API_KEY`: it reads `.ravi/config.json` of exactly the current folder, else of
`HOME`. So it is started only where both are this session's: `HOME` becomes the folder whose `.ravi` holds the
session's key, and a `.ravi` in the current folder must be that same one. The human's account is never in
reach, no key is copied, and the current folder, in which paths of attachments begin, stays. What uses our own
flags or words, and everything about logins and identities, is done here.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from constellagent.ravi.shim_program import api
from constellagent.ravi.shim_program.failing import CallError
from constellagent.ravi.shim_program.login import Login, find_file, read_login
from constellagent.ravi.shim_program.words import Given

STEPPED = "CONSTELLAGENT_RAVI_STEPPED_ASIDE"
"""Set for the vendor's client: if that turns out to be ours after all, it does not step aside again."""

OURS = b"constellagent.ravi.shim_program"
"""What every copy of our own program holds near its beginning."""


class Form(NamedTuple):
    """How the vendor's client takes a verb.

    Attributes:
        least: words that must follow.
        most: words that may follow.
        flags: what it knows.
        needs: flags that it cannot do without.
        by_uuid: the first word must be a uuid.
    """

    least: int = 0
    most: int = 0
    flags: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    by_uuid: bool = False


_UNREAD = Form(0, 1, frozenset({"--unread"}))
_LETTER = frozenset({"--body", "--cc", "--bcc", "--attach"})
_ANSWER = Form(1, 1, _LETTER, frozenset({"--body"}))
_LOGIN = frozenset({"--username", "--password", "--notes"})
_MAKING = frozenset({"--length", "--no-special", "--no-digits", "--exclude-chars"})
_CONTACT = frozenset({"--email", "--phone", "--display-name", "--nickname", "--trusted"})
_ONE = Form(1, 1, by_uuid=True)
FORMS: Mapping[tuple[str, ...], Form] = {
    ("get", "email"): Form(),
    ("get", "phone"): Form(),
    ("get", "owner"): Form(),
    ("inbox", "email"): _UNREAD,
    ("inbox", "sms"): _UNREAD,
    ("message", "email"): _UNREAD,
    ("message", "sms"): _UNREAD,
    ("email", "compose"): Form(
        0, 0, _LETTER | {"--to", "--subject"}, frozenset({"--to", "--subject", "--body"})
    ),
    ("email", "reply"): _ANSWER,
    ("email", "reply-all"): _ANSWER,
    ("email", "forward"): Form(1, 1, _LETTER | {"--to"}, frozenset({"--to", "--body"})),
    ("passwords", "list"): Form(),
    ("passwords", "get"): _ONE,
    # Without one of these it prints a line of its own before the JSON.
    ("passwords", "create"): Form(1, 1, _LOGIN | _MAKING | {"--generate"}, frozenset({"--generate"})),
    ("passwords", "update"): Form(1, 1, _LOGIN | {"--domain"}, by_uuid=True),
    ("passwords", "delete"): _ONE,
    ("passwords", "generate"): Form(0, 0, _MAKING),
    ("secrets", "list"): Form(),
    ("secrets", "get"): Form(1, 1),
    ("secrets", "set"): Form(2, 2),
    ("secrets", "delete"): _ONE,
    ("contacts", "list"): Form(),
    ("contacts", "search"): Form(1, 1),
    ("contacts", "get"): _ONE,
    ("contacts", "create"): Form(0, 0, _CONTACT),
    ("contacts", "update"): Form(1, 1, _CONTACT, by_uuid=True),
    ("contacts", "delete"): _ONE,
    ("sso", "token"): Form(),
}
"""The vendor's verbs as of its version 0.6, without those that need another key than a session's."""


def step_aside(login: Login, arguments: Sequence[str], name: tuple[str, ...], given: Given) -> None:
    """Become the vendor's client where there is one that takes this call as this session; else return.

    An empty `name` is a verb that only a newer client may know.
    """
    if STEPPED in os.environ or (name and not is_theirs(name, given)):
        return
    home = session_folder(login, os.environ, Path.cwd())
    if home is None:
        return
    environ = {**os.environ, "HOME": str(home), STEPPED: "1"}
    for program in vendors(os.environ.get("PATH", "")):
        try:
            os.execve(program, [str(program), *arguments], environ)  # noqa: S606 - the caller's words, without a shell
        except OSError:
            continue  # It is made for another machine, or gone by now: we do the call.


def is_theirs(name: tuple[str, ...], given: Given) -> bool:
    """Whether the vendor's client takes this call as it was written."""
    form = FORMS.get(name)
    if form is None or not form.least <= len(given.words) <= form.most:
        return False
    if not given.flags.keys() <= form.flags or not all(given.value(flag) for flag in form.needs):
        return False
    if "-" in {*given.words, *(value for values in given.flags.values() for value in values)}:
        return False
    return not form.by_uuid or api.is_uuid(given.word(0))


def session_folder(login: Login, environ: Mapping[str, str], current: Path) -> Path | None:
    """Return the folder whose `.ravi` holds the session's key; None where the current one has another."""
    worktree = environ.get("CONSTELLAGENT_WORKTREE")
    file = find_file(environ, current) or (Path(worktree) / ".ravi" / "config.json" if worktree else None)
    if file is None or not file.is_file():
        return None
    try:
        if read_login(file, login.url).key != login.key:
            return None
        here = current / ".ravi" / "config.json"
        if os.path.lexists(here) and not here.samefile(file):
            return None
    except (CallError, OSError):
        return None
    return file.parents[1]


def vendors(path: str) -> Iterator[Path]:
    """Yield the programs called `ravi` on `PATH` that are not ours."""
    for entry in path.split(os.pathsep):
        program = Path(entry) / "ravi"
        # A relative entry means the current folder, where an agent writes: nothing there gets the key.
        if (
            program.is_absolute()
            and program.is_file()
            and os.access(program, os.X_OK)
            and not _is_ours(program)
        ):
            yield program


def _is_ours(program: Path) -> bool:
    try:
        with program.open("rb") as file:
            return OURS in file.read(4096)
    except OSError:
        return False
