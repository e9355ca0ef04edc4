"""`constellagent daemon`: run, stop, look at and install the background process."""

import os
import signal
import time
from typing import TYPE_CHECKING, Annotated

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Json, Option, Yes
from constellagent.faces.wording import counted
from constellagent.runtime.clock import SystemClock

if TYPE_CHECKING:
    import asyncio

    from constellagent.runtime.settings import Settings

STOP_TIMEOUT = 20.0
"""Seconds that a daemon may take to end before it is killed; sessions do not depend on it."""


def run() -> int:
    """Run the daemon here, in the foreground, until SIGTERM or `daemon stop`.

    It logs to stderr. Commands start it by themselves; this is for service managers and for watching it.
    """
    import asyncio
    import logging

    from constellagent.faces import handing
    from constellagent.faces.launching import refuse_inside_session
    from constellagent.runtime.children import wait_without_threads
    from constellagent.runtime.descriptors import raise_limit
    from constellagent.runtime.memory import hold_little
    from constellagent.runtime.settings import Settings
    from constellagent.runtime.undumpable import close_to_others

    refuse_inside_session(os.environ)
    close_to_others()
    hold_little()
    wait_without_threads()
    raise_limit()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each request says nothing to a person
    handing.take()
    settings = Settings()
    handing.forget()
    try:
        asyncio.run(_serve(settings))
    except ConstellagentError:
        raise
    except Exception:
        logging.getLogger(__name__).exception("daemon failed")
        return 1
    return 0


async def _serve(settings: "Settings") -> None:
    """Hold the lock of the one daemon, serve until somebody asks it to end, let go of everything.

    Raises:
        BusyError: another daemon runs on this state.
    """
    import asyncio

    from constellagent.faces.server import listening
    from constellagent.runtime.daemon import Daemon
    from constellagent.runtime.locks import exclusive
    from constellagent.runtime.memory import keep_giving_back
    from constellagent.runtime.tasks import spawn

    paths = settings.paths
    paths.create()
    hint = "use it, or end it with `constellagent daemon stop`"
    with exclusive(paths.daemon_lock, "the daemon", hint=hint):
        daemon = Daemon(settings)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, _asked_to_end, daemon.ended)
        # It takes a while to load, and whoever looks for the daemon finds it by its lock meanwhile.
        from constellagent.faces.web.serving import serving

        tidying = spawn(keep_giving_back(), name="returning free memory")
        try:
            await daemon.start()
            async with listening(daemon, paths.control_socket), serving(daemon, settings) as face:
                daemon.page = lambda: face.url
                await daemon.ended.wait()
        finally:
            tidying.cancel()
            await daemon.close()


def _asked_to_end(ended: "asyncio.Event") -> None:
    """End in order at the first signal and at once at the second; sessions do not depend on it."""
    if ended.is_set():
        os._exit(1)
    ended.set()


def stop(
    *,
    sessions: Annotated[
        bool, Option(("--sessions",), "Also stop every session: agents lose what they were doing.")
    ] = False,
    yes: Yes = False,
) -> int:
    """End the daemon. Sessions go on without it, and the next daemon finds them."""
    from constellagent.faces.blocking import BlockingClient
    from constellagent.faces.cli import approval
    from constellagent.faces.launching import owner
    from constellagent.runtime.paths import locate

    if (
        sessions
        and not yes
        and not approval.ask("Stop every session of every constellation?", otherwise="give --yes")
    ):
        screen.tell("nothing was done")
        return approval.NOT_APPROVED
    paths = locate()
    pid = None
    try:
        with BlockingClient.connect(paths.control_socket) as client:
            pid = client.pid
            client.shutdown(stop_sessions=sessions)
    except UnavailableError:
        pid = pid or owner(paths)
        if sessions:
            raise UnavailableError(
                "the daemon does not run, so no session was stopped",
                hint="`constellagent status --all` starts it and shows what runs; then stop again",
            ) from None
    if pid is None:
        screen.say("the daemon does not run")
        return 0
    end(pid)
    screen.say(f"stopped the daemon (pid {pid})")
    return 0


def end(pid: int) -> None:
    """Wait for the daemon to end; ask it again, and then make it.

    Raises:
        ConstellagentError: it does not end even when killed.
    """
    from constellagent.runtime import processes

    start = processes.start_of(pid)
    if start is None:
        return
    clock = SystemClock()
    for number in (signal.SIGTERM, signal.SIGKILL, None):
        deadline = clock.monotonic() + STOP_TIMEOUT
        while clock.monotonic() < deadline:
            if not processes.alive(pid, start):
                return
            time.sleep(0.02)
        if number is not None:
            processes.send(pid, start, number)
    raise ConstellagentError(f"the daemon with pid {pid} does not end")


def status(*, as_json: Json = False) -> int:
    """Say whether the daemon runs, and as what. Never starts it; exit code 69 if it does not run."""
    from constellagent.faces.blocking import BlockingClient
    from constellagent.faces.cli.status_table import age
    from constellagent.faces.launching import owner
    from constellagent.runtime.paths import locate

    paths = locate()
    try:
        with BlockingClient.connect(paths.control_socket) as client:
            info = client.info()
    except UnavailableError as error:
        if owner(paths) is not None:
            raise
        raise UnavailableError(
            f"the daemon does not run (state in {paths.home})", hint="any command that needs it starts it"
        ) from error
    if as_json:
        screen.say_json(info)
        return 0
    screen.say(f"running   pid {info['pid']}, for {age(SystemClock().now() - info['started_at'])}")
    screen.say(f"version   {info['version']} (protocol {info['protocol']})")
    screen.say(f"state     {info['home']}")
    screen.say(f"api       {paths.api_socket}")
    screen.say(f"provider  {info['provider_url'] or 'not started'}")
    constellations = counted(info["constellations"], "constellation")
    screen.say(f"serving   {constellations}, {counted(info['sessions'], 'live session')}")
    return 0


def install(
    *,
    uninstall: Annotated[bool, Option(("--uninstall",), "Remove the service file again.")] = False,
) -> int:
    """Write a service file for systemd --user, or launchd on macOS.

    With it the daemon starts when you log in.

    Nothing is enabled; the command that enables it is printed.
    """
    from constellagent.faces import installing
    from constellagent.runtime.paths import locate

    told = installing.uninstall() if uninstall else installing.install(locate())
    for line in told:
        screen.say(line)
    return 0
