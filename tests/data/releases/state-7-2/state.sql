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
INSERT INTO "bindings" VALUES('a50eb978fbcb','alice','local','d3386fe1-f1f4-44ff-bbc9-9792e79c3d06','alice','alice@kept.test','+12015550100','aa58501e-c656-4ce7-a548-145cc1428ca2',X'0104A5A777CA71A1411A6B6B41C3D859A7DD3CC5C4C30AC610E45260B57C8FCFCE4531F4D98D2F37A2C0CFF0147688A69012CD58925954979EB98A5A4EC0BC55F3BB78C3A382BDA3B945B938FE545CFA',0,0);
INSERT INTO "bindings" VALUES('a50eb978fbcb','bob','local','10e99a1a-3876-496d-a9b8-05802b644c91','bob','bob@kept.test','+12025550100','3cf3ce3a-eb2f-49dc-bdda-9c5e675c5c79',X'012C194089A09ECBE7B7C861119122EB82E231BAEADB9577432F5B9249D539ED5DE361AE7A15CB756CFDC4CE5F350851571512A3C68EC44BEA502FB39773FE2C41CDD09C0088B8FA03F8A74EA1C30F03',0,0);
CREATE TABLE comments (
            id TEXT PRIMARY KEY, constellation TEXT NOT NULL, agent TEXT NOT NULL, path BLOB NOT NULL,
            side TEXT NOT NULL, line INTEGER NOT NULL, end_line INTEGER NOT NULL, text TEXT NOT NULL,
            quote TEXT NOT NULL, revision TEXT NOT NULL, author TEXT NOT NULL, state TEXT NOT NULL,
            created_at REAL NOT NULL, edited_at REAL NOT NULL, sent_at REAL) STRICT;
