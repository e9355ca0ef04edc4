"""The secrets of this installation that can be had without asking anybody, so that no text tells them.

The vaults are not opened: that would be an access, which the audit would have to tell of, and nothing of them
is in what a report takes. What cannot be opened here (the root key is under a passphrase, a file is damaged)
is said; then a report has of the logs only what cannot hold a secret.
"""

import contextlib
import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from constellagent.errors import ConstellagentError, Problem
from constellagent.ravi.vault import RootKey, sources
from constellagent.ravi.vault.root import VaultError
from constellagent.runtime import hosted_key, processes
from constellagent.runtime.bundle.shapes import behind_words
from constellagent.runtime.environment import SHELL_NAMES
from constellagent.runtime.mending import reading
from constellagent.runtime.paths import Paths
from constellagent.runtime.settings import Settings
from constellagent.spec.compose import compose
from constellagent.spec.events import FatalError
from constellagent.spec.tree import plain

_TELLING = re.compile(r"TOKEN|KEY|SECRET|PASS|CREDENTIAL|AUTH|COOKIE|DSN", re.IGNORECASE)
"""Names of variables of the person's shell whose values are taken for secrets, but for everyday words."""
_NAMED = re.compile(
    r"(?i)PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL|TOKEN(?!S|IZ)"
    r"|(?:(?<!ASK)(?<!BY)(?<!COM)PASS|PWD|KEYS?|AUTH|COOKIES?|DSN|(?<![A-Z])(?:PIN|OTP))(?![A-Z])"
)
"""Names of variables whose values are taken for secrets even where they are everyday words."""
_ABOUT = re.compile(
    r"(?i)_(?:FILE|PATH|DIR|SOCK|SOURCE|METHOD|MODE|TYPE|NAME|ID|USER|HOST|PORT|LENGTH|SIZE|TTL|TIMEOUT"
    r"|PROVIDER|POLICY|VERSION|COUNT|LIMIT)$"
)
"""Ends of names that are about a secret: an everyday word there is none."""
_SWITCH = re.compile(
    r"(?i)true|false|yes|no|on|off|none|null|auto|default|always|never|(?:en|dis)abled?|required|optional"
)
"""Values that switch something: they are no secrets under any name."""
_PATH = re.compile(r"~?(?:/[a-z][a-z.-]{0,20}){2,6}/?")
"""Paths in plain words, such as those of programs that ask for a password."""
_OF_SESSIONS = frozenset({"RAVI_API_KEY", "CONSTELLAGENT_REPORT_TOKEN"})
_NO_SECRETS = frozenset({*SHELL_NAMES, "SHELL", "USER", "LOGNAME", "TERM", "PWD", "OLDPWD"})
_WORDS = frozenset({"set", "command", "shell", "setup", "prompt", "owner", "from", "subject", "text", "log"})
"""Keys of a constellation file below which every text is taken for a secret."""
_RUN = frozenset({"command", "shell", "setup"})
"""Keys below which the texts are commands."""
_PLAIN = re.compile(r"[a-z]{1,12}|[A-Za-z]{1,8}|[0-9.]{1,8}|/[a-z/]{1,30}|--?[a-z-]{1,30}")
"""Words that everybody uses: they stand in the file too, and prove nothing."""
_PASSWORD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/@:]{0,256}:([^\s/@]{1,512})@")
"""A password in an address: it is a secret wherever else it stands."""
_WORD = re.compile(r"[^\s=:;,&|<>(){}\[\]\"'`$/]{6,200}")
_VERSION = re.compile(
    r"(?i)(?:python|pip|node|java|jdk|ruby|php|perl|gcc|clang|lua|utf-?|sha|md|base|ipv|v)?[0-9.]+[a-z]{0,2}"
)
"""Words with a digit that everybody uses: programs with their versions, sizes, encodings."""
_LARGEST = 1 << 20
_OF_GIT = (".gitconfig", ".git-credentials", ".config/git/config", ".config/git/credentials")
"""Files of the home folder in which git keeps addresses, some with a password."""

_IDS: Mapping[str, tuple[str, ...]] = {
    "constellations": ("id",),
    "sessions": ("id", "boot_id"),
    "fires": ("run",),
    "races": ("id",),
    "race_runs": ("run",),
    "bindings": ("uuid",),
}


