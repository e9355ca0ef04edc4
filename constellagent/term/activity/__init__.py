"""What a program is doing, told from its hooks, its signals, its screen, and whether it writes at all."""

from constellagent.term.activity.signs import Sign, Signs
from constellagent.term.activity.states import Activity, Source, State
from constellagent.term.activity.tracker import ActivityTracker

__all__ = ["Activity", "ActivityTracker", "Sign", "Signs", "Source", "State"]
