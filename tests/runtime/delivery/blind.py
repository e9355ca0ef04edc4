"""Screens that nobody sees, for deliveries to programs of which nothing is known but their output."""

from constellagent.errors import UnavailableError
from constellagent.runtime.clock import Clock
from constellagent.runtime.delivery import Courier, Turns
from constellagent.runtime.delivery.ports import Stands, Writing
from constellagent.runtime.screen_views import ScreenRequest, ScreenView
from constellagent.runtime.store.sessions import SessionRow


class Blind:
    """Sees nothing."""

    def standing(self, session: str) -> Stands | None:
        """Know nothing."""
        del session
        return None

    async def screen(self, row: SessionRow, request: ScreenRequest) -> ScreenView:
        """See nothing."""
        raise UnavailableError(f"{row.id} is not seen: {request['form']}")

    def typed(self, session: str) -> None:
        """Take no note."""


async def any_command(row: SessionRow) -> str:
    """Return the name of the kind of a command."""
    del row
    return "command"


def blind_courier(sessions: Writing, clock: Clock) -> Courier:
    """Return one that delivers to any command."""
    return Courier(sessions, Blind(), Turns(), any_command, clock)
