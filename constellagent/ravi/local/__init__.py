"""The local provider: a Ravi-compatible server that the daemon embeds."""

from constellagent.ravi.local.provider import LocalProvider

__all__ = ["LocalProvider"]
