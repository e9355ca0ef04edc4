BEGIN TRANSACTION;
CREATE TABLE bindings (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, provider TEXT NOT NULL, uuid TEXT NOT NULL,
            name TEXT NOT NULL, address TEXT NOT NULL, phone TEXT, key_uuid TEXT, key_sealed BLOB,
            in_doubt INTEGER NOT NULL DEFAULT 0, archived INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (constellation, agent, provider)) STRICT;
INSERT INTO "bindings" VALUES('a50eb978fbcb','alice','local','a7c1941b-a651-4f5a-bec8-78a389ec96ba','alice','alice@kept.test','+12015550100','56270730-81c6-400d-bdbe-aa65fad9a11c',X'010ECBC18194F64B8992BFDFAB20A014E021198D2AA8B004BC49C17712BAFC87FF78CD3A47AE6943CE7814DBEF4EA1C85F58CAD5F25647C262E3EEA3EF0A5CAE97A705C4FA198481D3EC8635297FD17C',0,0);
INSERT INTO "bindings" VALUES('a50eb978fbcb','bob','local','26ca91c8-7c74-4761-8733-7907af37fa6b','bob','bob@kept.test','+12025550100','7dc27d44-3678-48b7-8075-e7109d5fdc46',X'01A7C33A723A5C4C6A979C5BBB68DC098EFB59C5F122FEBCCEFDC5B12DFFFEA2D0761F51EB279428F756B4F81A63E1F71ACF8C6AA838783213866E7F49B36F613FB91087AE3D0CD69590CE0D675A5B81',0,0);
CREATE TABLE comments (
            id TEXT PRIMARY KEY, constellation TEXT NOT NULL, agent TEXT NOT NULL, path BLOB NOT NULL,
            side TEXT NOT NULL, line INTEGER NOT NULL, end_line INTEGER NOT NULL, text TEXT NOT NULL,
            quote TEXT NOT NULL, revision TEXT NOT NULL, author TEXT NOT NULL, state TEXT NOT NULL,
            created_at REAL NOT NULL, edited_at REAL NOT NULL, sent_at REAL) STRICT;
INSERT INTO "comments" VALUES('26650d8b819c','a50eb978fbcb','alice',X'73746F72792E747874','new',3,3,'Say this in fewer words.','line 2','','person','open',1.79542457745256567001e+09,1.79542457745256567001e+09,NULL);
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
',1.79542456695141816134e+09);
CREATE TABLE environment (
            constellation TEXT NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (constellation, name)) STRICT;
INSERT INTO "environment" VALUES('a50eb978fbcb','HOME',X'0114D4BD22DF9C6A2AE755F68C42C1DFC7B384C378D5B963CD289634FD46B5E58B974654E25FA01807FC06F81CF84FCD94FAAF7722982EA15C');
INSERT INTO "environment" VALUES('a50eb978fbcb','KEPT_VALUE',X'01E9EA74F452EE8A258DF94951A146747B5F9C61CC8AFE38EDB434A09950DF041C78F6C51A9A52999B6314FB11D1C7EFBD3CAE');
INSERT INTO "environment" VALUES('a50eb978fbcb','LANG',X'012A2C4EAB214A18C0504F4B7C8D5050073A501C39359BDB68C4352279C49F31612BCEAC');
INSERT INTO "environment" VALUES('a50eb978fbcb','PATH',X'01C00EAA0676E45331767F6BEC5A3A4FAC8B8BFDC1831EA291272CD0054032173EE05E573E811DD6D3528916E70D07D194C7BF98F93A498E78');
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
INSERT INTO "fires" VALUES('c34c2f65c00ab1cbca8566e021d43e1f','a50eb978fbcb','alice/yearly','person',1795424576093991,1,'manual','succeeded',1795424576093991,'exit status 0',NULL,1,0,'',0,1795424576094086,1795424576105893,1795424576681828,1795424576890060,0,'2025b','runs/alice/yearly/20261123T090256.093991Z','/tmp/constellagent-kept/repo.worktrees/.runs/alice.yearly.20261123T090256.093991Z','6617000a15489911731ee689386bbeb6b55ff528','{"commit_count": 0, "commits": [], "concluded": "2026-11-23T09:02:57Z", "did": {"mails_read": 0, "mails_sent": 0, "passwords": 0, "secrets": 0, "texts_read": 0, "texts_sent": 0}}',73057.812608828,'cc86747b-f560-4d61-8795-74a28da35e3e','',1);
CREATE TABLE hooks (
            constellation TEXT NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (constellation, name)) STRICT;
