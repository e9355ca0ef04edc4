"""Reading the bytes a program writes to its terminal, without drawing them.

All readers are incremental and bounded. `queries` takes out what asks the terminal for an answer, `modes`
knows which modes are on, and `signals` finds what a program says about itself. The last is imported only by
those who need it: the holder of each session loads this package and stays small.
"""

from constellagent.term.scanner.modes import ModeTracker
from constellagent.term.scanner.queries import QueryStripper

__all__ = ["ModeTracker", "QueryStripper"]
