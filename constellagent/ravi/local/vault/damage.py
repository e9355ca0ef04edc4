"""What happens when something of a vault does not hold: it is refused, logged, and told of in the audit.

The vaults of other identities stay readable, so damage is always that of one identity.
"""

import logging
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.safes import Safe
from constellagent.ravi.vault import VaultError

T = TypeVar("T")
_log = logging.getLogger(__name__)


class DamagedError(VaultError):
    """Something of one identity's vault does not hold."""

    def __init__(self, identity: int, error: VaultError) -> None:
        super().__init__(error.message, hint=error.hint)
        self.identity = identity


async def run(office: Office, actor: str, action: str, call: Callable[[sqlite3.Connection], T]) -> T:
    """Run `call` in the store; where it meets damage, tell the audit and refuse.

    Raises:
        ApiError: 500 `vault.damaged`, with what to do.
    """
    try:
        return await office.store.run(call)
    except DamagedError as error:
        damaged = error
    _log.error("%s: %s", action, damaged.message)
    await office.store.run(lambda db: _note_damage(office, db, actor, action, damaged))
    raise ApiError(500, "vault.damaged", f"{damaged.message}; {damaged.hint}") from damaged


def within(office: Office, db: sqlite3.Connection, identity: int, call: Callable[[Safe], T]) -> T:
    """Return what `call` returns for the identity's safe.

    Raises:
        DamagedError: its key, or what it sealed, does not hold.
    """
    try:
        return call(office.safes.of(db, identity))
    except VaultError as error:
        raise DamagedError(identity, error) from error


def _note_damage(
    office: Office, db: sqlite3.Connection, actor: str, action: str, damaged: DamagedError
) -> None:
    # Without the safe: its key may be what is damaged.
    row = db.execute("SELECT uuid FROM identities WHERE id = ?", (damaged.identity,)).fetchone()
    office.audit.note(office.now(), row["uuid"], actor, action, result="damaged", about=damaged.message)
