"""What `doctor` says of the state's files: their versions, and what is kept from before an upgrade.

And which sessions still run in holders of an older release. Looks only, whether or not the daemon runs.
"""

import time
from collections.abc import Iterator
from pathlib import Path

from constellagent import backups
from constellagent.errors import ConstellagentError
from constellagent.faces.cli.checks import Check
from constellagent.runtime.paths import Paths


def every(paths: Paths) -> Iterator[Check]:
    """Yield a check for each database, and one for the holders."""
    from constellagent.ravi.local import schema as provider
    from constellagent.ravi.local.provider import DATABASE
    from constellagent.runtime.store import schema as state

    yield database(paths.database, len(state.MIGRATIONS))
    yield database(paths.ravi / DATABASE, len(provider.MIGRATIONS))
    yield holders(paths)


def database(file: Path, newest: int) -> Check:
    """Look at the version of a file and at the copies from before; never changes it."""
    if not file.exists():
        return Check(file.name, "ok", "is not there yet; the daemon makes it")
    try:
        version, copies = backups.version_of(file), backups.found(file)
    except ConstellagentError as error:
        return Check(file.name, "fail", error.message, error.hint)
    details = {
        "path": str(file),
        "version": version,
        "newest": newest,
        "copies": [{**copy._asdict(), "path": str(copy.path)} for copy in copies],
    }
    if version is None:
        advice = "look what can be mended: `constellagent doctor --fix`"
        return Check(file.name, "fail", f"{file} is damaged, or cannot be read now", advice, details)
    if version > newest:
        said = f"{file} is of a newer release (version {version}, this one knows {newest})"
        back = "\n".join(f"or go back to {copy.path}" for copy in copies if copy.version <= newest)
        return Check(
            file.name, "fail", said, "\n".join(filter(None, ("upgrade constellagent", back))), details
        )
    said = f"has version {version}"
    if version < newest:
        said += f"; the next daemon copies it and makes it version {newest}"
    advice = "\n".join(
        f"from before an upgrade: {_told(copy)}; remove it once all is well" for copy in copies
    )
    return Check(file.name, "ok", said, advice, details)


def holders(paths: Paths) -> Check:
    """Look for live sessions whose holders an older release started."""
    from constellagent.runtime import processes
    from constellagent.runtime.holder import protocol
    from constellagent.runtime.holder.launch import read_status

    older: dict[str, int] = {}
    unread = 0
    for folder in sorted(paths.sessions.iterdir()) if paths.sessions.is_dir() else ():
        try:
            status = read_status(folder) or {}
            live = status.get("ended_at") is None and processes.alive(
                int(status.get("holder_pid", 0)), str(status.get("holder_start", ""))
            )
        except (ConstellagentError, OSError, TypeError, ValueError):
            unread += 1
            continue
        version = status.get("protocol", 1)
        if live and isinstance(version, int) and version < protocol.VERSION:
            older[folder.name] = version
    details = {"older": older}
    if unread:
        return Check("holders", "warn", f"{unread} sessions cannot be looked at", "", details)
    if not older:
        return Check("holders", "ok", "no session is held by an older release", "", details)
    lacks = "\n".join(f"cannot {lack}" for lack in protocol.lacking(min(older.values())))
    said = f"{len(older)} sessions go on in holders of an older release; each changes with its next start"
    return Check("holders", "ok", said, lacks, details)


def _told(copy: backups.Backup) -> str:
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(copy.at))
    return f"{copy.path} (version {copy.version}, {copy.size:,} bytes, {day})"
