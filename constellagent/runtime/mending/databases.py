"""A database that is damaged or gone: set aside whole, and made anew of every row that can still be read.

The damaged file is never changed and never deleted. The new one is complete on the disk before it takes its
place by one rename, so dying anywhere leaves either the old file or the new. The old one's log must be away
before that: where only it is, the file counts as damaged, nobody opens it to work, and it is read by its
second name, beside which the log lies (`soundness.parted`).
"""

import asyncio
import contextlib
import hashlib
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from constellagent import soundness
from constellagent.durable import DurableFile, Migrations
from constellagent.errors import WorldError
from constellagent.failpoints import FilePoint, reach
from constellagent.ravi.local import schema as provider_schema
from constellagent.ravi.local.store import Store
from constellagent.runtime import survivors
from constellagent.runtime.mending import judging, reading
from constellagent.runtime.mending.bindings import DATABASE
from constellagent.runtime.mending.facts import DatabaseTrace, Health
from constellagent.runtime.mending.finding import Errand, Finding
from constellagent.runtime.mending.scene import Scene
from constellagent.runtime.paths import Paths, constellation_id
from constellagent.runtime.store import schema as state_schema
from constellagent.runtime.store.database import Database
from constellagent.runtime.worktrees.marker import sync_folder

ASIDE = soundness.ASIDE
"""In the names of files that were set aside."""
Check = Callable[[sqlite3.Connection], dict[str, str]]
"""Takes rows out again that cannot be believed; returns why, by table."""


class State:
    """`state.db`."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._path = scene.around.paths.database

    async def look(self) -> list[Finding]:
        """Return what is wrong with the daemon's own database."""
        finding = judging.state(await asyncio.to_thread(self._trace))
        return [] if finding is None else [finding]

    async def mend(self, finding: Finding) -> str:
        """Begin a new one, with what can be read of a damaged one."""
        moment = self._scene.around.clock.now()
        if finding.kind == "lost state":
            aside = await asyncio.to_thread(_log_aside, self._path, moment)
            done = await _begin(Database(self._path), self._path)
            return f"{done}; the log of the lost one is {aside}" if aside else done
        return await _renew(self._path, Database, moment, _approved)

    def errand(self, finding: Finding) -> Errand | None:  # noqa: ARG002 - nothing of this is for the daemon
        """Return nothing: all is done here."""
        return None

    def _trace(self) -> DatabaseTrace:
        seen = reading.health(self._path, state_schema.MIGRATIONS)
        lost = _lost(self._path, state_schema.MIGRATIONS) if seen.health is Health.DAMAGED else ()
        wanted, log = _wanted(self._scene.around.paths), _left_log(self._path)
        return DatabaseTrace(str(self._path), seen.health, seen.said, wanted, lost, log=log)


class Provider:
    """`provider.db`: identities, mail and vaults of the local provider."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._path = scene.around.paths.ravi / DATABASE

    async def look(self) -> list[Finding]:
        """Return what is wrong with the local provider's database."""
        finding = judging.provider(await asyncio.to_thread(self._trace))
        return [] if finding is None else [finding]

    async def mend(self, finding: Finding) -> str:  # noqa: ARG002 - there is only one way
        """Make it anew of what can be read."""
        moment = self._scene.around.clock.now()
        return await _renew(self._path, Store, moment, _believable)

    def errand(self, finding: Finding) -> Errand | None:  # noqa: ARG002 - nothing of this is for the daemon
        """Return nothing: all is done here."""
        return None

    def _trace(self) -> DatabaseTrace:
        seen = reading.health(self._path, provider_schema.MIGRATIONS)
        lost = _lost(self._path, provider_schema.MIGRATIONS) if seen.health is Health.DAMAGED else ()
        wanted = seen.health is Health.EMPTY and _has_any(self._path.parent / "audit")
        backups = () if seen.health is Health.FINE else tuple(_backups(self._path))
        log = _left_log(self._path)
        return DatabaseTrace(str(self._path), seen.health, seen.said, wanted, lost, backups, log)


def _wanted(paths: Paths) -> bool:
    """Say whether there are sessions that a state should know of."""
    try:
        return _has_any(paths.sessions) or any(survivors.left(paths))
    except OSError:
        return False


