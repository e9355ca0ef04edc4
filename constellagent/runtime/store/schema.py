"""The tables of `state.db` and how an older file becomes this one.

A migration is a list of statements that takes the file from version n to n + 1; it runs in one
transaction. A file from a newer release is refused: guessing at it could lose what it knows.
"""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE constellations (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, file TEXT NOT NULL UNIQUE, repo TEXT NOT NULL,
            content_hash TEXT NOT NULL, text TEXT NOT NULL, applied_at REAL NOT NULL) STRICT""",
        """CREATE TABLE trusted (
            file TEXT NOT NULL, content_hash TEXT NOT NULL, at REAL NOT NULL,
            PRIMARY KEY (file, content_hash)) STRICT""",
        """CREATE TABLE environment (
            constellation TEXT NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (constellation, name)) STRICT""",
        """CREATE TABLE intents (
            id INTEGER PRIMARY KEY AUTOINCREMENT, constellation TEXT NOT NULL, subject TEXT NOT NULL,
            step TEXT NOT NULL, detail TEXT NOT NULL, pid INTEGER NOT NULL, at REAL NOT NULL) STRICT""",
        "CREATE INDEX intents_by_subject ON intents (constellation, subject)",
        """CREATE TABLE records (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, path TEXT NOT NULL, branch TEXT NOT NULL,
            identity_uuid TEXT, identity_name TEXT, PRIMARY KEY (constellation, agent)) STRICT""",
        """CREATE TABLE bindings (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, provider TEXT NOT NULL, uuid TEXT NOT NULL,
            name TEXT NOT NULL, address TEXT NOT NULL, phone TEXT, key_uuid TEXT, key_sealed BLOB,
            in_doubt INTEGER NOT NULL DEFAULT 0, archived INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (constellation, agent, provider)) STRICT""",
        "CREATE UNIQUE INDEX bindings_by_identity ON bindings (provider, uuid) WHERE NOT archived",
        """CREATE TABLE sessions (
            id TEXT PRIMARY KEY, constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
            fingerprint TEXT NOT NULL, started_at REAL NOT NULL, holder_pid INTEGER, holder_start TEXT,
            boot_id TEXT NOT NULL, grace REAL NOT NULL, stop_wanted INTEGER NOT NULL DEFAULT 0,
            ended_at REAL, exit_status INTEGER, ended_by TEXT NOT NULL DEFAULT '',
            outcome TEXT NOT NULL DEFAULT '') STRICT""",
        "CREATE INDEX sessions_by_subject ON sessions (constellation, role, subject)",
        """CREATE UNIQUE INDEX sessions_live ON sessions (constellation, role, subject)
            WHERE ended_at IS NULL AND role != 'run'""",
        """CREATE TABLE ports (
            port INTEGER PRIMARY KEY, constellation TEXT NOT NULL, agent TEXT NOT NULL, name TEXT NOT NULL,
            UNIQUE (constellation, agent, name)) STRICT""",
        """CREATE TABLE restarts (
            constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
            at REAL NOT NULL) STRICT""",
    ),
    (
        """CREATE TABLE schedules (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, name TEXT NOT NULL, declared TEXT NOT NULL,
            created_at INTEGER NOT NULL, upto INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0,
            paused TEXT NOT NULL DEFAULT '', paused_at INTEGER,
            PRIMARY KEY (constellation, agent, name)) STRICT""",
        """CREATE TABLE fires (
            run TEXT PRIMARY KEY, constellation TEXT NOT NULL, schedule TEXT NOT NULL, origin TEXT NOT NULL,
            fire_at INTEGER NOT NULL, attempt INTEGER NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL,
            not_before INTEGER NOT NULL, why TEXT NOT NULL DEFAULT '', first INTEGER,
            count INTEGER NOT NULL DEFAULT 1, missed INTEGER NOT NULL DEFAULT 0,
            event TEXT NOT NULL DEFAULT '', depth INTEGER NOT NULL DEFAULT 0,
            decided_at INTEGER NOT NULL, claimed_at INTEGER, started_at INTEGER, ended_at INTEGER,
            exit_status INTEGER, tzdata TEXT NOT NULL DEFAULT '', branch TEXT NOT NULL DEFAULT '',
            path TEXT NOT NULL DEFAULT '', base TEXT NOT NULL DEFAULT '', report TEXT NOT NULL DEFAULT '{}',
            live_since REAL, boot_id TEXT NOT NULL DEFAULT '', ending TEXT NOT NULL DEFAULT '',
            announced INTEGER NOT NULL DEFAULT 0) STRICT""",
        """CREATE UNIQUE INDEX fires_of_the_clock ON fires (constellation, schedule, fire_at, attempt)
            WHERE origin = 'clock'""",
        "CREATE INDEX fires_open ON fires (constellation) WHERE state IN ('queued', 'claimed', 'running')",
        "CREATE INDEX fires_by_time ON fires (constellation, fire_at)",
        "CREATE INDEX fires_by_schedule ON fires (constellation, schedule, fire_at)",
        "CREATE INDEX fires_of_events ON fires (constellation, schedule, decided_at) WHERE event != ''",
        "CREATE INDEX fires_unannounced ON fires (run) WHERE ended_at IS NOT NULL AND announced = 0",
        "CREATE UNIQUE INDEX fires_by_event ON fires (constellation, schedule, event) WHERE event != ''",
        """CREATE TABLE hooks (
            constellation TEXT NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (constellation, name)) STRICT""",
        """CREATE TABLE watermarks (
            constellation TEXT NOT NULL, identity TEXT NOT NULL, seq INTEGER NOT NULL,
            PRIMARY KEY (constellation, identity)) STRICT""",
    ),
    (
        # A path is bytes, because a name in a repository need not be text.
        """CREATE TABLE comments (
            id TEXT PRIMARY KEY, constellation TEXT NOT NULL, agent TEXT NOT NULL, path BLOB NOT NULL,
            side TEXT NOT NULL, line INTEGER NOT NULL, end_line INTEGER NOT NULL, text TEXT NOT NULL,
            quote TEXT NOT NULL, revision TEXT NOT NULL, author TEXT NOT NULL, state TEXT NOT NULL,
            created_at REAL NOT NULL, edited_at REAL NOT NULL, sent_at REAL) STRICT""",
        "CREATE INDEX comments_by_agent ON comments (constellation, agent)",
    ),
    (
        """CREATE TABLE conversations (
            session TEXT PRIMARY KEY, constellation TEXT NOT NULL, agent TEXT NOT NULL, role TEXT NOT NULL,
            kind TEXT NOT NULL, id TEXT NOT NULL, worktree TEXT NOT NULL, profile TEXT NOT NULL,
            prompt TEXT NOT NULL, at REAL NOT NULL, dropped INTEGER NOT NULL DEFAULT 0) STRICT""",
        "CREATE INDEX conversations_by_agent ON conversations (constellation, agent, role)",
        "CREATE INDEX conversations_by_id ON conversations (kind, id) WHERE id != ''",
    ),
    (
        # What a conversation has used so far outlives the sessions that it went through, and their days.
        """CREATE TABLE usage (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, day TEXT NOT NULL, session TEXT NOT NULL,
            started INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, cost INTEGER NOT NULL,
            priced INTEGER NOT NULL, PRIMARY KEY (session, day)) STRICT""",
        "CREATE INDEX usage_by_day ON usage (constellation, day)",
        """CREATE TABLE used_so_far (
            conversation TEXT PRIMARY KEY, input INTEGER NOT NULL, output INTEGER NOT NULL,
            cost INTEGER NOT NULL) STRICT""",
        """CREATE TABLE paused (
            session TEXT PRIMARY KEY, constellation TEXT NOT NULL, subject TEXT NOT NULL, why TEXT NOT NULL,
            at REAL NOT NULL, tokens INTEGER, cost REAL) STRICT""",
        """CREATE TABLE waiting (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, PRIMARY KEY (constellation, agent)) STRICT""",
        """CREATE TABLE turns (
            session TEXT PRIMARY KEY, number INTEGER NOT NULL, state TEXT NOT NULL) STRICT""",
    ),
    (
        """CREATE TABLE races (
            id TEXT PRIMARY KEY, constellation TEXT NOT NULL, prompt TEXT NOT NULL, base TEXT NOT NULL,
            base_commit TEXT NOT NULL, time_limit REAL, created_at REAL NOT NULL,
            decision TEXT NOT NULL DEFAULT '', kept TEXT NOT NULL DEFAULT '',
            merged TEXT NOT NULL DEFAULT '', force INTEGER NOT NULL DEFAULT 0,
            over_limit INTEGER NOT NULL DEFAULT 0) STRICT""",
        "CREATE INDEX races_by_constellation ON races (constellation, created_at)",
        """CREATE TABLE race_runs (
            run TEXT PRIMARY KEY, race TEXT NOT NULL, place INTEGER NOT NULL, agent TEXT NOT NULL,
            branch TEXT NOT NULL, path TEXT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL DEFAULT '',
            started_at REAL, ended_at REAL, exit_status INTEGER, report TEXT NOT NULL DEFAULT '{}',
            stays TEXT NOT NULL DEFAULT '', cleared INTEGER NOT NULL DEFAULT 0,
            UNIQUE (race, agent)) STRICT""",
        "CREATE INDEX race_runs_open ON race_runs (run) WHERE state IN ('claimed', 'running')",
    ),
    (
        """CREATE TABLE alerts (
            id INTEGER PRIMARY KEY AUTOINCREMENT, constellation TEXT NOT NULL, agent TEXT NOT NULL,
            session TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL,
            sent INTEGER NOT NULL) STRICT""",
        "CREATE INDEX alerts_by_agent ON alerts (constellation, agent, at)",
    ),
    (
        # The last column: it was decided on and counted; else nobody has come to that yet.
        """CREATE TABLE owed_restarts (
            constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL, session TEXT NOT NULL,
            counted INTEGER NOT NULL, PRIMARY KEY (constellation, role, subject)) STRICT""",
        """INSERT INTO owed_restarts (constellation, role, subject, session, counted)
            SELECT s.constellation, s.role, s.subject, s.id, 1 FROM sessions AS s
            WHERE s.rowid IN (SELECT max(rowid) FROM sessions GROUP BY constellation, role, subject)
            AND s.role != 'run' AND s.ended_by IN ('itself', 'lost') AND EXISTS (
                SELECT 1 FROM restarts AS r WHERE r.constellation = s.constellation AND r.role = s.role
                AND r.subject = s.subject AND r.at >= s.ended_at)""",
    ),
)
