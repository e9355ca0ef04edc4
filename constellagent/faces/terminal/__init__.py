"""`attach`: a person's terminal joined to one session, straight through its holder.

`looking` is not loaded here: it needs the terminal engine, which takes longer than all the rest.
"""

from constellagent.faces.terminal.painting import Snapshot, TakeSnapshot
from constellagent.faces.terminal.takeover import attach, take_over
from constellagent.faces.terminal.visits import Left

__all__ = ["Left", "Snapshot", "TakeSnapshot", "attach", "take_over"]
