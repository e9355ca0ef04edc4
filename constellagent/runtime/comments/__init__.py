"""Review comments: kept per agent, following their lines, and sent to the agent as one prompt."""

from constellagent.runtime.comments.desk import Comments

__all__ = ["Comments"]
