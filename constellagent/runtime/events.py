"""What happened: frozen values that progress, logs and (later) the live views are made of."""

from dataclasses import asdict, dataclass, field
from typing import Any

from constellagent.runtime.live_views import Level


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened while the daemon worked.

    Attributes:
        subject: an agent's or a service's name, empty for the whole constellation.
        text: one line for a person.
        level: `done` marks the end of one action; `error` one that failed.
        data: machine-readable detail, JSON values only.
    """

    subject: str
    text: str
    level: Level = "info"
    data: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the event as JSON values."""
        return asdict(self)
