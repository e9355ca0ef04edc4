"""What a reviewer asks about an agent's work, and has done with it."""

from constellagent.runtime.review.desk import Review
from constellagent.runtime.review.worked import runs_of

__all__ = ["Review", "runs_of"]
