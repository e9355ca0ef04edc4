"""The local provider as one thing to start and stop: a Ravi-compatible server on the loopback interface.

Each part of the API is a module with `routes()`; a new part is a new module and one entry in `_PARTS`.
"""

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from constellagent.errors import UnavailableError, UsageError
from constellagent.ravi.client import is_loopback
from constellagent.ravi.local import device, guard, identities, keys, resources
from constellagent.ravi.local.answers import timestamp
from constellagent.ravi.local.fences import NOW, STORE, key_hash
from constellagent.ravi.local.store import Store, get_fact, set_fact
from constellagent.ravi.vault import RootKey
from constellagent.ravi.wire import Owner

DATABASE = "provider.db"
_PARTS = (identities, keys, resources, device)
_LARGEST_BODY = 1 << 20
_KEY_PLACE = "provider|management key"
_log = logging.getLogger(__name__)


def all_routes() -> list[web.RouteDef]:
    """Return every route that the provider takes."""
    return [route for part in _PARTS for route in part.routes()]


class LocalProvider:
    """The embedded provider. Start it once; after `stop` make a new one."""

    def __init__(
        self,
        folder: Path,
        root_key: RootKey,
        *,
        owner: Owner = Owner(first_name="Local", last_name="Owner"),  # noqa: B008 - Owner is a frozen value
        now: Callable[[], float] = time.time,
    ) -> None:
        """Name the private folder that holds its database, and the key that protects what is secret in it."""
        self._root_key = root_key
        self._owner = owner
        self._now = now
        self._store = Store(folder / DATABASE)
        self._logins: device.Logins | None = None
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Open the database, listen, and return the address (`http://127.0.0.1:PORT`).

        Port 0 means the port of last time, so that addresses in running sessions stay right; any free one
        where that is taken or unknown.

        Raises:
            UsageError: the host is not the loopback interface.
            UnavailableError: the port is taken.
            VaultError: the root key is not the one that the database belongs to.
            ConstellagentError: the database cannot be used.
        """
        if not is_loopback(host):
            raise UsageError(
                f"the local provider listens on this machine only, not on {host}", hint="use 127.0.0.1"
            )
        await self._store.open()
        try:
            await self.management_key()
            self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=1.0)
            await self._runner.setup()
            return await self._listen(self._runner, host, port)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop listening and close the database."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self._store.close()

    async def management_key(self) -> str:
        """Return the key with which our own client manages the account; created once, kept sealed.

        Raises:
            VaultError: the root key is not the one that the database belongs to.
        """
        return await self._store.run(self._management_key)

    async def allow_logins(self, seconds: float) -> None:
        """Let `ravi auth login` of any process on this machine get a management key, for a while."""
        assert self._logins is not None, "the provider is not started"
        await self._logins.allow(seconds)

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[guard.local_only, guard.explained], client_max_size=_LARGEST_BODY)
        self._logins = device.Logins(self._now)
        app[STORE] = self._store
        app[NOW] = self._now
        app[resources.OWNER] = self._owner
        app[device.LOGINS] = self._logins
        app.add_routes(all_routes())
        app.on_response_prepare.append(guard.without_server_header)
        return app

    async def _listen(self, runner: web.AppRunner, host: str, port: int) -> str:
        kept = await self._store.run(lambda db: get_fact(db, "port"))
        wanted = port or int(kept or b"0")
        try:
            site = web.TCPSite(runner, host, wanted)
            await site.start()
        except OSError as error:
            if port or not wanted:
                raise UnavailableError(
                    f"the local provider cannot listen on port {wanted}: {error.strerror}",
                    hint="end what uses the port, or set CONSTELLAGENT_PROVIDER_PORT to another",
                ) from error
            _log.warning("port %d of the local provider is taken; running sessions still point to it", wanted)
            site = web.TCPSite(runner, host, 0)
            await site.start()
        chosen = int(runner.addresses[0][1])
        await self._store.run(lambda db: set_fact(db, "port", str(chosen).encode()))
        name = f"[{host}]" if ":" in host else host
        return f"http://{name}:{chosen}"

    def _management_key(self, db: sqlite3.Connection) -> str:
        sealed = get_fact(db, "management_key")
        if sealed is not None:
            key = self._root_key.unseal(sealed, _KEY_PLACE).decode()
            valid = db.execute("SELECT 1 FROM keys WHERE hash = ? AND revoked_dt IS NULL", (key_hash(key),))
            if valid.fetchone():
                return key
        _, key = keys.mint_management(db, "constellagent", timestamp(self._now()))
        set_fact(db, "management_key", self._root_key.seal(key.encode(), _KEY_PLACE))
        return key
