"""Screens: what a terminal would show for a program's output, kept by the engine of a real terminal.

Only modules in here know the engine. A screen is used by one thread at a time; the caller holds the lock.
"""

from constellagent.term.screen.engine import ENGINE, Screen
from constellagent.term.screen.reader import fault
from constellagent.term.screen.search import Found
from constellagent.term.screen.sgr import sgr

__all__ = ["ENGINE", "Found", "Screen", "fault", "sgr"]
