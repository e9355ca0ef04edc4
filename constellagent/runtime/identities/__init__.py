"""The identities of one constellation: found or created exactly once, given to worktrees and processes."""

from constellagent.runtime.identities.adapter import RaviIdentities
from constellagent.runtime.identities.creation import DOUBT_DELAYS
from constellagent.runtime.identities.matching import NEW

__all__ = ["DOUBT_DELAYS", "NEW", "RaviIdentities"]
