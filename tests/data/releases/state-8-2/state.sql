BEGIN TRANSACTION;
CREATE TABLE alerts (
            id INTEGER PRIMARY KEY AUTOINCREMENT, constellation TEXT NOT NULL, agent TEXT NOT NULL,
            session TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL,
            sent INTEGER NOT NULL) STRICT;
CREATE TABLE bindings (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, provider TEXT NOT NULL, uuid TEXT NOT NULL,
            name TEXT NOT NULL, address TEXT NOT NULL, phone TEXT, key_uuid TEXT, key_sealed BLOB,
            in_doubt INTEGER NOT NULL DEFAULT 0, archived INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (constellation, agent, provider)) STRICT;
INSERT INTO "bindings" VALUES('a50eb978fbcb','bob','local','985ad84b-715f-494a-9e77-7467b4d839bd','bob','bob@kept.test','+12025550100','b0bb814b-183e-4eb9-9968-d77c38ab3e08',X'012C97D5A296C4A96B1B092085F3C25C12DAF86A494D9EC37AAE9F05CC4BDC5FAC826060BBEC4BC60A76968A18F037C658F734F78CDCD09FC1F5E597C5FB626072700689C0A06EC8674BF6BFD9099477',0,0);
INSERT INTO "bindings" VALUES('a50eb978fbcb','alice','local','24803391-3771-4b9c-86d5-847e0092f360','alice','alice@kept.test','+12015550100','93de3732-787e-4140-8f49-b554b27ec289',X'01086D23BF848C5E44D5B352E85D0756D8F691E1BABAA99B17ED56C9760F55B22B0A7FC7156A41122C1D2596DA21F3A50C77904371C8EDF64FFFDA86A42CD245B6ABFA3CE3E00D6E80D8B0C0E9582650',0,0);
CREATE TABLE comments (
            id TEXT PRIMARY KEY, constellation TEXT NOT NULL, agent TEXT NOT NULL, path BLOB NOT NULL,
            side TEXT NOT NULL, line INTEGER NOT NULL, end_line INTEGER NOT NULL, text TEXT NOT NULL,
            quote TEXT NOT NULL, revision TEXT NOT NULL, author TEXT NOT NULL, state TEXT NOT NULL,
            created_at REAL NOT NULL, edited_at REAL NOT NULL, sent_at REAL) STRICT;
INSERT INTO "comments" VALUES('26127dd1840e','a50eb978fbcb','alice',X'73746F72792E747874','new',3,3,'Say this in fewer words.','line 2','','person','open',1.79542785561154699322e+09,1.79542785561154699322e+09,NULL);
CREATE TABLE constellations (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, file TEXT NOT NULL UNIQUE, repo TEXT NOT NULL,
            content_hash TEXT NOT NULL, text TEXT NOT NULL, applied_at REAL NOT NULL) STRICT;
