"""The local provider as one thing to start and stop: a Ravi-compatible server on the loopback interface.

Each part of the API is a module with `routes()`; a new part is a new module and one entry in `_PARTS`.
"""

import json
import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import asdict, replace
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Middleware

from constellagent.connections import backlog
from constellagent.errors import UnavailableError, UsageError
from constellagent.ravi.audit import Audit
from constellagent.ravi.client import is_loopback
from constellagent.ravi.local import (
    audits,
    calls,
    contacts,
    counts,
    deletion,
    device,
    guard,
    identities,
    keys,
    limits,
    resources,
    session_keys,
    sso,
    transfer,
    trespasses,
    waits,
)
from constellagent.ravi.local.answers import timestamp
from constellagent.ravi.local.bell import Bell
from constellagent.ravi.local.events import deliveries as webhook_deliveries
from constellagent.ravi.local.events import listing as events
from constellagent.ravi.local.events import posting, retention, stream, webhooks
from constellagent.ravi.local.fences import NOW, STORE, key_hash
from constellagent.ravi.local.mail import attachments, outbox, relay, sending, smtp, uploads
from constellagent.ravi.local.mail import inbox as mail_inbox
from constellagent.ravi.local.mail import messages as mails
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.local.options import Options, Relay
from constellagent.ravi.local.phone import gateway
from constellagent.ravi.local.phone import inbox as texts_inbox
from constellagent.ravi.local.phone import messages as texts
from constellagent.ravi.local.safes import Safes
from constellagent.ravi.local.store import Store, get_fact, set_fact
from constellagent.ravi.local.vault import passwords, renewal, secrets
from constellagent.ravi.vault import RootKey
from constellagent.ravi.wire import Owner

DATABASE = "provider.db"
AUDIT = "audit"
_PARTS = (
    audits,
    identities,
    keys,
    resources,
    device,
    contacts,
    counts,
    mail_inbox,
    mails,
    sending,
    attachments,
    outbox,
    texts_inbox,
    texts,
    gateway,
    calls,
    passwords,
    secrets,
    renewal,
    deletion,
    transfer,
    events,
    stream,
    webhooks,
    webhook_deliveries,
    sso,
)
"""Modules with `routes()`."""

_WORKERS: tuple[Callable[[Office], AbstractAsyncContextManager[object]], ...] = (
    deletion.finished,
    uploads.forgetting,
    smtp.serving,
    relay.relaying,
    posting.delivering,
    retention.forgetting,
)
"""What runs beside the HTTP server for as long as the provider does."""

