"""The tables of `provider.db`, and how an older file becomes this one.

Of a key only the SHA-256 is kept: it is 256 random bits, so a slow hash would add nothing. Addresses and
numbers are never given twice, also not after an identity was put away.
"""

from constellagent.ravi import audit
from constellagent.ravi.local import safes, tables
from constellagent.ravi.local.events import tables as events
from constellagent.ravi.local.mail import tables as mail
from constellagent.ravi.local.phone import tables as phone
from constellagent.ravi.local.vault import tables as vault

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE identities (
            id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
            address TEXT NOT NULL UNIQUE, phone TEXT UNIQUE, phone_dt TEXT,
            archived INTEGER NOT NULL DEFAULT 0,
            created_dt TEXT NOT NULL, updated_dt TEXT NOT NULL) STRICT""",
        """CREATE TABLE keys (
            uuid TEXT PRIMARY KEY, identity INTEGER REFERENCES identities (id), hash BLOB NOT NULL UNIQUE,
            label TEXT NOT NULL, created_dt TEXT NOT NULL, last_used_dt TEXT, revoked_dt TEXT) STRICT""",
        "CREATE INDEX keys_by_identity ON keys (identity)",
        "CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT",
    ),
    (
        "ALTER TABLE identities ADD COLUMN deleted_dt TEXT",
        "ALTER TABLE keys ADD COLUMN session TEXT",
        "ALTER TABLE keys ADD COLUMN may_create INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX keys_by_session ON keys (session) WHERE session IS NOT NULL",
        *safes.TABLES,
        *audit.TABLES,
        *mail.TABLES,
        *phone.TABLES,
        *vault.TABLES,
        *tables.TABLES,
        *events.TABLES,
    ),
)