@dataclass(slots=True)
class Known:
    """What is known.

    Attributes:
        secrets: must not be told; not in this object's repr either.
        spared: random words that are names of things and no secrets.
        texts: constellation files as they were last applied, by the place of the file.
        faults: what could not be opened, and why, for the person.
    """

    secrets: set[str] = field(default_factory=set, repr=False)
    spared: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict, repr=False)
    faults: list[str] = field(default_factory=list)

    def copy(self) -> "Known":
        """Return what is known by now, also while somebody still adds to it."""
        return Known(self.secrets.copy(), self.spared.copy(), self.texts.copy(), self.faults.copy())


def gather(
    paths: Paths,
    environ: Mapping[str, str] = os.environ,
    file: Path | None = None,
    into: Known | None = None,
) -> Known:
    """Look at all places; what cannot be had is among the `faults`, and never an error.

    What is found goes `into` what is given at once, so that a look that hangs does not cost those before it.
    """
    known = Known() if into is None else into
    known.secrets |= {value for name, value in environ.items() if _secret(name, value)}
    known.secrets |= {word for value in environ.values() for word in _passwords(value)}
    for what, look in (
        ("the root key", lambda: _of_state(paths, known)),
        ("the key of the hosted provider", lambda: _of_hosted(known, environ)),
        ("the constellation files", lambda: _of_files(known, file)),
        ("git's settings", lambda: _of_addresses(known, (Path.home() / name for name in _OF_GIT))),
        ("the sessions", lambda: _of_sessions(known)),
    ):
        _try(known, what, look)
    return known


def _secret(name: str, value: str) -> bool:
    """Whether a variable's value is taken for a secret by its name."""
    if name in _NO_SECRETS or _SWITCH.fullmatch(value) or _PATH.fullmatch(value):
        return False
    return _named(name) or (_TELLING.search(name) is not None and not _PLAIN.fullmatch(value))


def _named(name: str) -> bool:
    """Whether a variable's name leaves no doubt, so that an everyday word is a secret under it."""
    return name not in _NO_SECRETS and _NAMED.search(name) is not None and not _ABOUT.search(name)


def _try(known: Known, what: str, look: Callable[[], None]) -> None:
    try:
        look()
    except ConstellagentError as error:
        known.faults.append(f"{what}: {error.message}")
    except (OSError, sqlite3.Error, ValueError, RecursionError) as error:
        known.faults.append(f"{what}: {type(error).__name__}")


def _of_state(paths: Paths, known: Known) -> None:
    """Take what `state.db` holds: sealed values, ids, and the constellations."""
    if not paths.database.exists():
        return
    with reading.opened(paths.database) as connection:
        for table, columns in _IDS.items():
            for column in columns:
                known.spared |= {str(value) for (value,) in _rows(connection, known, table, column)}
        known.texts |= {
            str(file): str(text) for file, text in _rows(connection, known, "constellations", "file, text")
        }
        for (repository,) in _rows(connection, known, "constellations", "repo"):
            _try(known, f"{repository}/.git/config", partial(_of_git, Path(str(repository)), known))
        for (folder,) in _rows(connection, known, "records", "path"):
            _try(known, f"{folder}/.ravi", partial(_of_worktree, Path(str(folder)), known))
        found = sources.look(paths.ravi, Settings())
        if found is None or found.key is None:
            known.faults.append("the root key: its passphrase is not given here")
            return
        known.secrets |= set(_opened(connection, found.key, known))


def _rows(connection: sqlite3.Connection, known: Known, table: str, columns: str) -> list[tuple[Any, ...]]:
    try:
        return connection.execute(f"SELECT {columns} FROM {table}").fetchall()  # noqa: S608 - names of our own schema
    except (sqlite3.Error, UnicodeError) as error:
        known.faults.append(f"table {table}: {error}")
        return []


def _opened(connection: sqlite3.Connection, key: RootKey, known: Known) -> Iterator[str]:
    sealed = [
        (f"environment|{constellation}|{name}", value)
        for constellation, name, value in _rows(
            connection, known, "environment", "constellation, name, sealed"
        )
        if name not in _NO_SECRETS
    ]
    sealed += [
        (f"hooks|{constellation}|{name}", value)
        for constellation, name, value in _rows(connection, known, "hooks", "constellation, name, sealed")
    ]
    sealed += [
        (f"bindings|{provider}|{uuid}|key", value)
        for provider, uuid, value in _rows(connection, known, "bindings", "provider, uuid, key_sealed")
        if value is not None
    ]
    for place, value in sealed:
        try:
            opened = key.unseal(bytes(value), place).decode("utf-8", "replace")
        except VaultError:
            known.faults.append(f"what is sealed at {place} cannot be opened")
        else:
            yield opened
            yield from _passwords(opened)


