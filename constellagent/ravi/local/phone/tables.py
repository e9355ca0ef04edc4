"""The tables of text messages."""

TABLES: tuple[str, ...] = (
    """CREATE TABLE texts (
        id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE,
        identity INTEGER NOT NULL REFERENCES identities (id),
        peer BLOB NOT NULL, sid BLOB NOT NULL, outgoing INTEGER NOT NULL, is_read INTEGER NOT NULL,
        state TEXT NOT NULL, content BLOB NOT NULL, created_dt TEXT NOT NULL,
        UNIQUE (identity, outgoing, sid)) STRICT""",
    "CREATE INDEX texts_by_peer ON texts (identity, peer, id, is_read)",
    "CREATE INDEX texts_by_identity ON texts (identity, id)",
    "CREATE INDEX texts_unread ON texts (identity, id) WHERE NOT is_read",
    "CREATE INDEX texts_held ON texts (id) WHERE state = 'held'",
)
"""`peer` and `sid` are fingerprints: of who is at the other end, and of the id that the sender gave."""
