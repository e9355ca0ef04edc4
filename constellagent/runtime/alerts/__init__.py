"""Word to owners: of what their agents do, and the way on which every word to them goes."""

from constellagent.runtime.alerts.alerts import Alerts
from constellagent.runtime.alerts.post import Letter, Post, Way

__all__ = ["Alerts", "Letter", "Post", "Way"]
