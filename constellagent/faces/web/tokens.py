"""The tokens with which programs use the API: named, limited to what they are for, shown once.

Only their hashes are kept. One that was revoked or has expired lets nobody in from that moment on.
"""

import math
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict, cast

from constellagent.errors import ConflictError, ConstellagentError
from constellagent.faces.web.callers import Caller
from constellagent.faces.web.kept import KeptRows, digest, matching, new_secret
from constellagent.faces.web.problems import HttpError, UnknownError
from constellagent.faces.web.routing import Scope
from constellagent.runtime.clock import Clock
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.tasks import spawn

FILE = "tokens.json"
PREFIX = "cst_"
"""What every token begins with, so that a scanner for leaked secrets can know it."""

MOST = 500
LONGEST_NAME = 100
DAY = 86_400.0
USE_KEPT = 60.0
"""Seconds between two writings of when a token was used."""

_KEYS = frozenset({"id", "name", "scope", "agent", "file", "created_at", "used_at", "expires_at", "hash"})

TokenScope = Literal["read", "admin", "agent"]


class TokenBody(TypedDict):
    """A token to make. With scope `agent` it is for one agent alone, of `constellation` (id or name).

    Without `days` it does not expire.
    """

    name: str
    scope: TokenScope
    constellation: NotRequired[str]
    agent: NotRequired[str]
    days: NotRequired[float]


class TokenView(TypedDict):
    """A token, without its value. `constellation` is an id; times are epoch seconds, None for never."""

    id: str
    name: str
    scope: TokenScope
    constellation: str
    agent: str
    created_at: float
    used_at: float | None
    expires_at: float | None


class NewTokenView(TokenView):
    """A token that was made just now: this is the only time that its value is shown."""

    token: str


class Tokens:
    """All tokens."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._kept = KeptRows(folder, FILE, _KEYS)
        self._clock = clock

    async def load(self) -> None:
        """Read what was kept."""
        await self._kept.load()

    def caller(self, token: str) -> Caller | None:
        """Return who has this token; None where it lets nobody in."""
        row = matching(self._kept.rows, token)
        now = self._clock.now()
        if row is None or (row["expires_at"] is not None and row["expires_at"] <= now):
            return None
        if row["used_at"] is None or now - row["used_at"] >= USE_KEPT:
            cast("dict[str, Any]", row)["used_at"] = now
            spawn(self._kept.note("when a token was used"), name="note the use of a token")
        scope: Scope = "admin" if row["scope"] == "admin" else "read"
        return Caller(scope, "token", row["agent"], row["file"], row["id"])

    def ends(self, ident: str) -> float:
        """Return when the token with this id lets nobody in any more, epoch seconds; 0 where it is gone."""
        for row in self._kept.rows:
            if row["id"] == ident:
                return math.inf if row["expires_at"] is None else float(row["expires_at"])
        return 0.0

    def list(self) -> list[TokenView]:
        """Return all tokens, those that have expired too, oldest first."""
        return [_view(row) for row in self._kept.rows]

    async def create(self, body: TokenBody, file: str) -> NewTokenView:
        """Make a token; `file` is that of `constellation`, empty where none is named.

        Raises:
            HttpError: what the body asks for makes no sense.
            ConflictError: there are too many tokens.
        """
        agent = _checked(body, file)
        if len(self._kept.rows) >= MOST:
            raise ConflictError(f"there are {MOST} tokens already", hint="revoke those that nobody uses")
        now, value = self._clock.now(), new_secret(PREFIX)
        row = {
            "id": secrets.token_hex(8),
            "name": body["name"].strip(),
            "scope": body["scope"],
            "agent": agent,
            "file": file if agent else "",
            "created_at": now,
            "used_at": None,
            "expires_at": now + body["days"] * DAY if "days" in body else None,
            "hash": digest(value),
        }
        self._kept.rows.append(row)
        try:
            await self._kept.save()
        except ConstellagentError:
            self._kept.rows.remove(row)
            raise
        return NewTokenView(**_view(row), token=value)

    async def revoke(self, ident: str) -> None:
        """Revoke a token.

        Raises:
            UnknownError: there is none with this id.
            ConstellagentError: it is revoked, but only until the daemon ends: that cannot be written.
        """
        left = [row for row in self._kept.rows if row["id"] != ident]
        if len(left) == len(self._kept.rows):
            raise UnknownError(f"there is no token {ident!r}", hint="`constellagent token list` shows them")
        self._kept.rows = left
        await self._kept.save()


def _checked(body: TokenBody, file: str) -> str:
    """Return the agent of a token to make, empty for none.

    Raises:
        HttpError: the body makes no sense.
    """
    name, agent = body["name"].strip(), body.get("agent", "")
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise HttpError(422, f"a token needs a name of 1 to {LONGEST_NAME} printable characters")
    if body["scope"] == "agent" and not (agent and file):
        raise HttpError(422, "a token of scope agent needs `constellation` and `agent`")
    if body["scope"] != "agent" and (agent or file):
        raise HttpError(422, "only a token of scope agent has `constellation` and `agent`")
    if not 0 < body.get("days", 1.0) <= 3650:
        raise HttpError(422, "`days` must be more than 0 and at most 3650")
    return agent


def _view(row: Mapping[str, Any]) -> TokenView:
    return TokenView(
        id=row["id"],
        name=row["name"],
        scope=row["scope"],
        constellation=constellation_id(Path(row["file"])) if row["file"] else "",
        agent=row["agent"],
        created_at=row["created_at"],
        used_at=row["used_at"],
        expires_at=row["expires_at"],
    )
