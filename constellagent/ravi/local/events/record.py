"""How something that happened becomes an event; called inside the transaction in which it happens.

All transactions run one after another on one thread, and an event gets its number inside of one: whoever has
seen a number has seen, or could have seen, every lower one. A number is never given twice, also not after
the newest event was deleted. What has to be posted to webhooks is kept with the event, so a crash loses none.
"""

import sqlite3
import uuid as uuids
from collections.abc import Mapping
from typing import Any

from constellagent.failpoints import around
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.safes import Safe
from constellagent.ravi.points import ProviderPoint

_TABLE = "events"
_SUBSCRIBED = """SELECT id FROM webhooks WHERE enabled AND (identity IS NULL OR identity = ?1)
    AND (kinds = '[]' OR EXISTS (SELECT 1 FROM json_each(kinds) WHERE value = ?2))"""


@around(ProviderPoint.EVENT_RECORD)
def record(
    office: Office, db: sqlite3.Connection, identity: int, kind: str, data: Mapping[str, object]
) -> None:
    """Keep an event of an identity and wake who waits for it.

    `kind` is one of Ravi's event types, as `email.message.received`; `data` is what it says of it, all of it
    fit for JSON.
    """
    uuid, now = str(uuids.uuid4()), office.stamp()
    content = office.safes.of(db, identity).seal({"type": kind, "data": dict(data)}, _TABLE, uuid)
    seq = db.execute(
        "INSERT INTO events (uuid, identity, kind, content, created_dt) VALUES (?, ?, ?, ?, ?)",
        (uuid, identity, kind, content, now),
    ).lastrowid
    db.executemany(
        """INSERT INTO webhook_deliveries (uuid, endpoint, event, next_at, created_dt, updated_dt)
            VALUES (?, ?, ?, ?, ?, ?)""",
        [
            (str(uuids.uuid4()), row["id"], seq, office.now(), now, now)
            for row in db.execute(_SUBSCRIBED, (identity, kind)).fetchall()
        ],
    )
    office.bell.ring(identity)


def shown(safe: Safe, row: sqlite3.Row) -> dict[str, Any]:
    """Return an event as it is sent: Ravi's four fields, and ours: `identity` (a uuid) and `created_dt`.

    Raises:
        VaultError: it was changed where it lay.
    """
    return {
        "id": row["uuid"],
        "seq": row["seq"],
        **safe.unseal(bytes(row["content"]), _TABLE, row["uuid"]),
        "identity": safe.uuid,
        "created_dt": row["created_dt"],
    }