def _has_any(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError:
        return False


def _left_log(path: Path) -> str:
    """Return where the log of a file lies that is gone or empty; empty where there is none."""
    try:
        return str(soundness.log_of(path)) if soundness.alone(path) else ""
    except OSError:
        return ""


def _lost(path: Path, migrations: Migrations) -> tuple[str, ...]:
    """Try in memory what can be read of a damaged file; returns what cannot, table by table."""
    with contextlib.closing(reading.fresh(migrations)) as target:
        try:
            with reading.opened(path) as source:
                found = reading.salvage(source, target)
        except (sqlite3.Error, UnicodeError) as error:
            return (f"all of it ({error})",)
    return tuple(_in_words(found))


def _in_words(found: reading.Salvage) -> Iterator[str]:
    """Say what cannot be read any more: the tables together that have one reason."""
    reasons: dict[str, list[str]] = {}
    for table, why in found.lost.items():
        reasons.setdefault(why, []).append(table)
    for why, tables in reasons.items():
        everything = not any(found.kept.values()) and len(reasons) == 1
        yield f"all of it ({why})" if everything else f"rows of {', '.join(tables)} ({why})"


def _backups(path: Path) -> Iterator[str]:
    """Yield the other copies of a database that lie beside it and can be read, newest first."""
    there = [one for one in path.parent.glob(f"{path.name}.*") if one.is_file() and not one.is_symlink()]
    there = [one for one in there if not one.name.startswith(f"{path.name}.{ASIDE}-")]
    for one in sorted(there, key=lambda file: file.stat().st_mtime, reverse=True):
        with contextlib.suppress(sqlite3.Error, UnicodeError), reading.opened(one) as connection:
            if connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                yield str(one)


async def _begin(file: DurableFile, path: Path) -> str:
    await file.open()
    await file.close()
    return f"began a new {path}"


async def _renew(
    path: Path,
    form: type[Database] | type[Store],
    moment: float,
    check: Check,
) -> str:
    """Make a database anew of the rows of the damaged one, and put it in its place."""
    try:
        scratch = Path(tempfile.mkdtemp(prefix="mending-", dir=path.parent))
    except OSError as error:
        raise WorldError(f"cannot write beside {path}: {error.strerror}", hint="free some space") from error
    try:
        new = scratch / path.name
        await _begin(form(new), new)
        found = await asyncio.to_thread(_fill, path, new, check)
        aside = await asyncio.to_thread(_exchange, path, new, moment)
    except (OSError, sqlite3.Error) as error:
        raise WorldError(f"cannot make {path} anew: {error}", hint="free some space and try again") from error
    finally:
        await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)
    kept = sum(found.kept.values())
    lost = "; ".join(_in_words(found))
    rest = f"; lost, as far as nothing else tells it: {lost}" if lost else "; no row is missing"
    return f"kept {kept} rows{rest}; the damaged file is {aside}"


def _fill(path: Path, new: Path, check: Check) -> reading.Salvage:
    with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as target:
        target.execute("PRAGMA synchronous=FULL")
        target.execute("BEGIN")
        found = reading.nothing(path, target)
        if found is None:
            with reading.opened(path) as source:
                found = reading.salvage(source, target)
        found.lost.update(check(target))
        target.execute("COMMIT")
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return found


def _believable(_connection: sqlite3.Connection) -> dict[str, str]:
    """Take nothing out."""
    return {}


def _approved(connection: sqlite3.Connection) -> dict[str, str]:
    """Take out constellations that are not what was approved: their text runs without another question."""
    rows = connection.execute("SELECT id, file, content_hash, text FROM constellations").fetchall()
    wrong = [row[0] for row in rows if not _is_itself(*row)]
    connection.executemany("DELETE FROM constellations WHERE id = ?", [(key,) for key in wrong])
    return {"constellations": f"{len(wrong)} are not as they were approved"} if wrong else {}


def _is_itself(key: str, file: str, digest: str, text: str) -> bool:
    whole = (text.encode("utf-8"), text.encode("utf-8-sig"))
    return key == constellation_id(Path(file)) and digest in {
        hashlib.sha256(one).hexdigest() for one in whole
    }


def _exchange(path: Path, new: Path, moment: float) -> Path:
    """Put `new` in the place of a damaged file, which stays under another name; returns that name.

    The damaged file gets its second name first, then its log gets its own. Where they have these already, an
    earlier try died in between.
    """
    aside = _aside(path, moment)
    _move_log(path, aside)
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    descriptor = os.open(new, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.fchmod(descriptor, 0o600)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    # A log that came back beside the new file after a loss of power would be replayed over it.
    sync_folder(path.parent)
    reach(f"{FilePoint.EXCHANGE}.{path.stem}:before")
    new.replace(path)
    reach(f"{FilePoint.EXCHANGE}.{path.stem}:after")
    sync_folder(path.parent)
    aside.with_name(f"{aside.name}-shm").unlink(missing_ok=True)
    return aside


def _aside(path: Path, moment: float) -> Path:
    """Return the second name of a damaged file; gives it one beside which its log has a place."""
    if (parted := soundness.parted(path)) is not None:
        return parted
    logged = soundness.has_log(path)
    for one in soundness.second_names(path):
        if not (logged and soundness.has_log(one)):
            return one
    aside = _unused(path, moment)
    reach(f"{FilePoint.ASIDE}.{path.stem}:before")
    os.link(path, aside)
    reach(f"{FilePoint.ASIDE}.{path.stem}:after")
    return aside


def _log_aside(path: Path, moment: float) -> Path | None:
    """Give the log of a file that is gone another name, so that nothing is replayed over a new file.

    Returns the name, None where there is no such log.

    Raises:
        WorldError: it cannot be renamed.
    """
    try:
        if not soundness.alone(path):
            return None
        aside = _unused(path, moment)
        _move_log(path, aside)
        path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        log = soundness.log_of(path)
        raise WorldError(f"cannot set {log} aside: {error.strerror}", hint="may you write there?") from error
    return soundness.log_of(aside)


def _move_log(path: Path, aside: Path) -> None:
    """Rename the log of a file, so that it is that of its other name; an empty one only goes."""
    log = soundness.log_of(path)
    if not soundness.has_log(path):
        log.unlink(missing_ok=True)
        return
    reach(f"{FilePoint.ASIDE_LOG}.{path.stem}:before")
    log.rename(soundness.log_of(aside))
    reach(f"{FilePoint.ASIDE_LOG}.{path.stem}:after")


def _unused(path: Path, moment: float) -> Path:
    """Return a name for what is set aside that neither a file nor a log has."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))
    aside = path.with_name(f"{path.name}.{ASIDE}-{stamp}")
    number = 1
    while any(os.path.lexists(one) for one in (aside, soundness.log_of(aside))):
        number += 1
        aside = path.with_name(f"{path.name}.{ASIDE}-{stamp}-{number}")
    return aside
