"""Answering people about schedules and their runs: what is in effect, what happened, what they ask for."""

from constellagent.runtime.timekeeping.agent_runs import AgentRuns
from constellagent.runtime.timekeeping.desk import Timekeeping

__all__ = ["AgentRuns", "Timekeeping"]