def _of_git(repository: Path, known: Known) -> None:
    """Take the passwords in the addresses of a repository's remotes."""
    git = repository / ".git"
    _of_addresses(known, ((repository if not git.exists() else git) / "config",))


def _of_addresses(known: Known, files: Iterable[Path]) -> None:
    for file in files:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), file.open("rb") as opened:
            known.secrets |= set(_passwords(opened.read(_LARGEST).decode("utf-8", "replace")))


def _passwords(text: str) -> Iterator[str]:
    """Yield the passwords of the addresses in a text, as they are written there and as they are."""
    for found in _PASSWORD.findall(text):
        yield from {found, unquote(found)}


def _of_worktree(folder: Path, known: Known) -> None:
    """Take the key that tools in a worktree find."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        content = json.loads((folder / ".ravi" / "config.json").read_bytes()[:_LARGEST])
        known.secrets |= {str(value) for name, value in content.items() if _TELLING.search(name)}


def _of_hosted(known: Known, environ: Mapping[str, str]) -> None:
    setting, shell = environ.get(hosted_key.SETTING, ""), hosted_key.of_shell(environ)
    if found := hosted_key.look(setting, shell, hosted_key.login_file()):
        known.secrets.add(found.value)


def sessions(paths: Paths) -> set[str]:
    """Return the ids of sessions, which are the names of their folders: they are random, and no secrets.

    Raises:
        OSError: the folder cannot be read.
    """
    with contextlib.suppress(FileNotFoundError):
        return {place.name for place in paths.sessions.iterdir()}
    return set()


def _of_sessions(known: Known) -> None:
    """Take the keys and tokens of what runs."""
    for values in processes.variables(_OF_SESSIONS).values():
        known.secrets |= set(values.values())


def _of_files(known: Known, file: Path | None) -> None:
    """Take what the files say in words, as they were applied and as they are now."""
    if file is not None:
        known.texts.setdefault(str(file), "")
    for place, text in list(known.texts.items()):
        read = [text]
        with contextlib.suppress(OSError):
            read.append(Path(place).read_bytes()[:_LARGEST].decode("utf-8", "replace"))
        for one in read:
            file_says = parse(one)
            said = set(_texts(file_says))
            known.secrets |= set(_under_names(file_says)) | set(_behind_words(file_says))
            known.secrets |= {value for value in said if not _PLAIN.fullmatch(value)}
            known.secrets |= {word for value in said for word in _in_words(value)}
        known.texts[place] = text or read[-1]


def _under_names(value: Any) -> Iterator[str]:
    """Yield the values under names that leave no doubt."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if isinstance(part, str | int | float) and not isinstance(part, bool):
                if _named(str(key)) and _secret(str(key), str(part)):
                    yield str(part)
            else:
                yield from _under_names(part)
    elif isinstance(value, list):
        for part in value:
            yield from _under_names(part)


def _behind_words(value: Any, *, run: bool = False) -> Iterator[str]:
    """Yield what stands in a command behind `--password`, `TOKEN=` and their like."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _behind_words(part, run=run or key in _RUN)
    elif isinstance(value, list):
        for part in value:
            yield from _behind_words(part, run=run)
        if run:
            yield from _behind_words(" ".join(part for part in value if isinstance(part, str)), run=True)
    elif run and isinstance(value, str):
        for word in behind_words(value):
            if not (word.startswith("$") or _SWITCH.fullmatch(word) or _PATH.fullmatch(word)):
                yield word


def _in_words(text: str) -> Iterator[str]:
    """Yield the words with a digit that stand in a text: a program tells them without what is around them."""
    for word in _WORD.findall(text):
        if any(map(str.isdigit, word)) and not _PLAIN.fullmatch(word) and not _VERSION.fullmatch(word):
            yield word


def parse(text: str) -> Any:
    """Return what a constellation file says, None where it is no YAML."""
    problems = list[Problem]()
    try:
        root = compose(text, problems)
        return None if root is None else plain(root)
    except FatalError:
        return None


def _texts(value: Any, *, all_of_it: bool = False) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _texts(part, all_of_it=all_of_it or key in _WORDS)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part, all_of_it=all_of_it)
    elif all_of_it and isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)
