"""The tables of mail. A BLOB is sealed or a fingerprint; nothing that was written lies in clear."""

TABLES: tuple[str, ...] = (
    """CREATE TABLE mail_threads (
        id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE,
        identity INTEGER NOT NULL REFERENCES identities (id),
        merged INTEGER REFERENCES mail_threads (id)) STRICT""",
    "CREATE INDEX mail_threads_by_identity ON mail_threads (identity)",
    "CREATE INDEX mail_threads_by_merged ON mail_threads (merged) WHERE merged IS NOT NULL",
    """CREATE TABLE mail_links (
        identity INTEGER NOT NULL REFERENCES identities (id), mark BLOB NOT NULL,
        thread INTEGER NOT NULL REFERENCES mail_threads (id),
        PRIMARY KEY (identity, mark)) STRICT, WITHOUT ROWID""",
    "CREATE INDEX mail_links_by_thread ON mail_links (thread)",
    """CREATE TABLE mails (
        id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE,
        identity INTEGER NOT NULL REFERENCES identities (id),
        thread INTEGER NOT NULL REFERENCES mail_threads (id),
        direction TEXT NOT NULL CHECK (direction IN ('incoming', 'outgoing')), is_read INTEGER NOT NULL,
        created_dt TEXT NOT NULL, size INTEGER NOT NULL, same BLOB NOT NULL, mark BLOB NOT NULL,
        author BLOB NOT NULL, head BLOB NOT NULL, body BLOB NOT NULL,
        UNIQUE (identity, direction, same)) STRICT""",
    "CREATE INDEX mails_by_identity ON mails (identity, id)",
    "CREATE INDEX mails_in_threads ON mails (identity, thread, id, is_read, direction, created_dt)",
    "CREATE INDEX mails_by_thread ON mails (thread, id)",
    "CREATE INDEX mails_by_mark ON mails (identity, mark)",
    "CREATE INDEX mails_unread ON mails (identity) WHERE NOT is_read",
    """CREATE TABLE mail_files (
        id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE,
        identity INTEGER NOT NULL REFERENCES identities (id),
        mail INTEGER NOT NULL REFERENCES mails (id), size INTEGER NOT NULL, inline INTEGER NOT NULL,
        head BLOB NOT NULL, content BLOB NOT NULL) STRICT""",
    "CREATE INDEX mail_files_by_mail ON mail_files (mail)",
    """CREATE TABLE mail_uploads (
        uuid TEXT PRIMARY KEY, identity INTEGER REFERENCES identities (id), token BLOB NOT NULL UNIQUE,
        expires REAL NOT NULL, size INTEGER NOT NULL, head BLOB NOT NULL, content BLOB) STRICT""",
    """CREATE TABLE outgoing (
        id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE,
        identity INTEGER NOT NULL REFERENCES identities (id),
        mail INTEGER NOT NULL REFERENCES mails (id) ON DELETE CASCADE, recipient BLOB NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('held', 'waiting', 'sending', 'sent', 'failed')),
        attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL, expires REAL NOT NULL,
        version INTEGER NOT NULL DEFAULT 1, content BLOB NOT NULL, created_dt TEXT NOT NULL,
        UNIQUE (mail, recipient)) STRICT""",
    "CREATE INDEX outgoing_by_identity ON outgoing (identity)",
    "CREATE INDEX outgoing_due ON outgoing (due) WHERE state = 'waiting'",
)
"""Of a mail, `mark` is the fingerprint of its Message-ID, `same` of all that it says, `author` of who wrote
it; `size` is that of its body in bytes. A thread that turned out to be part of another is `merged`."""
