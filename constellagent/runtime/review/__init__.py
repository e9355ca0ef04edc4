"""What a reviewer asks about an agent's work, and has done with it."""

from constellagent.runtime.review.desk import Review
from constellagent.runtime.review.traces import Traces
from constellagent.runtime.review.worked import runs_of

__all__ = ["Review", "Traces", "runs_of"]
