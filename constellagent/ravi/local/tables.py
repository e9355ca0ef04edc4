"""The tables of contacts and of the limits.

They stand apart because the schema collects them, and the modules that use them need the store and with it
the schema.
"""

TABLES = (
    """CREATE TABLE contacts (
        id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE,
        identity INTEGER NOT NULL REFERENCES identities (id),
        email BLOB, phone BLOB, source TEXT NOT NULL, trusted INTEGER NOT NULL DEFAULT 0,
        interactions INTEGER NOT NULL DEFAULT 0, last_dt TEXT, version INTEGER NOT NULL DEFAULT 1,
        content BLOB NOT NULL, created_dt TEXT NOT NULL, updated_dt TEXT NOT NULL,
        UNIQUE (identity, email), UNIQUE (identity, phone)) STRICT""",
    """CREATE TABLE traffic (
        identity INTEGER NOT NULL REFERENCES identities (id), kind TEXT NOT NULL, slice INTEGER NOT NULL,
        count INTEGER NOT NULL, PRIMARY KEY (identity, kind, slice)) STRICT, WITHOUT ROWID""",
)
"""`email` and `phone` are fingerprints. A slice is a sixtieth of the time that a limit is about."""
