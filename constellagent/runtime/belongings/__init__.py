"""What a person asks about the identities of agents, and what they are told."""

from constellagent.runtime.belongings.desk import Desk

__all__ = ["Desk"]