INSERT INTO "comments" VALUES('3fc904cc373a','a50eb978fbcb','alice',X'73746F72792E747874','new',3,3,'Say this in fewer words.','line 2','','person','open',1.79542533006713128087e+09,1.79542533006713128087e+09,NULL);
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
',1.79542532194256639478e+09);
CREATE TABLE conversations (
            session TEXT PRIMARY KEY, constellation TEXT NOT NULL, agent TEXT NOT NULL, role TEXT NOT NULL,
            kind TEXT NOT NULL, id TEXT NOT NULL, worktree TEXT NOT NULL, profile TEXT NOT NULL,
            prompt TEXT NOT NULL, at REAL NOT NULL, dropped INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE environment (
            constellation TEXT NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (constellation, name)) STRICT;
INSERT INTO "environment" VALUES('a50eb978fbcb','HOME',X'01A6A42DAE7C501C234DBEE0CA8C72913FF806E9E79468379B42EEC30868169E5A0E00F48296075983592B97407DCB0D2001F0065B3139D02A');
INSERT INTO "environment" VALUES('a50eb978fbcb','KEPT_VALUE',X'018B27331C5A19FA7E58451F6B173ECE169BC782980BD271D9B0BB3CADBC7DBADF06F02C877C01C52ACE0E1FB883083DF50AD0');
INSERT INTO "environment" VALUES('a50eb978fbcb','LANG',X'017851A1F22A9A9E1764EB36B6E1FEFACB85245E011D2364B35B1836340DCA411F8CA12A');
INSERT INTO "environment" VALUES('a50eb978fbcb','PATH',X'01342DAD1F74236067CD56C02343ED7A00BB5A00E070E64FBB746FF934DC29670B6D04103C6690D72FD1CCD557A57E8EB5671420A5291F1195');
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
INSERT INTO "fires" VALUES('f0022a08e29ac4ed4befaed50f6fb712','a50eb978fbcb','alice/yearly','person',1795425328109976,1,'manual','succeeded',1795425328109976,'exit status 0',NULL,1,0,'',0,1795425328110041,1795425328112232,1795425329042103,1795425329046250,0,'2025b','runs/alice/yearly/20261123T091528.109976Z','/tmp/constellagent-kept/repo.worktrees/.runs/alice.yearly.20261123T091528.109976Z','6546e4ab6ca1504c8146ff8324fbb6299243101a','{"commit_count": 0, "commits": [], "concluded": "2026-11-23T09:15:29Z", "did": {"mails_read": 0, "mails_sent": 0, "passwords": 0, "secrets": 0, "texts_read": 0, "texts_sent": 0}}',73810.172880297,'cc86747b-f560-4d61-8795-74a28da35e3e','',1);
CREATE TABLE hooks (
            constellation TEXT NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (constellation, name)) STRICT;
CREATE TABLE intents (
            id INTEGER PRIMARY KEY AUTOINCREMENT, constellation TEXT NOT NULL, subject TEXT NOT NULL,
            step TEXT NOT NULL, detail TEXT NOT NULL, pid INTEGER NOT NULL, at REAL NOT NULL) STRICT;
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
INSERT INTO "race_runs" VALUES('afdad48a1cbf4ce28d9a5a6ce90c5de6','ea2df80e',0,'alice','races/ea2df80e/alice','/tmp/constellagent-kept/repo.worktrees/.runs/alice.race-ea2df80e','succeeded','',1.79542533174221134186e+09,1.79542533200137400628e+09,0,'{"added": 0, "commits": 0, "files": 0, "removed": 0, "uncommitted": 0}','',0);
INSERT INTO "race_runs" VALUES('ae0c78fe3f084b93a5ed1228ae0a6a69','ea2df80e',1,'bob','races/ea2df80e/bob','/tmp/constellagent-kept/repo.worktrees/.runs/bob.race-ea2df80e','succeeded','',1.79542533176457428929e+09,1.79542533216508126258e+09,0,'{"added": 0, "commits": 0, "files": 0, "removed": 0, "uncommitted": 0}','',0);
CREATE TABLE races (
            id TEXT PRIMARY KEY, constellation TEXT NOT NULL, prompt TEXT NOT NULL, base TEXT NOT NULL,
            base_commit TEXT NOT NULL, time_limit REAL, created_at REAL NOT NULL,
            decision TEXT NOT NULL DEFAULT '', kept TEXT NOT NULL DEFAULT '',
            merged TEXT NOT NULL DEFAULT '', force INTEGER NOT NULL DEFAULT 0,
            over_limit INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "races" VALUES('ea2df80e','a50eb978fbcb','Write a better story.','auto','6546e4ab6ca1504c8146ff8324fbb6299243101a',NULL,1.79542533139430212979e+09,'','','',0,0);
CREATE TABLE records (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, path TEXT NOT NULL, branch TEXT NOT NULL,
            identity_uuid TEXT, identity_name TEXT, PRIMARY KEY (constellation, agent)) STRICT;
INSERT INTO "records" VALUES('a50eb978fbcb','alice','/tmp/constellagent-kept/repo.worktrees/alice','work/alice','d3386fe1-f1f4-44ff-bbc9-9792e79c3d06','alice');
INSERT INTO "records" VALUES('a50eb978fbcb','bob','/tmp/constellagent-kept/repo.worktrees/bob','work/bob','10e99a1a-3876-496d-a9b8-05802b644c91','bob');
CREATE TABLE restarts (
            constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
            at REAL NOT NULL) STRICT;
CREATE TABLE schedules (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, name TEXT NOT NULL, declared TEXT NOT NULL,
            created_at INTEGER NOT NULL, upto INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0,
            paused TEXT NOT NULL DEFAULT '', paused_at INTEGER,
            PRIMARY KEY (constellation, agent, name)) STRICT;
INSERT INTO "schedules" VALUES('a50eb978fbcb','alice','yearly','{"constellation": "kept", "spec": {"command": ["sh", "work.sh", "once"], "cron": "0 9 1 1 *", "missed": "skip"}, "timezone": "UTC"}',1795425322550578,1795425322550578,0,'',NULL);
INSERT INTO "schedules" VALUES('a50eb978fbcb','bob','yearly','{"constellation": "kept", "spec": {"command": ["sh", "work.sh", "once"], "cron": "0 9 1 1 *", "missed": "skip"}, "timezone": "UTC"}',1795425322550701,1795425322550701,0,'kept',1795425329490744);
CREATE TABLE sessions (
            id TEXT PRIMARY KEY, constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
            fingerprint TEXT NOT NULL, started_at REAL NOT NULL, holder_pid INTEGER, holder_start TEXT,
            boot_id TEXT NOT NULL, grace REAL NOT NULL, stop_wanted INTEGER NOT NULL DEFAULT 0,
            ended_at REAL, exit_status INTEGER, ended_by TEXT NOT NULL DEFAULT '',
            outcome TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "sessions" VALUES('c1649912965441b488d53a8a4ad4c724','a50eb978fbcb','service','clock','051234e0227b15e1',1.79542532195244550707e+09,22689,'7380328','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('09460296115e416c81c578fec1c9e8ec','a50eb978fbcb','agent','alice','b5f61c4e490e17fe',1.7954253225582916737e+09,23001,'7380411','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('2df14044e9c249239b32cf9178eed792','a50eb978fbcb','agent','bob','0b1185e20b52f0b4',1.79542532255915069576e+09,23008,'7380415','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('f0022a08e29ac4ed4befaed50f6fb712','a50eb978fbcb','run','alice/yearly','b5f61c4e490e17fe',1795425328.52293,24819,'7380987','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,1.79542532886903023715e+09,0,'itself','exit status 0');
INSERT INTO "sessions" VALUES('afdad48a1cbf4ce28d9a5a6ce90c5de6','a50eb978fbcb','run','alice','b5f61c4e490e17fe',1.79542533174221134186e+09,25687,'7381296','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,1.79542533200137400628e+09,0,'itself','exit status 0');
INSERT INTO "sessions" VALUES('ae0c78fe3f084b93a5ed1228ae0a6a69','a50eb978fbcb','run','bob','0b1185e20b52f0b4',1.79542533176457428929e+09,25739,'7381318','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,1.79542533216508126258e+09,0,'itself','exit status 0');
CREATE TABLE trusted (
            file TEXT NOT NULL, content_hash TEXT NOT NULL, at REAL NOT NULL,
            PRIMARY KEY (file, content_hash)) STRICT;
CREATE TABLE turns (
            session TEXT PRIMARY KEY, number INTEGER NOT NULL, state TEXT NOT NULL) STRICT;
CREATE TABLE usage (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, day TEXT NOT NULL, session TEXT NOT NULL,
            started INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, cost INTEGER NOT NULL,
            priced INTEGER NOT NULL, PRIMARY KEY (session, day)) STRICT;
INSERT INTO "usage" VALUES('a50eb978fbcb','alice','2026-11-23','f0022a08e29ac4ed4befaed50f6fb712',1,0,0,0,0);
INSERT INTO "usage" VALUES('a50eb978fbcb','alice','2026-11-23','afdad48a1cbf4ce28d9a5a6ce90c5de6',1,0,0,0,0);
INSERT INTO "usage" VALUES('a50eb978fbcb','bob','2026-11-23','ae0c78fe3f084b93a5ed1228ae0a6a69',1,0,0,0,0);
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
PRAGMA user_version = 7;
