"""What is noted beside a session's output, so that its row can be written again where `state.db` was lost.

The note is written before the session's program starts and never changes. Beside what the row and the row of
its conversation hold it says which content of the constellation's file the session was started from: that
content was approved, so it proves what was, where the state is lost. No secret is in it.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from constellagent.errors import ConstellagentError, WorldError
from constellagent.ravi.private_files import read_private, write_private
from constellagent.runtime.ports import Launch
from constellagent.runtime.store.conversations import ConversationRow
from constellagent.runtime.store.sessions import Role, SessionRow

NAME = "session.json"
_ROLES: dict[str, Role] = {"agent": "agent", "service": "service", "run": "run"}


@dataclass(frozen=True, slots=True)
class Note:
    """One session as it was begun.

    Attributes:
        row: its row, live and without a holder.
        folder: where its program was started.
        talk: the row of its conversation, None where its program keeps none.
        content: SHA-256 of the approved constellation file that it was started from; empty for a run, and
            where an older release wrote the note.
    """

    row: SessionRow
    folder: Path
    talk: ConversationRow | None = None
    content: str = ""


def conversation(row: SessionRow, launch: Launch) -> ConversationRow | None:
    """Return the row of the conversation that a launch takes part in, None where there is none."""
    talk = launch.talk
    if talk is None:
        return None
    return ConversationRow(
        session=row.id,
        constellation=row.constellation,
        agent=talk.agent,
        role=row.role,
        kind=talk.kind,
        id=talk.id,
        worktree=talk.worktree,
        profile=talk.profile,
        prompt=talk.prompt,
        at=row.started_at,
    )


def write(folder: Path, row: SessionRow, launch: Launch) -> None:
    """Note down a session that is about to start; `folder` is its own.

    Raises:
        ConstellagentError: the disk refuses, or the folder is not ours alone.
    """
    talk = conversation(row, launch)
    noted = {
        "version": 1,
        "session": row.id,
        "constellation": row.constellation,
        "role": row.role,
        "subject": row.subject,
        "fingerprint": row.fingerprint,
        "content": launch.content,
        "started_at": row.started_at,
        "grace": row.grace,
        "boot_id": row.boot_id,
        "folder": str(launch.cwd),
        "talk": None if talk is None else asdict(talk),
    }
    write_private(folder, NAME, json.dumps(noted, indent=1).encode())


def read(folder: Path) -> Note | None:
    """Return the note of the session whose folder this is, None where there is none (an older release).

    Raises:
        WorldError: it is there and cannot be read, or is another session's.
    """
    try:
        data = read_private(folder, NAME)
        return None if data is None else _parsed(json.loads(data), folder.name)
    except ConstellagentError as error:
        raise WorldError(error.message, hint=error.hint) from error
    except (ValueError, LookupError, TypeError) as error:
        raise WorldError(f"cannot read {folder / NAME}: {error}") from error


def _parsed(noted: Any, session: str) -> Note:
    if noted["version"] != 1 or noted["session"] != session:
        raise ValueError("it is another session's, or a newer release's")
    row = SessionRow(
        id=session,
        constellation=str(noted["constellation"]),
        role=_ROLES[noted["role"]],
        subject=str(noted["subject"]),
        fingerprint=str(noted["fingerprint"]),
        started_at=float(noted["started_at"]),
        grace=float(noted["grace"]),
        boot_id=str(noted["boot_id"]),
    )
    talk = noted["talk"]
    kept = None if talk is None else ConversationRow(**talk)
    return Note(row, Path(str(noted["folder"])), kept, str(noted.get("content", "")))
