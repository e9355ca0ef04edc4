"""All areas together, in the order in which one builds on the other: databases first, then what they know."""

from constellagent.errors import ConflictError, ConstellagentError
from constellagent.runtime.mending.bindings import IdentityBindings
from constellagent.runtime.mending.constellations import LostConstellations
from constellagent.runtime.mending.databases import Provider, State
from constellagent.runtime.mending.finding import Area, Errand, Finding, no_look
from constellagent.runtime.mending.gitlocks import GitLocks
from constellagent.runtime.mending.grounds import Surroundings
from constellagent.runtime.mending.leftovers import Leftovers
from constellagent.runtime.mending.orphans import Orphans
from constellagent.runtime.mending.scene import Scene
from constellagent.runtime.mending.trees import Trees
from constellagent.runtime.mending.webfiles import WebFiles


class Mending:
    """Looks at everything, and mends what a second look shows as well."""

    def __init__(self, around: Surroundings) -> None:
        """Nothing is looked at yet."""
        scene = self._scene = Scene(around)
        self._areas: dict[str, Area] = {
            "leftovers": Leftovers(scene),
            "web": WebFiles(scene),
            "provider": Provider(scene),
            "state": State(scene),
            "constellations": LostConstellations(scene),
            "locks": GitLocks(scene),
            "worktrees": Trees(scene),
            "sessions": Orphans(scene),
            "identities": IdentityBindings(scene),
        }

    @property
    def areas(self) -> tuple[str, ...]:
        """The names of the areas, in the order in which they are to be mended."""
        return tuple(self._areas)

    async def look(self, area: str) -> list[Finding]:
        """Return what is out of order in one area, as it is now; changes nothing.

        What cannot be looked at is a finding too.
        """
        self._scene.forget()
        return await self._look(area)

    async def everything(self) -> list[Finding]:
        """Return what is out of order, from one look at it all."""
        self._scene.forget()
        found = []
        for name in self._areas:
            found += await self._look(name)
        return found

    async def _look(self, area: str) -> list[Finding]:
        try:
            return await self._areas[area].look()
        except (ConstellagentError, OSError) as error:
            return [no_look(area, error)]

    async def mend(self, finding: Finding) -> str:
        """Look again, and mend what is still so; returns in words what was done.

        The caller holds the daemon's lock.

        Raises:
            ConflictError: a second look shows something else.
            ConstellagentError: it could not be mended; nothing was lost.
        """
        again = await self.look(finding.area)
        if finding not in again:
            now = next((one for one in again if one.subject in {finding.subject, finding.area}), None)
            if now is not None:
                raise ConflictError(f"it is otherwise by now: {now.found}", hint=now.advice)
            return "it is not so any more"
        return await self._areas[finding.area].mend(finding)

    def errand(self, finding: Finding) -> Errand | None:
        """Return what the daemon is to be asked for, of a finding that it mends `later`."""
        return self._areas[finding.area].errand(finding)
