"""The one client of Ravi's API, for the hosted provider and for the embedded one alike."""

from constellagent.ravi.client.ravi_client import RaviClient
from constellagent.ravi.client.transport import is_loopback
from constellagent.ravi.failures import InDoubtError, MissingError, TakenError

__all__ = ["InDoubtError", "MissingError", "RaviClient", "TakenError", "is_loopback"]
