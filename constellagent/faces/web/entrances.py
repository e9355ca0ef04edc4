"""Where requests come in: the unix socket of this user, and the port that a browser uses."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from constellagent.connections import backlog
from constellagent.errors import UnavailableError, UsageError
from constellagent.faces.web.connection import Answer, Server
from constellagent.faces.web.guard import LOCAL_NAMES, Entrance, is_loopback
from constellagent.runtime.settings import Settings

CLOSE_TIMEOUT = 0.4
"""Seconds that requests get to end when an entrance closes; aiohttp takes it twice at most."""


@asynccontextmanager
async def unix_entrance(answer: Answer, path: Path) -> AsyncIterator[None]:
    """Take requests at the socket `path` while the body runs. The caller holds the lock of the one daemon.

    Raises:
        UnavailableError: nothing can listen there.
    """
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Bound under a name that nobody looks for, and named once nobody else may open it.
        aside = path.with_name("." + path.name[1:])  # no longer than its name, whose length has a limit
        with contextlib.suppress(FileNotFoundError):
            aside.unlink()
        sock.bind(str(aside))
        aside.chmod(0o600)
        aside.rename(path)
    except OSError as error:
        sock.close()
        raise UnavailableError(f"the API cannot listen at {path}: {error.strerror}") from error
    runner = await _serve(Server(Entrance("http", 0, trusted=True), answer), sock, None)
    try:
        yield
    finally:
        await runner.cleanup()
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


class TcpEntrance:
    """One open port."""

    def __init__(self, entrance: Entrance, host: str, runner: web.ServerRunner) -> None:
        self.entrance = entrance
        self.host = host
        self._runner = runner

    @property
    def port(self) -> int:
        """The port that it has."""
        return self.entrance.port

    @property
    def url(self) -> str:
        """Its address, as a browser on this machine, or on those it was opened for, reaches it."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        if name not in self.entrance.names:
            name = min(self.entrance.names - LOCAL_NAMES, default=name)
        return f"{self.entrance.scheme}://{name}:{self.port}"

    async def close(self) -> None:
        """Take no more requests, and end those that run."""
        await self._runner.cleanup()


async def tcp_entrance(answer: Answer, settings: Settings, port: int) -> TcpEntrance:
    """Take requests at the settings' address, at this port; 0 takes any that is free.

    Raises:
        UsageError: the settings do not go together.
        OSError: the port cannot be had.
    """
    context = await asyncio.to_thread(_tls, settings)
    names = _names(settings, encrypted=context is not None)
    family = socket.AF_INET6 if ":" in settings.web_host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((settings.web_host.strip("[]"), port))
    except OSError:
        sock.close()
        raise
    entrance = Entrance("https" if context is not None else "http", int(sock.getsockname()[1]), names)
    return TcpEntrance(
        entrance, settings.web_host.strip("[]"), await _serve(Server(entrance, answer), sock, context)
    )


async def _serve(server: Server, sock: socket.socket, context: ssl.SSLContext | None) -> web.ServerRunner:
    runner = web.ServerRunner(server, shutdown_timeout=CLOSE_TIMEOUT)
    await runner.setup()
    try:
        await web.SockSite(runner, sock, ssl_context=context, backlog=backlog()).start()
    except BaseException:
        await runner.cleanup()
        sock.close()
        raise
    return runner


def _names(settings: Settings, *, encrypted: bool) -> frozenset[str]:
    """Return what requests may call this machine.

    Raises:
        UsageError: other machines could reach the page, and not all that this needs is set.
    """
    more = frozenset(name.strip().lower() for name in settings.web_hosts.split(",") if name.strip())
    if is_loopback(settings.web_host):
        return LOCAL_NAMES | more
    missing = [
        name
        for name, there in (
            ("CONSTELLAGENT_WEB_CERTIFICATE and CONSTELLAGENT_WEB_KEY", encrypted),
            ("CONSTELLAGENT_WEB_HOSTS", bool(more)),
        )
        if not there
    ]
    if missing:
        raise UsageError(
            f"the page is not served at {settings.web_host}: other machines reach it there, "
            f"and {' and '.join(missing)} must be set for that",
            hint="set them, or leave CONSTELLAGENT_WEB_HOST out",
        )
    return LOCAL_NAMES | more


def _tls(settings: Settings) -> ssl.SSLContext | None:
    """Return the settings' TLS, None where they name no certificate.

    Raises:
        UsageError: they name half of it, or what is no certificate with its key.
    """
    certificate, key = settings.web_certificate, settings.web_key
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise UsageError(
            "CONSTELLAGENT_WEB_CERTIFICATE and CONSTELLAGENT_WEB_KEY go together", hint="set both"
        )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:
        reason = (
            error.strerror if isinstance(error, OSError) and error.strerror else "no certificate with its key"
        )
        raise UsageError(
            f"the page's certificate cannot be used: {reason}",
            hint=f"look at {certificate} and {key}: PEM, the key not encrypted",
        ) from error
    return context


def _no_password() -> str:
    """Say that there is none: OpenSSL would ask on the terminal."""
    raise ValueError("the key is encrypted")
