"""The tables of events, of webhooks and what was posted to them, and of sign-on tokens.

They stand apart because the schema collects them, and the modules that use them need the store and with it
the schema.
"""

TABLES = (
    """CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE,
        identity INTEGER NOT NULL REFERENCES identities (id), kind TEXT NOT NULL,
        content BLOB NOT NULL, created_dt TEXT NOT NULL) STRICT""",
    "CREATE INDEX events_by_identity ON events (identity, seq)",
    """CREATE TABLE webhooks (
        id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE,
        identity INTEGER REFERENCES identities (id), enabled INTEGER NOT NULL, kinds TEXT NOT NULL,
        version INTEGER NOT NULL DEFAULT 1, content BLOB NOT NULL,
        created_dt TEXT NOT NULL, updated_dt TEXT NOT NULL) STRICT""",
    """CREATE TABLE webhook_deliveries (
        id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE,
        endpoint INTEGER NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
        event INTEGER NOT NULL REFERENCES events (seq) ON DELETE CASCADE,
        state TEXT NOT NULL DEFAULT 'pending', attempts INTEGER NOT NULL DEFAULT 0, next_at REAL,
        response_status INTEGER, content BLOB, created_dt TEXT NOT NULL, updated_dt TEXT NOT NULL) STRICT""",
    "CREATE INDEX webhook_deliveries_by_event ON webhook_deliveries (event)",
    "CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint)",
    """CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (endpoint, event)
        WHERE next_at IS NOT NULL""",
    """CREATE INDEX webhook_deliveries_in_time ON webhook_deliveries (endpoint, next_at)
        WHERE next_at IS NOT NULL""",
    """CREATE TABLE sso_tokens (
        hash BLOB PRIMARY KEY, identity INTEGER NOT NULL REFERENCES identities (id),
        key TEXT NOT NULL REFERENCES keys (uuid) ON DELETE CASCADE,
        expires REAL NOT NULL) STRICT, WITHOUT ROWID""",
)
"""`kinds` is a JSON array of event types, `[]` for all. `next_at` is in epoch seconds, NULL when done."""