CREATE TABLE intents (
            id INTEGER PRIMARY KEY AUTOINCREMENT, constellation TEXT NOT NULL, subject TEXT NOT NULL,
            step TEXT NOT NULL, detail TEXT NOT NULL, pid INTEGER NOT NULL, at REAL NOT NULL) STRICT;
CREATE TABLE ports (
            port INTEGER PRIMARY KEY, constellation TEXT NOT NULL, agent TEXT NOT NULL, name TEXT NOT NULL,
            UNIQUE (constellation, agent, name)) STRICT;
INSERT INTO "ports" VALUES(22190,'a50eb978fbcb','bob','web');
INSERT INTO "ports" VALUES(26570,'a50eb978fbcb','alice','web');
CREATE TABLE records (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, path TEXT NOT NULL, branch TEXT NOT NULL,
            identity_uuid TEXT, identity_name TEXT, PRIMARY KEY (constellation, agent)) STRICT;
INSERT INTO "records" VALUES('a50eb978fbcb','alice','/tmp/constellagent-kept/repo.worktrees/alice','work/alice','a7c1941b-a651-4f5a-bec8-78a389ec96ba','alice');
INSERT INTO "records" VALUES('a50eb978fbcb','bob','/tmp/constellagent-kept/repo.worktrees/bob','work/bob','26ca91c8-7c74-4761-8733-7907af37fa6b','bob');
CREATE TABLE restarts (
            constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
            at REAL NOT NULL) STRICT;
CREATE TABLE schedules (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, name TEXT NOT NULL, declared TEXT NOT NULL,
            created_at INTEGER NOT NULL, upto INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0,
            paused TEXT NOT NULL DEFAULT '', paused_at INTEGER,
            PRIMARY KEY (constellation, agent, name)) STRICT;
INSERT INTO "schedules" VALUES('a50eb978fbcb','alice','yearly','{"constellation": "kept", "spec": {"command": ["sh", "work.sh", "once"], "cron": "0 9 1 1 *", "missed": "skip"}, "timezone": "UTC"}',1795424568397952,1795424568397952,0,'',NULL);
INSERT INTO "schedules" VALUES('a50eb978fbcb','bob','yearly','{"constellation": "kept", "spec": {"command": ["sh", "work.sh", "once"], "cron": "0 9 1 1 *", "missed": "skip"}, "timezone": "UTC"}',1795424568542703,1795424568542703,0,'kept',1795424577096777);
CREATE TABLE sessions (
            id TEXT PRIMARY KEY, constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
            fingerprint TEXT NOT NULL, started_at REAL NOT NULL, holder_pid INTEGER, holder_start TEXT,
            boot_id TEXT NOT NULL, grace REAL NOT NULL, stop_wanted INTEGER NOT NULL DEFAULT 0,
            ended_at REAL, exit_status INTEGER, ended_by TEXT NOT NULL DEFAULT '',
            outcome TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "sessions" VALUES('75a2020f11f647bcacf0cd4724e03f35','a50eb978fbcb','service','clock','051234e0227b15e1',1.79542456695539021493e+09,14685,'7304833','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('33bd0e85fa394c90b943b7255c67aefd','a50eb978fbcb','agent','alice','b66922ab95079a0d',1.79542456846254181866e+09,15041,'7304982','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('c8ce9c175f2640b9abd762684f9f5487','a50eb978fbcb','agent','bob','682edb78386b5a59',1.79542456858193755155e+09,15221,'7305045','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('c34c2f65c00ab1cbca8566e021d43e1f','a50eb978fbcb','run','alice/yearly','b66922ab95079a0d',1.79542457645526313779e+09,16717,'7305773','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,1.79542457669352841379e+09,0,'itself','exit status 0');
CREATE TABLE trusted (
            file TEXT NOT NULL, content_hash TEXT NOT NULL, at REAL NOT NULL,
            PRIMARY KEY (file, content_hash)) STRICT;
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('intents',28);
COMMIT;
PRAGMA user_version = 3;
