"""The page's port: turned on and off, kept over a restart of the daemon, and said why where it is not on.

A page that is open in a browser finds the daemon again only at the same port, so the port is kept. That it
cannot be had is no reason for a daemon not to run: the face says so, and the rest goes on.
"""

import asyncio
import json
import logging
import os

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.faces.web.connection import Answer
from constellagent.faces.web.entrances import TcpEntrance, tcp_entrance
from constellagent.ravi.private_files import read_private, write_private
from constellagent.runtime.settings import Settings

FILE = "face.json"
"""What keeps host, port, and whether it was on, below `Paths.web`."""

_log = logging.getLogger(__name__)


class TcpFace:
    """The TCP entrance, which can be opened and closed while the daemon runs."""

    def __init__(self, settings: Settings, answer: Answer) -> None:
        """Nothing is opened before `start` or `turn_on`."""
        self._settings = settings
        self._answer = answer
        self._entrance: TcpEntrance | None = None
        self._turning = asyncio.Lock()
        self.why = "it was not turned on"

    @property
    def url(self) -> str:
        """Its address without a path, empty where it is off."""
        return self._entrance.url if self._entrance is not None else ""

    @property
    def place(self) -> tuple[str, int]:
        """Host and port, empty and 0 where it is off."""
        return (self._entrance.host, self._entrance.port) if self._entrance is not None else ("", 0)

    async def start(self) -> None:
        """Serve where the settings say so, or where it was on when the last daemon ended; never fails."""
        kept = await self._kept()
        if not (self._settings.web or kept.get("on") is True):
            return
        try:
            await self.turn_on()
        except ConstellagentError as error:
            _log.error("the page is not served: %s", error.message)

    async def turn_on(self) -> None:
        """Serve, also after a restart of the daemon; harmless where it does.

        Raises:
            UnavailableError: the port cannot be had.
            UsageError: the settings do not go together.
        """
        async with self._turning:
            if self._entrance is not None:
                return
            self.why = ""
            try:
                self._entrance = await self._open()
                await self._keep(on=True)
            except ConstellagentError as error:
                self.why = error.message
                await self._close()
                raise
            _log.info("the page is served at %s", self.url)

    async def turn_off(self) -> None:
        """Serve no longer, also after a restart of the daemon.

        Raises:
            ConstellagentError: it is off, but only until the daemon ends: that cannot be written.
        """
        async with self._turning:
            await self._keep(on=False)
            await self._close()
            self.why = "it was turned off"

    async def close(self) -> None:
        """Serve no longer; the next daemon does again."""
        async with self._turning:
            await self._close()

    async def _close(self) -> None:
        entrance, self._entrance = self._entrance, None
        if entrance is not None:
            await entrance.close()

    async def _open(self) -> TcpEntrance:
        kept = (await self._kept()).get("port")
        port = self._settings.web_port or (kept if isinstance(kept, int) and 0 < kept < 65536 else 0)
        try:
            return await tcp_entrance(self._answer, self._settings, port)
        except OSError as error:
            if self._settings.web_port or not port:
                raise self._unavailable(port, error) from error
        self.why = f"port {port} is taken by another program, so pages that were open do not find this one"
        _log.warning("%s", self.why)
        try:
            return await tcp_entrance(self._answer, self._settings, 0)
        except OSError as error:
            raise self._unavailable(0, error) from error

    def _unavailable(self, port: int, error: OSError) -> UnavailableError:
        at = f"{self._settings.web_host}:{port}" if port else self._settings.web_host
        reason = os.strerror(error.errno) if error.errno else "it is no address of this machine"
        return UnavailableError(
            f"the page cannot be served at {at}: {reason}",
            hint="end what uses the port, or set CONSTELLAGENT_WEB_PORT and CONSTELLAGENT_WEB_HOST",
        )

    async def _kept(self) -> dict[str, object]:
        """Return what was kept, nothing where that cannot be read: a port is not worth more."""
        try:
            data = await asyncio.to_thread(read_private, self._settings.paths.web, FILE)
            kept = json.loads(data or b"{}")
        except (ConstellagentError, ValueError, RecursionError):
            return {}
        return kept if isinstance(kept, dict) else {}

    async def _keep(self, *, on: bool) -> None:
        host, port = self.place
        kept = await self._kept()
        data = {"host": host or kept.get("host", ""), "port": port or kept.get("port", 0), "on": on}
        await asyncio.to_thread(
            write_private, self._settings.paths.web, FILE, json.dumps(data).encode() + b"\n"
        )
