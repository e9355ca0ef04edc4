"""How a person's browser is let in: a code that is used once becomes a login that survives the daemon.

A login is two secrets. The cookie is sent by the browser to every port of this machine, so whoever listens at
another one may learn it; the page's secret is kept by the page alone, and the cookie counts only beside it.

The code is in the address that `constellagent web` opens, behind the `#`, which no browser sends. It is worth
nothing after its first use or a minute. Of all of them only hashes are kept.
"""

import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from constellagent.faces.web.callers import Caller
from constellagent.faces.web.kept import KeptRows, digest, matching, new_secret
from constellagent.faces.web.problems import HttpError
from constellagent.faces.web.routing import Scope
from constellagent.runtime.clock import Clock
from constellagent.runtime.tasks import spawn

FILE = "logins.json"
CODE_LIFE = 60.0
"""Seconds in which a code must be used."""

LONGEST = 30 * 86_400.0
"""Seconds after which a login ends."""

UNUSED = 7 * 86_400.0
"""Seconds after which a login ends that nobody used."""

USE_KEPT = 3600.0
"""Seconds between two writings of when a login was used."""

MOST = 100
"""Logins and codes that are kept; the oldest make room."""

_KEYS = frozenset({"id", "scope", "created_at", "used_at", "hash", "page"})


class _Code(NamedTuple):
    hash: str
    scope: Scope
    expires_at: float


class Login(NamedTuple):
    """The secrets of a new login: what the browser keeps as a cookie, and what the page keeps."""

    cookie: str
    page: str


class Logins:
    """All codes that were not used yet, and all logins."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._kept = KeptRows(folder, FILE, _KEYS)
        self._clock = clock
        self._codes: list[_Code] = []

    async def load(self) -> None:
        """Read what was kept. Codes are not: they live for a minute."""
        await self._kept.load()

    def code(self, scope: Scope) -> tuple[str, float]:
        """Return a new code for a login with this scope, and when it expires, epoch seconds."""
        value, expires = secrets.token_urlsafe(16), self._clock.now() + CODE_LIFE
        self._codes = [*self._codes[-MOST + 1 :], _Code(digest(value), scope, expires)]
        return value, expires

    async def enter(self, code: str) -> Login:
        """Return a new login, for a code.

        Raises:
            HttpError: the code is not known, was used, or is too old (401).
            ConstellagentError: the login cannot be kept.
        """
        now = self._clock.now()
        self._codes = [one for one in self._codes if one.expires_at > now]
        found = matching([one._asdict() for one in self._codes], code)
        if found is None:
            raise HttpError(
                401, "this code was used, or is too old", hint="run `constellagent web` for a new one"
            )
        self._codes = [one for one in self._codes if one.hash != found["hash"]]
        made = Login(new_secret(), new_secret())
        row = {
            "id": secrets.token_hex(8),
            "scope": found["scope"],
            "created_at": now,
            "used_at": now,
            "hash": digest(made.cookie),
            "page": digest(made.page),
        }
        self._kept.rows = [*[one for one in self._kept.rows if _lives(one, now)][-MOST + 1 :], row]
        await self._kept.save()
        return made

    def caller(self, cookie: str, page: str) -> Caller | None:
        """Return who has this cookie and the secret of its page; None where they let nobody in."""
        row = matching(self._kept.rows, cookie)
        now = self._clock.now()
        if row is None or not hmac.compare_digest(str(row["page"]), digest(page)) or not _lives(row, now):
            return None
        if now - row["used_at"] >= USE_KEPT:
            cast("dict[str, Any]", row)["used_at"] = now
            spawn(self._kept.note("when a login was used"), name="note the use of a login")
        return Caller("admin" if row["scope"] == "admin" else "read", "cookie", id=row["id"])

    def ends(self, ident: str) -> float:
        """Return when the login with this id ends if nobody uses it again, epoch seconds; 0 where it has."""
        return next((_end(row) for row in self._kept.rows if row["id"] == ident), 0.0)

    async def leave(self, ident: str) -> None:
        """End a login; harmless where it has ended.

        Raises:
            ConstellagentError: it has ended, but only until the daemon does: that cannot be written.
        """
        self._kept.rows = [row for row in self._kept.rows if row["id"] != ident]
        await self._kept.save()


def _lives(row: Mapping[str, Any], now: float) -> bool:
    return now < _end(row)


def _end(row: Mapping[str, Any]) -> float:
    return float(min(row["created_at"] + LONGEST, row["used_at"] + UNUSED))
