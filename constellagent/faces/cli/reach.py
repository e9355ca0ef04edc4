"""The command line's way to the daemon: connects, and starts it where nobody listens."""

from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli import screen


def daemon() -> BlockingClient:
    """Return a client of the running daemon, started now if need be.

    Raises:
        UnavailableError: it cannot be reached or started.
    """
    import constellagent
    from constellagent.faces.launching import locate, reach

    client = reach(locate())
    if client.version != constellagent.__version__:
        screen.tell(
            f"note: the daemon is version {client.version}, this command {constellagent.__version__}; "
            "`constellagent daemon stop` changes over, sessions go on"
        )
    return client
