"""What wakes agents beside the clock: mail, texts, other agents that end, and signed posts."""

from constellagent.runtime.triggers.triggers import Triggers

__all__ = ["Triggers"]
