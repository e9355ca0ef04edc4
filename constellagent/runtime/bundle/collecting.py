"""Puts the archive's files together: every part by itself, and every byte of them through the redaction."""

import getpass
import json
import platform
import re
import socket
import sqlite3
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import SecretStr

import constellagent
from constellagent.durable import Migrations
from constellagent.errors import ConstellagentError
from constellagent.ravi.local import schema as provider_schema
from constellagent.runtime.bundle import files, known, outline, parts, tables
from constellagent.runtime.bundle.parts import Content, Part
from constellagent.runtime.bundle.redaction import Redactor
from constellagent.runtime.paths import Paths
from constellagent.runtime.settings import Settings
from constellagent.runtime.store import schema as state_schema

PROVIDER_DATABASE = "provider.db"
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_LARGEST = 4 << 20
"""Characters of one file of the archive; what is more is left out, and said."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What goes into the archive.

    Attributes:
        files: by name, as they will be in it.
        faults: why a part is not there, or not whole, by its name.
        known: how many values were taken out that are known to be secret.
        shaped: how much was taken out because it looked like a secret.
    """

    files: Mapping[str, bytes]
    faults: Mapping[str, str]
    known: int
    shaped: int


def collect(
    paths: Paths,
    more: Iterable[Part] = (),
    *,
    output: bool = False,
    daemon: int | None = None,
    file: Path | None = None,
    limit: float = parts.LIMIT,
) -> Bundle:
    """Look at everything and take the secrets out; never raises for what cannot be looked at.

    Args:
        paths: where the state lies.
        more: parts that only the caller can look at.
        output: take what programs wrote, too.
        daemon: the pid of the daemon, None where none runs.
        file: the constellation file of the person's folder, where there is one.
        limit: seconds that each part may take.
    """
    faults = dict[str, str]()
    secrets = _secrets(paths, file, limit, faults)
    redactor = _redactor(secrets)
    found, names = dict[str, bytes](), _Names(redactor)
    for taken in parts.take((*_own(paths, secrets, daemon, output=output), *more), limit):
        if taken.fault:
            faults[taken.name] = taken.fault
        for name, content in taken.files.items():
            found[names.told(name)] = _told(content, redactor)
    if names.alike:
        faults["names of files"] = f"{names.alike} are numbered: without their secrets they are alike"
    faults = {name: redactor.text(fault) for name, fault in faults.items()}
    found["faults.json"] = _told(faults, redactor)
    return Bundle(found, faults, redactor.known, redactor.shaped)


def _secrets(paths: Paths, file: Path | None, limit: float, faults: dict[str, str]) -> known.Known:
    """Look for what must not be told, and say among the `faults` what could not be looked at.

    The ids of sessions are looked for apart: without them the files of sessions would have no names.
    """
    gathered, ids = known.Known(), "ids of sessions"
    looks = (
        Part("secrets to take out", lambda: {"": known.gather(paths, file=file, into=gathered)}),
        Part(ids, lambda: {ids: known.sessions(paths)}),
    )
    wanted, listed = parts.take(looks, limit)
    if wanted.fault:
        # It may still go on, so what it has found by now is taken as it is.
        gathered = gathered.copy()
        gathered.faults.append(wanted.fault)
    if gathered.faults:
        faults[wanted.name] = f"{'; '.join(gathered.faults)}: so what logs say is left out"
    if listed.fault:
        faults[listed.name] = listed.fault
    gathered.spared |= listed.files.get(ids, set())
    return gathered


class _Names:
    """Gives the archive's files their names without secrets, and no two files the same one.

    Attributes:
        alike: how many names had to be told from others.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._things = dict[str, list[str]]()
        self._given = set[str]()
        self.alike = 0

    def told(self, name: str) -> str:
        """Return the name to tell; the files of one thing differ in their ends, and have one number."""
        thing, _ = _parted(name)
        told, end = _parted(self._redactor.text(name))
        things = self._things.setdefault(told, [])
        if thing not in things:
            things.append(thing)
        number = things.index(thing) + 1
        while (given := f"{told}-{number}{end}" if number > 1 else f"{told}{end}") in self._given:
            number += 1
        self._given.add(given)
        self.alike += number > 1
        return given


def _parted(name: str) -> tuple[str, str]:
    """Return a file's name as far as it names a thing, and its end from the first dot on."""
    folder, slash, last = name.rpartition("/")
    thing, dot, end = last.partition(".")
    return f"{folder}{slash}{thing}", f"{dot}{end}"


def _redactor(secrets: known.Known) -> Redactor:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = ""
    return Redactor(
        secrets.secrets, spared=secrets.spared, home=str(Path.home()), host=socket.gethostname(), user=user
    )


def _told(content: Any, redactor: Redactor) -> bytes:
    if isinstance(content, str):
        text = redactor.text(content)
    else:
        # Of what is JSON already only known values are looked for: they alone may lie across its marks.
        text = (
            redactor.values(json.dumps(redactor.value(content), indent=1, default=str, ensure_ascii=False))
            + "\n"
        )
    if len(text) > _LARGEST:
        text = text[:_LARGEST].rpartition("\n")[0] + "\n(the rest is left out)\n"
    return text.encode("utf-8", "replace")


def _own(paths: Paths, secrets: known.Known, daemon: int | None, *, output: bool) -> Iterable[Part]:
    provider, bare = paths.ravi / PROVIDER_DATABASE, bool(secrets.faults)
    yield Part("versions", _versions)
    yield Part("settings", _settings)
    yield Part("daemon's logs", lambda: files.daemon_logs(paths, bare=bare))
    yield Part("setup logs", lambda: files.setup_logs(paths, text=output))
    yield Part("sessions", lambda: files.sessions(paths, output=output, bare=bare))
    yield Part("processes", lambda: {"processes.json": files.running(paths, daemon)})
    yield Part("list of files", lambda: {"files.json": files.listing(paths)})
    yield Part("constellation files", lambda: _outlines(secrets.texts))
    for name, path, migrations, columns in (
        ("state.db", paths.database, state_schema.MIGRATIONS, tables.STATE),
        (PROVIDER_DATABASE, provider, provider_schema.MIGRATIONS, tables.PROVIDER),
    ):
        yield Part(name, partial(_database, name, path, migrations, columns))


def _database(name: str, path: Path, migrations: Migrations, columns: Mapping[str, Sequence[str]]) -> Content:
    return {f"databases/{name}.json": tables.tell(path, migrations, columns)}


def _versions() -> Content:
    wanted = [
        _NAME.match(line) for line in metadata.requires("constellagent") or () if "extra ==" not in line
    ]
    names = sorted({found[0] for found in wanted if found})
    return {
        "versions.json": {
            "constellagent": constellagent.__version__,
            "python": sys.version.split()[0],
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
            "libc": " ".join(platform.libc_ver()),
            "sqlite": sqlite3.sqlite_version,
            "packages": {name: _version(name) for name in names},
        }
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _settings() -> Content:
    try:
        settings = Settings()
    except ConstellagentError as error:
        return {"settings.json": {"fault": error.message}}
    return {
        "settings.json": {
            name: "(set)" if isinstance(value, SecretStr) else value for name, value in settings
        }
    }


def _outlines(texts: Mapping[str, str]) -> Content:
    told = dict[str, Any]()
    for number, (place, text) in enumerate(sorted(texts.items()), start=1):
        told[f"constellations/{number}.json"] = {"file": place, "says": outline.outline(known.parse(text))}
    return told
