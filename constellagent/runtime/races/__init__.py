"""Races: one prompt for several agents at once, compared, and one of them kept."""

from constellagent.runtime.races.races import Races
from constellagent.runtime.races.worked import runs_of

__all__ = ["Races", "runs_of"]
