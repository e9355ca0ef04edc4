"""The tables of passwords and secrets: what is private is in `content`, and `finder` is a fingerprint."""

TABLES: tuple[str, ...] = (
    """CREATE TABLE vault_rows (
        uuid TEXT PRIMARY KEY, identity INTEGER NOT NULL REFERENCES identities (id), kind TEXT NOT NULL,
        version INTEGER NOT NULL, finder BLOB, content BLOB NOT NULL) STRICT""",
    "CREATE INDEX vault_rows_by_identity ON vault_rows (identity, kind)",
    """CREATE UNIQUE INDEX vault_rows_by_finder ON vault_rows (identity, kind, finder)
        WHERE finder IS NOT NULL""",
    """CREATE TABLE vault_registers (
        identity INTEGER NOT NULL REFERENCES identities (id), kind TEXT NOT NULL, counter INTEGER NOT NULL,
        sealed BLOB NOT NULL, PRIMARY KEY (identity, kind)) STRICT""",
)