_LARGEST_BODY = 1 << 20
_KEY_PLACE = "provider|management key"
_RELAY_PLACE = "provider|relay"
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
        options: Options = Options(),  # noqa: B008 - Options is a frozen value
        now: Callable[[], float] = time.time,
    ) -> None:
        """Name the private folder that holds its database, and the key that protects what is secret in it."""
        self._root_key = root_key
        self._owner = owner
        self._now = now
        self._options = options
        self._audit = Audit(folder / AUDIT, root_key)
        self._store = Store(folder / DATABASE, self._audit)
        self._logins: device.Logins | None = None
        self._office: Office | None = None
        self._runner: web.AppRunner | None = None
        self._stack = AsyncExitStack()
        self.url = ""
        """Where the API is, once it is started; the SMS gateway and SMTP are beside it."""
        self.smtp_url = ""

    @property
    def sms_url(self) -> str:
        """Where services post text messages for local numbers."""
        return f"{self.url}/gateway/sms/"

    @property
    def office(self) -> Office:
        """What the parts work with; there once the provider is started."""
        assert self._office is not None, "the provider is not started"
        return self._office

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
            await self._store.run(self._audit.begin)
            await self.management_key()
            options = await self._with_relay()
            self._office = Office(self._store, Safes(self._root_key), self._audit, Bell(), self._now, options)
            for worker in _WORKERS:
                await self._stack.enter_async_context(worker(self._office))
            smtp_port = await self._store.run(lambda db: get_fact(db, "smtp_port"))
            self.smtp_url = f"smtp://127.0.0.1:{(smtp_port or b'0').decode()}"
            self._runner = guard.Runner(self._application())
            await self._runner.setup()
            self.url = await self._listen(self._runner, host, port)
        except BaseException:
            await self.stop()
            raise
        return self.url

    async def open_door(self, place: Path) -> None:
        """Listen on a unix socket of this user, too: the way for who has no network. `start` comes first.

        Raises:
            UnavailableError: there can be no socket at that place.
        """
        assert self._runner is not None
        try:
            place.unlink(missing_ok=True)
            await web.UnixSite(self._runner, str(place), backlog=backlog()).start()
            place.chmod(0o600)
        except OSError as error:
            raise UnavailableError(
                f"the local provider cannot listen on {place}: {error.strerror}",
                hint="set CONSTELLAGENT_HOME to a place with room and a short path",
            ) from error

    async def stop(self) -> None:
        """Stop listening and close the database."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self._stack.aclose()
        await self._store.close()

    async def management_key(self) -> str:
        """Return the key with which our own client manages the account; created once, kept sealed.

        Raises:
            VaultError: the root key is not the one that the database belongs to.
        """
        return await self._store.run(self._management_key)

    async def issue(self, session: str, identity: str, *, may_create: bool = False) -> str:
        """Return a key of an identity (its uuid) that is good until the session ends.

        With `may_create` it creates other identities, too, and opens none of them.

        Raises:
            ConflictError: there is no such identity.
        """
        return await session_keys.issue(self.office, session, identity, may_create=may_create)

    async def withdraw(self, session: str) -> None:
        """End the key of a session; harmless where it has none."""
        await session_keys.withdraw(self.office, session)

    async def sessions(self) -> list[str]:
        """Return the sessions whose keys are good."""
        return await session_keys.sessions(self.office)

    async def keep_relay(self, relay: Relay | None) -> None:
        """Keep a relay, sealed; it counts from the next start on, unless the options name one."""
        sealed = (
            b"" if relay is None else self._root_key.seal(json.dumps(asdict(relay)).encode(), _RELAY_PLACE)
        )
        await self._store.run(lambda db: set_fact(db, "relay", sealed))

    async def _with_relay(self) -> Options:
        """Return the options, with the relay that is kept where they name none.

        Raises:
            VaultError: it was sealed with another root key.
        """
        sealed = await self._store.run(lambda db: get_fact(db, "relay"))
        if self._options.relay is not None or not sealed:
            return self._options
        return replace(self._options, relay=Relay(**json.loads(self._root_key.unseal(sealed, _RELAY_PLACE))))

    async def allow_login(self, user_code: str) -> bool:
        """Let the one login whose client shows this code get a management key; False where none does."""
        return await self._waiting_logins().approve(user_code)

    def waiting_logins(self) -> list[float]:
        """Return for how many seconds each login waits that nobody has allowed, the newest first."""
        return self._waiting_logins().ages()

    def _waiting_logins(self) -> device.Logins:
        assert self._logins is not None, "the provider is not started"
        return self._logins

    def _application(self) -> web.Application:
        before: list[Middleware] = [
            guard.local_only,
            guard.explained,
            limits.per_key(self.office),
            trespasses.told,
        ]
        app = web.Application(middlewares=before, client_max_size=_LARGEST_BODY)
        self._logins = device.Logins(self._now)
        app[STORE] = self._store
        app[OFFICE] = self.office
        app[NOW] = self._now
        app[resources.OWNER] = self._owner
        app[device.LOGINS] = self._logins
        waits.attach(app)
        sso.attach(app)
        app.add_routes(all_routes())
        app.on_response_prepare.append(guard.without_server_header)
        return app

    async def _listen(self, runner: web.AppRunner, host: str, port: int) -> str:
        kept = await self._store.run(lambda db: get_fact(db, "port"))
        wanted = port or int(kept or b"0")
        try:
            site = web.TCPSite(runner, host, wanted, backlog=backlog())
            await site.start()
        except OSError as error:
            if port or not wanted:
                raise UnavailableError(
                    f"the local provider cannot listen on port {wanted}: {error.strerror}",
                    hint="end what uses the port, or set CONSTELLAGENT_PROVIDER_PORT to another",
                ) from error
            _log.warning("port %d of the local provider is taken; running sessions still point to it", wanted)
            site = web.TCPSite(runner, host, 0, backlog=backlog())
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
