"""How much one identity may send and take in, and how much one key may ask.

What is sent and taken in is counted in the transaction that does it: what is refused or fails is not
counted, and a restart forgets nothing. Requests are counted in memory, since a flood of them must not reach
the disk.
"""

import hashlib
import sqlite3
from typing import Literal

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from constellagent.failpoints import around
from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.office import Office
from constellagent.ravi.points import ProviderPoint

_HOUR = 3600.0
_MINUTE = 60.0
_SLICES = 60
_MOST_KEYS = 4096
"""Keys whose requests are counted at once; wrong ones count too, so there must be an end."""


def refuse_flood(office: Office, db: sqlite3.Connection, identity: int) -> None:
    """Count one mail or text that the identity sends.

    Raises:
        ApiError: 429 where it has sent as many within the hour as `Options.sends_per_hour` allows.
    """
    most = office.options.sends_per_hour
    wait = _take(db, identity, "sent", most, _HOUR, office.now())
    if wait:
        raise _too_many(f"This identity may send {most} mails and texts in an hour.", wait)


def has_room(office: Office, db: sqlite3.Connection, identity: int, kind: Literal["mail", "sms"]) -> bool:
    """Count one mail or text that the identity takes in; False where it takes no more now."""
    return not _take_in(office, db, identity, kind)


def refuse_full(office: Office, db: sqlite3.Connection, identity: int, kind: Literal["mail", "sms"]) -> None:
    """Count one mail or text that the identity takes in.

    Raises:
        ApiError: 429 where it took in as many within the minute as `Options.received_per_minute` allows.
    """
    wait = _take_in(office, db, identity, kind)
    if wait:
        raise _too_many(f"Who receives this takes in {office.options.received_per_minute} in a minute.", wait)


def per_key(office: Office) -> Middleware:
    """Return the middleware that limits the requests of each key to `Options.requests_per_minute`."""
    counted: dict[bytes, tuple[float, int]] = {}
    most = office.options.requests_per_minute

    @web.middleware
    async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
        key = request.headers.get(hdrs.AUTHORIZATION, "")
        wait = _ask(counted, key, most, office.now()) if key else 0.0
        if wait:
            raise _too_many(f"One key may make {most} requests in a minute.", wait)
        return await handler(request)

    return limited


def _ask(counted: dict[bytes, tuple[float, int]], key: str, most: int, now: float) -> float:
    """Count a request within the minute that began with the key's first; 0.0, or the seconds to wait."""
    # Not the key itself is kept: what lies in memory can end in a core file.
    digest = hashlib.sha256(key.encode(errors="surrogateescape")).digest()
    began, count = counted.pop(digest, (now, 0))
    if not began <= now < began + _MINUTE:  # over, or the clock was set back
        began, count = now, 0
    if len(counted) >= _MOST_KEYS:
        del counted[next(iter(counted))]
    counted[digest] = (began, min(count + 1, most))
    return began + _MINUTE - now if count >= most else 0.0


def _take_in(office: Office, db: sqlite3.Connection, identity: int, kind: str) -> float:
    most = office.options.received_per_minute
    return _take(db, identity, kind, most, _MINUTE, office.now())


@around(ProviderPoint.LIMIT_TAKE)
def _take(db: sqlite3.Connection, identity: int, kind: str, most: int, span: float, now: float) -> float:
    """Count one within the last `span` seconds; 0.0, or the seconds until there is room.

    The slice that is partly older than the span counts whole: the limit may be reached a sixtieth early, and
    is never exceeded.
    """
    width = span / _SLICES
    newest = int(now // width)
    oldest = newest - _SLICES
    # Slices of the future are from before the clock was set back; keeping them would refuse for too long.
    db.execute(
        "DELETE FROM traffic WHERE identity = ? AND kind = ? AND NOT slice BETWEEN ? AND ?",
        (identity, kind, oldest, newest),
    )
    rows = db.execute(
        "SELECT slice, count FROM traffic WHERE identity = ? AND kind = ? ORDER BY slice", (identity, kind)
    ).fetchall()
    surplus = sum(row["count"] for row in rows) + 1 - most
    if surplus <= 0:
        db.execute(
            "INSERT INTO traffic (identity, kind, slice, count) VALUES (?, ?, ?, 1) "
            "ON CONFLICT DO UPDATE SET count = count + 1",
            (identity, kind, newest),
        )
        return 0.0
    for row in rows:
        surplus -= row["count"]
        if surplus <= 0:
            return float((row["slice"] + _SLICES + 1) * width - now)
    return span  # nothing at all is allowed


def _too_many(message: str, wait: float) -> ApiError:
    return ApiError(429, "rate_limit.exceeded", message, retry_after=wait)
