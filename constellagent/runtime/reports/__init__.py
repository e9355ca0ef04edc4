"""The daemon's side of hooks: what the programs of sessions report, each once and in order."""

from constellagent.runtime.reports.heard import Heard
from constellagent.runtime.reports.metering import Metering
from constellagent.runtime.reports.reports import Reports

__all__ = ["Heard", "Metering", "Reports"]