INSERT INTO "constellations" VALUES('a50eb978fbcb','kept','/tmp/constellagent-kept/repo/constellation.yaml','/tmp/constellagent-kept/repo','dff7ba4fbb315ce655501ca27504a65d79802a079fc5f2d7122ff65d7604eab6','version: 1
name: kept
owner: {email: owner@example.com}
services:
  clock:
    command: [sh, -c, "while :; do sleep 60; done"]
agents:
  alice:
    command: [sh, work.sh]
    branch: work/alice
    env: {pass: [KEPT_VALUE]}
    ports: [web]
    needs: [clock]
    schedules:
      yearly:
        cron: "0 9 1 1 *"
        command: [sh, work.sh, once]
        missed: skip
  bob:
    command: [sh, work.sh]
    branch: work/bob
    env: {pass: [KEPT_VALUE]}
    ports: [web]
    needs: [clock]
    schedules:
      yearly:
        cron: "0 9 1 1 *"
        command: [sh, work.sh, once]
        missed: skip
',1.79542784456662249566e+09);
CREATE TABLE conversations (
            session TEXT PRIMARY KEY, constellation TEXT NOT NULL, agent TEXT NOT NULL, role TEXT NOT NULL,
            kind TEXT NOT NULL, id TEXT NOT NULL, worktree TEXT NOT NULL, profile TEXT NOT NULL,
            prompt TEXT NOT NULL, at REAL NOT NULL, dropped INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE environment (
            constellation TEXT NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (constellation, name)) STRICT;
INSERT INTO "environment" VALUES('a50eb978fbcb','HOME',X'01A02449F0ACB1F44371B43EA1200A274B24E6165B0D6A75DA48019311291B583EBDD7A4242C3A6B12C07335C0534D22EFD8FC7960E47F3DFC');
INSERT INTO "environment" VALUES('a50eb978fbcb','KEPT_VALUE',X'016A71CEC4114DB115A6FEA450302EDCEAB3328FDEFB90176B32BFA228261615C8DCF0CCC4A4620719A1EF5A1AF34195324453');
INSERT INTO "environment" VALUES('a50eb978fbcb','LANG',X'012155CF1146C81C5BE25492D6A50E84DDA45B9DAB4176C08B01CAEBCEC9258FA309DEB9');
INSERT INTO "environment" VALUES('a50eb978fbcb','PATH',X'01C403E88CDB53CF8B5B9C399B3685DD391F63A194728F0BAA109B1F1A3CD8807B3036294C2BFBBD79AC3ED4FC0BA0892895C8411F4E011FF4');
CREATE TABLE fires (
            run TEXT PRIMARY KEY, constellation TEXT NOT NULL, schedule TEXT NOT NULL, origin TEXT NOT NULL,
            fire_at INTEGER NOT NULL, attempt INTEGER NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL,
            not_before INTEGER NOT NULL, why TEXT NOT NULL DEFAULT '', first INTEGER,
            count INTEGER NOT NULL DEFAULT 1, missed INTEGER NOT NULL DEFAULT 0,
            event TEXT NOT NULL DEFAULT '', depth INTEGER NOT NULL DEFAULT 0,
            decided_at INTEGER NOT NULL, claimed_at INTEGER, started_at INTEGER, ended_at INTEGER,
            exit_status INTEGER, tzdata TEXT NOT NULL DEFAULT '', branch TEXT NOT NULL DEFAULT '',
            path TEXT NOT NULL DEFAULT '', base TEXT NOT NULL DEFAULT '', report TEXT NOT NULL DEFAULT '{}',
            live_since REAL, boot_id TEXT NOT NULL DEFAULT '', ending TEXT NOT NULL DEFAULT '',
            announced INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "fires" VALUES('0de5c1ddc0e3a2d2788517a8c749d993','a50eb978fbcb','alice/yearly','person',1795427852824903,1,'manual','succeeded',1795427852824903,'exit status 0',NULL,1,0,'',0,1795427852824966,1795427852834439,1795427853734035,1795427854047720,0,'2025b','runs/alice/yearly/20261123T095732.824903Z','/tmp/constellagent-kept/repo.worktrees/.runs/alice.yearly.20261123T095732.824903Z','347e3179e2ff4c27f8dfacaa73889e3d18afc446','{"commit_count": 0, "commits": [], "concluded": "2026-11-23T09:57:34Z", "did": {"mails_read": 0, "mails_sent": 0, "passwords": 0, "secrets": 0, "texts_read": 0, "texts_sent": 0}}',76334.864811214,'cc86747b-f560-4d61-8795-74a28da35e3e','',1);
CREATE TABLE hooks (
            constellation TEXT NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (constellation, name)) STRICT;
CREATE TABLE intents (
            id INTEGER PRIMARY KEY AUTOINCREMENT, constellation TEXT NOT NULL, subject TEXT NOT NULL,
            step TEXT NOT NULL, detail TEXT NOT NULL, pid INTEGER NOT NULL, at REAL NOT NULL) STRICT;
CREATE TABLE owed_restarts (
            constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL, session TEXT NOT NULL,
            counted INTEGER NOT NULL, PRIMARY KEY (constellation, role, subject)) STRICT;
CREATE TABLE paused (
            session TEXT PRIMARY KEY, constellation TEXT NOT NULL, subject TEXT NOT NULL, why TEXT NOT NULL,
            at REAL NOT NULL, tokens INTEGER, cost REAL) STRICT;
CREATE TABLE ports (
            port INTEGER PRIMARY KEY, constellation TEXT NOT NULL, agent TEXT NOT NULL, name TEXT NOT NULL,
            UNIQUE (constellation, agent, name)) STRICT;
INSERT INTO "ports" VALUES(22190,'a50eb978fbcb','bob','web');
INSERT INTO "ports" VALUES(26570,'a50eb978fbcb','alice','web');
CREATE TABLE race_runs (
            run TEXT PRIMARY KEY, race TEXT NOT NULL, place INTEGER NOT NULL, agent TEXT NOT NULL,
            branch TEXT NOT NULL, path TEXT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL DEFAULT '',
            started_at REAL, ended_at REAL, exit_status INTEGER, report TEXT NOT NULL DEFAULT '{}',
            stays TEXT NOT NULL DEFAULT '', cleared INTEGER NOT NULL DEFAULT 0,
            UNIQUE (race, agent)) STRICT;
INSERT INTO "race_runs" VALUES('ce44e0b4254d4e9da79c08793875581b','2b810ce0',0,'alice','races/2b810ce0/alice','/tmp/constellagent-kept/repo.worktrees/.runs/alice.race-2b810ce0','succeeded','',1.79542785811045289045e+09,1.79542785883922243125e+09,0,'{"added": 0, "commits": 0, "files": 0, "removed": 0, "uncommitted": 0}','',0);
INSERT INTO "race_runs" VALUES('d469f11993164a61b0853f830c929fe3','2b810ce0',1,'bob','races/2b810ce0/bob','/tmp/constellagent-kept/repo.worktrees/.runs/bob.race-2b810ce0','succeeded','',1.79542785810031342509e+09,1.79542785881139183045e+09,0,'{"added": 0, "commits": 0, "files": 0, "removed": 0, "uncommitted": 0}','',0);
CREATE TABLE races (
            id TEXT PRIMARY KEY, constellation TEXT NOT NULL, prompt TEXT NOT NULL, base TEXT NOT NULL,
            base_commit TEXT NOT NULL, time_limit REAL, created_at REAL NOT NULL,
            decision TEXT NOT NULL DEFAULT '', kept TEXT NOT NULL DEFAULT '',
            merged TEXT NOT NULL DEFAULT '', force INTEGER NOT NULL DEFAULT 0,
            over_limit INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "races" VALUES('2b810ce0','a50eb978fbcb','Write a better story.','auto','347e3179e2ff4c27f8dfacaa73889e3d18afc446',NULL,1.7954278578110494614e+09,'','','',0,0);
CREATE TABLE records (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, path TEXT NOT NULL, branch TEXT NOT NULL,
            identity_uuid TEXT, identity_name TEXT, PRIMARY KEY (constellation, agent)) STRICT;
INSERT INTO "records" VALUES('a50eb978fbcb','alice','/tmp/constellagent-kept/repo.worktrees/alice','work/alice','24803391-3771-4b9c-86d5-847e0092f360','alice');
INSERT INTO "records" VALUES('a50eb978fbcb','bob','/tmp/constellagent-kept/repo.worktrees/bob','work/bob','985ad84b-715f-494a-9e77-7467b4d839bd','bob');
CREATE TABLE restarts (
            constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
            at REAL NOT NULL) STRICT;
CREATE TABLE schedules (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, name TEXT NOT NULL, declared TEXT NOT NULL,
            created_at INTEGER NOT NULL, upto INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0,
            paused TEXT NOT NULL DEFAULT '', paused_at INTEGER,
            PRIMARY KEY (constellation, agent, name)) STRICT;
INSERT INTO "schedules" VALUES('a50eb978fbcb','bob','yearly','{"constellation": "kept", "spec": {"command": ["sh", "work.sh", "once"], "cron": "0 9 1 1 *", "missed": "skip"}, "timezone": "UTC"}',1795427845878144,1795427845878144,0,'kept',1795427854360603);
INSERT INTO "schedules" VALUES('a50eb978fbcb','alice','yearly','{"constellation": "kept", "spec": {"command": ["sh", "work.sh", "once"], "cron": "0 9 1 1 *", "missed": "skip"}, "timezone": "UTC"}',1795427845973607,1795427845973607,0,'',NULL);
CREATE TABLE sessions (
            id TEXT PRIMARY KEY, constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
            fingerprint TEXT NOT NULL, started_at REAL NOT NULL, holder_pid INTEGER, holder_start TEXT,
            boot_id TEXT NOT NULL, grace REAL NOT NULL, stop_wanted INTEGER NOT NULL DEFAULT 0,
            ended_at REAL, exit_status INTEGER, ended_by TEXT NOT NULL DEFAULT '',
            outcome TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "sessions" VALUES('e4d44cfd68694ca3bb407da3d0841b8c','a50eb978fbcb','service','clock','051234e0227b15e1',1.79542784456983423231e+09,30584,'7632597','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('cdf7e814dbc948c4a4e8731eded19f4f','a50eb978fbcb','agent','bob','0b1185e20b52f0b4',1.79542784600135111811e+09,31020,'7632749','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('aaf8450895324bd9a08347d1edcac7d5','a50eb978fbcb','agent','alice','b5f61c4e490e17fe',1.79542784603150153152e+09,31031,'7632761','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('0de5c1ddc0e3a2d2788517a8c749d993','a50eb978fbcb','run','alice/yearly','b5f61c4e490e17fe',1.79542785319306159017e+09,1503,'7633474','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,1.79542785381763148307e+09,0,'itself','exit status 0');
INSERT INTO "sessions" VALUES('d469f11993164a61b0853f830c929fe3','a50eb978fbcb','run','bob','0b1185e20b52f0b4',1.79542785810031342509e+09,3962,'7633970','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,1.79542785881139183045e+09,0,'itself','exit status 0');
INSERT INTO "sessions" VALUES('ce44e0b4254d4e9da79c08793875581b','a50eb978fbcb','run','alice','b5f61c4e490e17fe',1.79542785811045289045e+09,4039,'7633980','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,1.79542785883922243125e+09,0,'itself','exit status 0');
CREATE TABLE trusted (
            file TEXT NOT NULL, content_hash TEXT NOT NULL, at REAL NOT NULL,
            PRIMARY KEY (file, content_hash)) STRICT;
CREATE TABLE turns (
            session TEXT PRIMARY KEY, number INTEGER NOT NULL, state TEXT NOT NULL) STRICT;
CREATE TABLE usage (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, day TEXT NOT NULL, session TEXT NOT NULL,
            started INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, cost INTEGER NOT NULL,
            priced INTEGER NOT NULL, PRIMARY KEY (session, day)) STRICT;
INSERT INTO "usage" VALUES('a50eb978fbcb','alice','2026-11-23','0de5c1ddc0e3a2d2788517a8c749d993',1,0,0,0,0);
INSERT INTO "usage" VALUES('a50eb978fbcb','bob','2026-11-23','d469f11993164a61b0853f830c929fe3',1,0,0,0,0);
INSERT INTO "usage" VALUES('a50eb978fbcb','alice','2026-11-23','ce44e0b4254d4e9da79c08793875581b',1,0,0,0,0);
CREATE TABLE used_so_far (
            conversation TEXT PRIMARY KEY, input INTEGER NOT NULL, output INTEGER NOT NULL,
            cost INTEGER NOT NULL) STRICT;
CREATE TABLE waiting (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, PRIMARY KEY (constellation, agent)) STRICT;
CREATE TABLE watermarks (
            constellation TEXT NOT NULL, identity TEXT NOT NULL, seq INTEGER NOT NULL,
            PRIMARY KEY (constellation, identity)) STRICT;
CREATE INDEX intents_by_subject ON intents (constellation, subject);
CREATE UNIQUE INDEX bindings_by_identity ON bindings (provider, uuid) WHERE NOT archived;
CREATE INDEX sessions_by_subject ON sessions (constellation, role, subject);
CREATE UNIQUE INDEX sessions_live ON sessions (constellation, role, subject)
            WHERE ended_at IS NULL AND role != 'run';
CREATE UNIQUE INDEX fires_of_the_clock ON fires (constellation, schedule, fire_at, attempt)
            WHERE origin = 'clock';
CREATE INDEX fires_open ON fires (constellation) WHERE state IN ('queued', 'claimed', 'running');
CREATE INDEX fires_by_time ON fires (constellation, fire_at);
CREATE INDEX fires_by_schedule ON fires (constellation, schedule, fire_at);
CREATE INDEX fires_of_events ON fires (constellation, schedule, decided_at) WHERE event != '';
CREATE INDEX fires_unannounced ON fires (run) WHERE ended_at IS NOT NULL AND announced = 0;
CREATE UNIQUE INDEX fires_by_event ON fires (constellation, schedule, event) WHERE event != '';
CREATE INDEX comments_by_agent ON comments (constellation, agent);
CREATE INDEX conversations_by_agent ON conversations (constellation, agent, role);
CREATE INDEX conversations_by_id ON conversations (kind, id) WHERE id != '';
CREATE INDEX usage_by_day ON usage (constellation, day);
CREATE INDEX races_by_constellation ON races (constellation, created_at);
CREATE INDEX race_runs_open ON race_runs (run) WHERE state IN ('claimed', 'running');
CREATE INDEX alerts_by_agent ON alerts (constellation, agent, at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('intents',42);
COMMIT;
PRAGMA user_version = 8;
