"""The files of the web face that let nobody in because they cannot be read: set aside, never removed."""

import asyncio
import json
from pathlib import Path

from constellagent.errors import ConstellagentError, WorldError
from constellagent.ravi.private_files import read_private
from constellagent.runtime.mending.databases import ASIDE
from constellagent.runtime.mending.finding import Errand, Finding
from constellagent.runtime.mending.scene import Scene


class WebFiles:
    """What `web/` keeps of logins and tokens."""

    def __init__(self, scene: Scene) -> None:
        self._folder = scene.around.paths.web

    async def look(self) -> list[Finding]:
        """Return the files that hold nothing that can be read."""
        return await asyncio.to_thread(self._look)

    async def mend(self, finding: Finding) -> str:
        """Give the file another name; the web face begins a new one."""
        path = Path(finding.subject)
        aside = path.with_name(f"{path.name}.{ASIDE}")
        try:
            path.replace(aside)
        except OSError as error:
            raise WorldError(f"cannot set {path} aside: {error.strerror}") from error
        return f"the damaged file is {aside}; its logins or tokens have to be made again"

    def errand(self, finding: Finding) -> Errand | None:  # noqa: ARG002 - nothing of this is for the daemon
        """Return nothing: all is done here."""
        return None

    def _look(self) -> list[Finding]:
        found = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                data = read_private(self._folder, path.name)
            except ConstellagentError:
                continue
            if data is not None and not _is_json(data):
                said = f"{path} cannot be read, so nobody is let in by it"
                found.append(Finding("web", "damaged file", str(path), said, "set it aside"))
        return found


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
