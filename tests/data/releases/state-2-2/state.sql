BEGIN TRANSACTION;
CREATE TABLE bindings (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, provider TEXT NOT NULL, uuid TEXT NOT NULL,
            name TEXT NOT NULL, address TEXT NOT NULL, phone TEXT, key_uuid TEXT, key_sealed BLOB,
            in_doubt INTEGER NOT NULL DEFAULT 0, archived INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (constellation, agent, provider)) STRICT;
INSERT INTO "bindings" VALUES('a50eb978fbcb','alice','local','dde0c096-c8aa-40cc-a6c9-e4ed11857eef','alice','alice@kept.test','+12015550100','493263af-989c-4a98-9fee-276d1794f32b',X'01B948C334B0279F343714D19E59ECBD4CC3FE7026E804C9636B23E5C067F4083E4BCA1273C1AC7466C8A1C07925FB4D6CD320054FD09E5F59CD028A1B67A55196E77A92312812BB892DF0BE174F897C',0,0);
INSERT INTO "bindings" VALUES('a50eb978fbcb','bob','local','29081dbc-7823-4f79-9123-74b0574fb427','bob','bob@kept.test','+12025550100','d6b4f365-c0b3-4207-bab6-dce5fc48c4e3',X'01FD48E9CDF9F5E190C245723AA7554BF50ACDCA1632809375C08EDE279E188811746E1005CE8319B9B149B1969ECFF63B958E45F6B65436F05B188AB5ABF6E1C3347D4B72CA3DE8D7661F551A3D9F86',0,0);
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
',1.79542458512627863889e+09);
CREATE TABLE environment (
            constellation TEXT NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (constellation, name)) STRICT;
INSERT INTO "environment" VALUES('a50eb978fbcb','HOME',X'01E5AE209AA2DDAE24BA27E616CD9E76CDBC85A47FF7F729C021920EFC766347258B2D7A797747995C462819126C27B6BF8CCA83BFE3CFCA58');
INSERT INTO "environment" VALUES('a50eb978fbcb','KEPT_VALUE',X'01DCF1B8CAD9C5015DED46B21AAF9C92624FBEBFEE65E9A9B5FB2F98F13426E91C90EE6249921D794B2648FFA63B661CDA36CA');
INSERT INTO "environment" VALUES('a50eb978fbcb','LANG',X'01053DD9F4BF8E909639F5423BA8BA0D6018A81C633EF35008E58A7A169BD644C942F5EE');
INSERT INTO "environment" VALUES('a50eb978fbcb','PATH',X'01C307BC54A8CBD3B24156054D4CC3987AFDD2C5E9FB17DA5E68407CBE702D064476B8F4344B14607EAE7F7308C1420003EE10D6E81576EDCC');
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
INSERT INTO "fires" VALUES('bf7db32df23ea805a73863f5a7fb309d','a50eb978fbcb','alice/yearly','person',1795424588642353,1,'manual','succeeded',1795424588642353,'exit status 0',NULL,1,0,'',0,1795424588642422,1795424588645856,1795424589132363,1795424589251214,0,'2025b','runs/alice/yearly/20261123T090308.642353Z','/tmp/constellagent-kept/repo.worktrees/.runs/alice.yearly.20261123T090308.642353Z','cca2ecb6ec19bda23b6d44a79a061c29b368d72e','{"commit_count": 0, "commits": [], "concluded": "2026-11-23T09:03:09Z", "did": {"mails_read": 0, "mails_sent": 0, "passwords": 0, "secrets": 0, "texts_read": 0, "texts_sent": 0}}',73070.263141478,'cc86747b-f560-4d61-8795-74a28da35e3e','',1);
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
INSERT INTO "records" VALUES('a50eb978fbcb','alice','/tmp/constellagent-kept/repo.worktrees/alice','work/alice','dde0c096-c8aa-40cc-a6c9-e4ed11857eef','alice');
INSERT INTO "records" VALUES('a50eb978fbcb','bob','/tmp/constellagent-kept/repo.worktrees/bob','work/bob','29081dbc-7823-4f79-9123-74b0574fb427','bob');
CREATE TABLE restarts (
            constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
            at REAL NOT NULL) STRICT;
CREATE TABLE schedules (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, name TEXT NOT NULL, declared TEXT NOT NULL,
            created_at INTEGER NOT NULL, upto INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0,
            paused TEXT NOT NULL DEFAULT '', paused_at INTEGER,
            PRIMARY KEY (constellation, agent, name)) STRICT;
INSERT INTO "schedules" VALUES('a50eb978fbcb','alice','yearly','{"constellation": "kept", "spec": {"command": ["sh", "work.sh", "once"], "cron": "0 9 1 1 *", "missed": "skip"}, "timezone": "UTC"}',1795424585856046,1795424585856046,0,'',NULL);
INSERT INTO "schedules" VALUES('a50eb978fbcb','bob','yearly','{"constellation": "kept", "spec": {"command": ["sh", "work.sh", "once"], "cron": "0 9 1 1 *", "missed": "skip"}, "timezone": "UTC"}',1795424585868593,1795424585868593,0,'kept',1795424589576592);
CREATE TABLE sessions (
            id TEXT PRIMARY KEY, constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
            fingerprint TEXT NOT NULL, started_at REAL NOT NULL, holder_pid INTEGER, holder_start TEXT,
            boot_id TEXT NOT NULL, grace REAL NOT NULL, stop_wanted INTEGER NOT NULL DEFAULT 0,
            ended_at REAL, exit_status INTEGER, ended_by TEXT NOT NULL DEFAULT '',
            outcome TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "sessions" VALUES('4e37a8fc23064e0bb2efa994776ba93a','a50eb978fbcb','service','clock','051234e0227b15e1',1.79542458517375540737e+09,17076,'7306641','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('69429f829bc846718f74e9dba1b1fdcb','a50eb978fbcb','agent','alice','b66922ab95079a0d',1.7954245858931977749e+09,17149,'7306723','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('ca595de048e2404d84e47cfcd8c46252','a50eb978fbcb','agent','bob','682edb78386b5a59',1.79542458591072487828e+09,17151,'7306727','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('bf7db32df23ea805a73863f5a7fb309d','a50eb978fbcb','run','alice/yearly','b66922ab95079a0d',1.79542458895914864539e+09,17383,'7307020','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,1.79542458913750410079e+09,0,'itself','exit status 0');
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('intents',28);
COMMIT;
PRAGMA user_version = 2;
