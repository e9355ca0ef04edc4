"""`/api/auth/device/`: `ravi auth login` against the local provider, which needs no browser.

Whoever can reach this port can ask for a login, also another user of the machine or an agent that should
see one identity only. So each login has a code, which the client shows to the person in front of it, and the
owner of the machine approves the one login with that code (`LocalProvider.allow_login`). All others stay
pending, as one that nobody confirms does. An agent in a sandbox without a network cannot even ask.
"""

import asyncio
import hashlib
import logging
import re
import secrets
import socket
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from constellagent.ravi import wire
from constellagent.ravi.local.answers import ApiError, read_body
from constellagent.ravi.local.keys import issue_management
from constellagent.ravi.local.office import OFFICE, Office
from constellagent.ravi.local.resources import OWNER

_LIFETIME = 900.0
_MOST = 64
_MOST_WAITING = 16
"""Requests that are kept waiting at once; others are told to ask again, so that few connections are held."""
_LONGEST_WAIT = 20.0
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_ACTOR = "device login"
_TOLD = """Somebody on this machine wants to manage every identity of constellagent's local provider.

If that is you, and the program in which you log in shows a code, run this in a terminal:

    constellagent provider allow-login CODE
"""
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Login:
    """One login that was begun.

    Attributes:
        user_code: what its client shows to the person, letters only.
        begun: when, in epoch seconds; it is good for a quarter of an hour.
        approved: the owner of the machine has named its code.
    """

    user_code: str
    begun: float
    approved: bool = False


@dataclass(slots=True)
class Logins:
    """The logins that wait, by what is kept of their secret codes.

    There is an end to them, or who begins many would fill the memory. Where it is reached a new login is
    refused, and none is forgotten for it: what a person has on the screen stays theirs to approve, whoever
    else begins how many. That a flood holds up new logins for a while is the lesser evil: it is said aloud,
    and a restart of the daemon ends it.
    """

    now: Callable[[], float]
    begun: dict[bytes, Login] = field(default_factory=dict)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    waits: int = 0

    def begin(self) -> tuple[str, str]:
        """Return the secret code of a new login, and the one that is shown.

        Raises:
            ApiError: 429 where too many wait already.
        """
        if len(self._good()) >= _MOST:
            oldest = min(login.begun for login in self.begun.values())
            _log.warning("%d logins wait, so a new one was refused", _MOST)
            raise ApiError(
                429,
                "login.too_many",
                f"{_MOST} logins wait. End what begins them; `constellagent daemon stop` forgets them.",
                retry_after=oldest + _LIFETIME - self.now(),
            )
        taken = {login.user_code for login in self.begun.values()}
        while (shown := "".join(secrets.choice(_LETTERS) for _ in range(8))) in taken:
            pass
        code = secrets.token_urlsafe(32)
        self.begun[_hash(code)] = Login(shown, self.now())
        return code, f"{shown[:4]}-{shown[4:]}"

    async def approve(self, user_code: str) -> bool:
        """Let the login with this shown code, in any spelling, have its key; False where none waits so."""
        wanted = re.sub(r"[\s-]", "", user_code).upper()
        for login in self._good().values():
            if login.user_code == wanted and not login.approved:
                async with self.changed:
                    login.approved = True
                    self.changed.notify_all()
                return True
        return False

    def ages(self) -> list[float]:
        """Return for how many seconds each login waits that nobody has approved, the newest first."""
        now = self.now()
        return sorted(now - login.begun for login in self._good().values() if not login.approved)

    async def wait(self, code: str, seconds: float) -> None:
        """Return when a login is approved, or after `seconds`; at once where many wait."""
        if self.waits >= _MOST_WAITING:
            return
        self.waits += 1
        try:
            async with asyncio.timeout(seconds), self.changed:
                await self.changed.wait_for(lambda: (login := self.of(code)) is None or login.approved)
        except TimeoutError:
            return
        finally:
            self.waits -= 1

    def of(self, code: str) -> Login | None:
        """Return the login with this secret code, None where there is none or its time is over."""
        return self._good().get(_hash(code))

    def take(self, code: str) -> Login | None:
        """Use a login up; None where it was, or its time is over."""
        return self._good().pop(_hash(code), None)

    def put_back(self, code: str, login: Login) -> None:
        """Let a login that was taken be taken again: its key could not be made."""
        self.begun[_hash(code)] = login

    def _good(self) -> dict[bytes, Login]:
        oldest = self.now() - _LIFETIME
        for code in [code for code, login in self.begun.items() if login.begun <= oldest]:
            del self.begun[code]
        return self.begun


LOGINS: web.AppKey[Logins] = web.AppKey("logins", Logins)


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [
        web.get("/device", tell, allow_head=False),
        web.post("/api/auth/device/", begin),
        web.post("/api/auth/device/token/", token),
    ]


async def tell(_: web.Request) -> web.Response:
    """Say what to do, to whom the client sends here."""
    return web.Response(text=_TOLD)


async def begin(request: web.Request) -> web.Response:
    """Begin a login."""
    _refuse_sandboxes(request)
    code, shown = request.app[LOGINS].begin()
    return web.json_response(
        {
            "device_code": code,
            "user_code": shown,
            "verification_uri": f"http://{request.host}/device",
            "expires_in": int(_LIFETIME),
            "interval": 2,
        }
    )


async def token(request: web.Request) -> web.Response:
    """Hand out a management key once the login is approved."""
    _refuse_sandboxes(request)
    asked = await read_body(request, wire.DeviceToken)
    logins, office, code = request.app[LOGINS], request.app[OFFICE], asked.device_code
    login = logins.of(code)
    if asked.wait and login is not None and not login.approved:
        await logins.wait(code, _LONGEST_WAIT)
        login = logins.of(code)
    if login is None:
        raise _PendingError("expired_token", "This login ended; begin a new one.")
    if not login.approved:
        raise _PendingError("authorization_pending", "The owner of this machine has not approved this login.")
    logins.take(code)  # before anything is waited for: a second request finds nothing
    try:
        key, rows = await office.store.run(lambda db: _grant(office, db))
    except BaseException:
        logins.put_back(code, login)
        raise
    _log.info("a login that was approved has got a management key")
    return web.json_response(
        {
            "management_key": key,
            "user": {"id": 1, "email": "", **request.app[OWNER].model_dump()},
            "identities": rows,
        }
    )


def _refuse_sandboxes(request: web.Request) -> None:
    """Refuse who comes by a unix socket, the way of agents that reach nothing but their provider.

    Raises:
        ApiError: 403 for these.
    """
    sock = None if request.transport is None else request.transport.get_extra_info("socket")
    if sock is None or sock.family == socket.AF_UNIX:
        raise ApiError(403, "auth.forbidden", "A sandbox without a network cannot log in to the account.")


class _PendingError(ApiError):
    """A refusal in the form of RFC 8628, where `error` is a plain string."""

    def answer(self) -> web.Response:
        return web.json_response(
            {"error": self.code, "error_description": self.message, "detail": self.message}, status=400
        )

    def __init__(self, code: str, message: str) -> None:
        super().__init__(400, code, message)


def _grant(office: Office, db: sqlite3.Connection) -> tuple[str, list[dict[str, Any]]]:
    _, key = issue_management(office, db, "device login", _ACTOR)
    rows = db.execute(
        "SELECT uuid, name, address AS inbox, phone, created_dt, updated_dt FROM identities "
        "WHERE NOT archived ORDER BY id"
    ).fetchall()
    return key, [dict(row) for row in rows]


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
