"""The real daemon on a fast clock: `python -m tests.reliability.fast_daemon`."""

import asyncio
import logging
import os
import signal
import sys

from constellagent.errors import ConstellagentError
from constellagent.faces.server import listening
from constellagent.runtime.daemon import Daemon
from constellagent.runtime.locks import exclusive
from constellagent.runtime.settings import Settings
from tests.reliability.fast_clock import FastAlarm, FastClock


async def serve(settings: Settings, clock: FastClock) -> None:
    """Hold the lock of the one daemon and serve until somebody asks it to end.

    Raises:
        BusyError: another daemon runs on this state.
    """
    paths = settings.paths
    paths.create()
    with exclusive(paths.daemon_lock, "the daemon"):
        daemon = Daemon(settings, clock, FastAlarm(clock))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, daemon.ended.set)
        try:
            await daemon.start()
            async with listening(daemon, paths.control_socket):
                await daemon.ended.wait()
        finally:
            await daemon.close()


def main() -> int:
    """Run it; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        asyncio.run(serve(Settings(), FastClock.of(os.environ)))
    except ConstellagentError as error:
        print(f"error: {error.message}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
