"""What faces are shown of the agents: once, or as it changes, while somebody watches."""

from constellagent.runtime.live.lookout import Lookout

__all__ = ["Lookout"]
