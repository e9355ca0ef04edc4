"""The command line's way to the daemon: connects, and starts it where nobody listens."""

from constellagent.errors import UnavailableError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli import screen


def daemon() -> BlockingClient:
    """Return a client of the running daemon, started now if need be.

    Raises:
        UnavailableError: it cannot be reached or started.
    """
    import constellagent
    from constellagent.runtime.paths import locate

    paths = locate()
    try:
        client = BlockingClient.connect(paths.control_socket)
    except UnavailableError:
        from constellagent.faces.launching import reach

        client = reach(paths)
    if client.version != constellagent.__version__:
        screen.tell(
            f"note: the daemon is version {client.version}, this command {constellagent.__version__}; "
            "`constellagent daemon stop` changes over, sessions go on"
        )
    return client
