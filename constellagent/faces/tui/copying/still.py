"""A screen as it is at one moment, which stays so whatever its program writes.

Copying the engine's own form is a matter of milliseconds even with all its scrollback, and spares copy mode
from following rows that move while they are looked at.
"""

from constellagent.term.screen import Screen


def still(screen: Screen, scrollback: int) -> Screen:
    """Return a copy with all its scrollback of at most so many rows; the caller closes it."""
    data = screen.encode()
    if data is not None:
        return Screen.decode(data, scrollback=scrollback)
    copy = Screen(screen.rows, screen.columns, scrollback=scrollback)
    copy.feed(screen.snapshot(None))
    return copy
