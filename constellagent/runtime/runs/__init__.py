"""Runs: from a claimed fire to a live session and, after its end, to a report and what is kept of it."""

from constellagent.runtime.runs.runs import Runs

__all__ = ["Runs"]
