"""The identity that a worktree's `.ravi/config.json` names; an agent can write it, so it proves nothing."""

import json
from pathlib import Path
from typing import NamedTuple

from constellagent.errors import ConflictError
from constellagent.ravi.private_files import read_private
from constellagent.runtime.identities.adapter import FILE, FOLDER


class Written(NamedTuple):
    """What stands there; empty where nothing does."""

    uuid: str = ""
    name: str = ""
    key: str = ""

    def __repr__(self) -> str:
        """Leave the key out."""
        return f"Written(uuid={self.uuid!r}, name={self.name!r})"


def read(worktree: Path) -> Written:
    """Read the file of a worktree.

    Raises:
        ConstellagentError: it cannot be read, or holds something else.
    """
    data = read_private(worktree / FOLDER, FILE)
    if data is None:
        return Written()
    try:
        found = json.loads(data)
        values = [found.get(name, "") for name in ("identity_uuid", "identity_name", "identity_key")]
    except (ValueError, AttributeError) as error:
        raise ConflictError(f"{worktree / FOLDER / FILE} holds no identity: {error}") from error
    return Written(*(value if isinstance(value, str) else "" for value in values))
