"""`/api/auth/device/`: `ravi auth login` against the local provider, which needs no browser.

Whoever can reach this port can ask for a login, also another user of the machine or an agent that should
see one identity only. So a login approves itself only while the owner holds the door open
(`LocalProvider.allow_logins`); otherwise it stays pending, as one that nobody confirms does.
"""

import asyncio
import hashlib
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from constellagent.ravi import wire
from constellagent.ravi.local.answers import ApiError, read_body, timestamp
from constellagent.ravi.local.fences import NOW, STORE
from constellagent.ravi.local.keys import mint_management
from constellagent.ravi.local.resources import OWNER

_LIFETIME = 900.0
_MOST = 64
_LONGEST_WAIT = 20.0
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


@dataclass(slots=True)
class Logins:
    """The logins that wait, and until when (epoch seconds) the door is open."""

    now: Callable[[], float]
    expires: dict[bytes, float] = field(default_factory=dict)
    open_until: float = 0.0
    opened: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def allow(self, seconds: float) -> None:
        """Let logins approve themselves for a while."""
        async with self.opened:
            self.open_until = self.now() + seconds
            self.opened.notify_all()

    def is_open(self) -> bool:
        """Whether a login approves itself now."""
        return self.now() < self.open_until

    def begin(self) -> str:
        """Return the code of a new login; of too many, the oldest is dropped."""
        now = self.now()
        self.expires = {code: end for code, end in self.expires.items() if end > now}
        while len(self.expires) >= _MOST:
            del self.expires[next(iter(self.expires))]
        code = secrets.token_urlsafe(32)
        self.expires[_hash(code)] = now + _LIFETIME
        return code

    async def wait(self, seconds: float) -> None:
        """Return when the door opens, or after `seconds`."""
        try:
            async with asyncio.timeout(seconds), self.opened:
                await self.opened.wait_for(self.is_open)
        except TimeoutError:
            return

    def take(self, code: str) -> bool:
        """Use a login up; whether it was still valid."""
        return self.expires.pop(_hash(code), 0.0) > self.now()

    def is_known(self, code: str) -> bool:
        """Whether a login is still valid."""
        return self.expires.get(_hash(code), 0.0) > self.now()


LOGINS: web.AppKey[Logins] = web.AppKey("logins", Logins)


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [web.post("/api/auth/device/", begin), web.post("/api/auth/device/token/", token)]


async def begin(request: web.Request) -> web.Response:
    """Begin a login."""
    letters = [secrets.choice(_LETTERS) for _ in range(8)]
    return web.json_response(
        {
            "device_code": request.app[LOGINS].begin(),
            "user_code": f"{''.join(letters[:4])}-{''.join(letters[4:])}",
            "verification_uri": f"http://{request.host}/device",
            "expires_in": int(_LIFETIME),
            "interval": 2,
        }
    )


async def token(request: web.Request) -> web.Response:
    """Hand out a management key once the login is allowed."""
    asked = await read_body(request, wire.DeviceToken)
    logins = request.app[LOGINS]
    if asked.wait and logins.is_known(asked.device_code) and not logins.is_open():
        await logins.wait(_LONGEST_WAIT)
    if not logins.is_known(asked.device_code):
        raise _PendingError("expired_token", "This login ended; begin a new one.")
    if not logins.is_open():
        raise _PendingError("authorization_pending", "The owner of this machine has not allowed logins.")
    if not logins.take(asked.device_code):
        raise _PendingError("expired_token", "This login ended; begin a new one.")
    now = timestamp(request.app[NOW]())
    key, rows = await request.app[STORE].run(lambda db: _grant(db, now))
    return web.json_response(
        {
            "management_key": key,
            "user": {"id": 1, "email": "", **request.app[OWNER].model_dump()},
            "identities": rows,
        }
    )


class _PendingError(ApiError):
    """A refusal in the form of RFC 8628, where `error` is a plain string."""

    def answer(self) -> web.Response:
        return web.json_response(
            {"error": self.code, "error_description": self.message, "detail": self.message}, status=400
        )

    def __init__(self, code: str, message: str) -> None:
        super().__init__(400, code, message)


def _grant(db: sqlite3.Connection, now: str) -> tuple[str, list[dict[str, Any]]]:
    _, key = mint_management(db, "device login", now)
    rows = db.execute(
        "SELECT uuid, name, address AS inbox, phone, created_dt, updated_dt FROM identities "
        "WHERE NOT archived ORDER BY id"
    ).fetchall()
    return key, [dict(row) for row in rows]


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
