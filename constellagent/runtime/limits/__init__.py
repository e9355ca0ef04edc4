"""What agents use, and what keeps them from using more: charged as it is told, asked before things begin."""

from constellagent.runtime.limits.gate import Gate
from constellagent.runtime.limits.limits import Limits

__all__ = ["Gate", "Limits"]
