"""What a look found out of order, and what can be done about it: a value that faces show."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from constellagent.errors import ConstellagentError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is out of order. Two are equal where the same is to be done about the same thing.

    Attributes:
        area: which part of the state it belongs to; the area mends it.
        kind: what is wrong, in two or three words.
        subject: what it is wrong with: a path, an agent, a session's id.
        found: what was seen, in words.
        offer: what mending does, in words; empty where it is only named.
        advice: what a person can do, or what happens without mending; may be empty.
        safe: nothing that anybody may still want is ended or left out, so `--yes` covers it.
        grave: nothing works until it is mended.
        later: the daemon mends it, once it runs again.
    """

    area: str
    kind: str
    subject: str
    found: str = field(compare=False)
    offer: str = ""
    advice: str = field(default="", compare=False)
    safe: bool = True
    grave: bool = field(default=False, compare=False)
    later: bool = False

    @property
    def unknown(self) -> bool:
        """Whether it says that something could not be looked at, which is never the same as fine."""
        return self.kind == NO_LOOK or self.kind.startswith("unknown ")


NO_LOOK = "no look"
"""The kind of finding that says that an area, or a part of it, could not be looked at."""


def no_look(area: str, error: ConstellagentError | OSError) -> Finding:
    """Return what says that nobody knows how an area is; an error of the system names its place itself."""
    said, hint = (error.message, error.hint) if isinstance(error, ConstellagentError) else (str(error), "")
    return Finding(area, NO_LOOK, area, f"{area} could not be looked at: {said}", "", hint)


@dataclass(frozen=True, slots=True)
class Errand:
    """What the daemon is asked to do once it runs again.

    Attributes:
        file: of the constellation.
        agent: for whom.
        identity: uuid of the identity to bind to it; empty to apply the agent.
        approved: SHA-256 of the only content of the file that may be applied.
    """

    file: Path
    agent: str
    identity: str = ""
    approved: str = ""


class Area(Protocol):
    """One part of the state that is looked at and mended."""

    async def look(self) -> list[Finding]:
        """Return what is out of order now; changes nothing."""
        ...

    async def mend(self, finding: Finding) -> str:
        """Mend what the newest look found; returns in words what was done.

        Called only under the daemon's lock, right after a look that found it.

        Raises:
            ConstellagentError: it could not be mended; nothing was lost.
        """
        ...

    def errand(self, finding: Finding) -> Errand | None:
        """Return what the daemon is to be asked for, of a finding that it mends `later`."""
        ...
