BEGIN TRANSACTION;
CREATE TABLE bindings (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, provider TEXT NOT NULL, uuid TEXT NOT NULL,
            name TEXT NOT NULL, address TEXT NOT NULL, phone TEXT, key_uuid TEXT, key_sealed BLOB,
            in_doubt INTEGER NOT NULL DEFAULT 0, archived INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (constellation, agent, provider)) STRICT;
INSERT INTO "bindings" VALUES('a50eb978fbcb','bob','local','8d01681a-1eed-4723-960a-25878194fd54','bob','bob@kept.test','+12025550100','6b6d0493-ed25-4498-9878-ce6662e003ef',X'01F9C836F0340D1D9DD2AF21C5A5C05853073AFCFAD8674C3EE73388EDB178D5EF1AB60AA5961958875AFAD0D7746A5C60435A0A44B38167C8BCA20B34BFD8A92B93221A78B0D3E8CE03E674EDB520B7',0,0);
INSERT INTO "bindings" VALUES('a50eb978fbcb','alice','local','8b372b36-3cf5-49e5-81c2-1b58de425c82','alice','alice@kept.test','+12015550100','7c0c827e-cbe7-4529-9b08-59b308519e55',X'01AFFA6101C115A709EC3039D9BB22F49D8EEB6F876D3763FEF7EC10B5B3DC0C55CD05CB64FC28DA5FCB1671A9775E342427B134C70B72ACF9F51AD02EA5EDF4118A8208B22CB2866AB8992367AE7006',0,0);
CREATE TABLE comments (
            id TEXT PRIMARY KEY, constellation TEXT NOT NULL, agent TEXT NOT NULL, path BLOB NOT NULL,
            side TEXT NOT NULL, line INTEGER NOT NULL, end_line INTEGER NOT NULL, text TEXT NOT NULL,
            quote TEXT NOT NULL, revision TEXT NOT NULL, author TEXT NOT NULL, state TEXT NOT NULL,
            created_at REAL NOT NULL, edited_at REAL NOT NULL, sent_at REAL) STRICT;
INSERT INTO "comments" VALUES('736caabd3f80','a50eb978fbcb','alice',X'73746F72792E747874','new',3,3,'Say this in fewer words.','line 2','','person','open',1.79542454892322635648e+09,1.79542454892322635648e+09,NULL);
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
',1.79542453955115604395e+09);
CREATE TABLE conversations (
            session TEXT PRIMARY KEY, constellation TEXT NOT NULL, agent TEXT NOT NULL, role TEXT NOT NULL,
            kind TEXT NOT NULL, id TEXT NOT NULL, worktree TEXT NOT NULL, profile TEXT NOT NULL,
            prompt TEXT NOT NULL, at REAL NOT NULL, dropped INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE environment (
            constellation TEXT NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (constellation, name)) STRICT;
INSERT INTO "environment" VALUES('a50eb978fbcb','HOME',X'019E9288E98FA1D5741AE68F1961552C5525476768B3E82E354D78EC634128A21D091C1D8826D67B9DFE2822E79F0E44F47B4920E1EA70E0E6');
INSERT INTO "environment" VALUES('a50eb978fbcb','KEPT_VALUE',X'013C00411F429C86CF6EB249FD84F747AEA2C0F92ED9C83752CE06C24B41700C28711DD309CBAD217103907F21B16FA499F07A');
INSERT INTO "environment" VALUES('a50eb978fbcb','LANG',X'0118D3C7FE94E9E9823C29D441D5DFDA8EAE0039E9B2AE9ECE51E9EB696575965A8FF182');
INSERT INTO "environment" VALUES('a50eb978fbcb','PATH',X'01B6BCA05BF155C46898886D0EB0ED261023BFD7E0C149537252CF9CA4BE744D134834EC0F45A6D7DCD80730DC5505B296365FA841C45E5E44');
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
INSERT INTO "fires" VALUES('f8e2106e45b709c206cd7356a6af223c','a50eb978fbcb','alice/yearly','person',1795424547312901,1,'manual','succeeded',1795424547312901,'exit status 0',NULL,1,0,'',0,1795424547312993,1795424547330495,1795424548006578,1795424548143001,0,'2025b','runs/alice/yearly/20261123T090227.312901Z','/tmp/constellagent-kept/repo.worktrees/.runs/alice.yearly.20261123T090227.312901Z','11d4c6262fa566830020f840ad91626802847f90','{"commit_count": 0, "commits": [], "concluded": "2026-11-23T09:02:28Z", "did": {"mails_read": 0, "mails_sent": 0, "passwords": 0, "secrets": 0, "texts_read": 0, "texts_sent": 0}}',73029.137359534,'cc86747b-f560-4d61-8795-74a28da35e3e','',1);
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
INSERT INTO "records" VALUES('a50eb978fbcb','alice','/tmp/constellagent-kept/repo.worktrees/alice','work/alice','8b372b36-3cf5-49e5-81c2-1b58de425c82','alice');
INSERT INTO "records" VALUES('a50eb978fbcb','bob','/tmp/constellagent-kept/repo.worktrees/bob','work/bob','8d01681a-1eed-4723-960a-25878194fd54','bob');
CREATE TABLE restarts (
            constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
            at REAL NOT NULL) STRICT;
CREATE TABLE schedules (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, name TEXT NOT NULL, declared TEXT NOT NULL,
            created_at INTEGER NOT NULL, upto INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0,
            paused TEXT NOT NULL DEFAULT '', paused_at INTEGER,
            PRIMARY KEY (constellation, agent, name)) STRICT;
INSERT INTO "schedules" VALUES('a50eb978fbcb','bob','yearly','{"constellation": "kept", "spec": {"command": ["sh", "work.sh", "once"], "cron": "0 9 1 1 *", "missed": "skip"}, "timezone": "UTC"}',1795424540381571,1795424540381571,0,'kept',1795424548357319);
INSERT INTO "schedules" VALUES('a50eb978fbcb','alice','yearly','{"constellation": "kept", "spec": {"command": ["sh", "work.sh", "once"], "cron": "0 9 1 1 *", "missed": "skip"}, "timezone": "UTC"}',1795424540688820,1795424540688820,0,'',NULL);
CREATE TABLE sessions (
            id TEXT PRIMARY KEY, constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
            fingerprint TEXT NOT NULL, started_at REAL NOT NULL, holder_pid INTEGER, holder_start TEXT,
            boot_id TEXT NOT NULL, grace REAL NOT NULL, stop_wanted INTEGER NOT NULL DEFAULT 0,
            ended_at REAL, exit_status INTEGER, ended_by TEXT NOT NULL DEFAULT '',
            outcome TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "sessions" VALUES('03f26b7788024b50a86a5285d0bde030','a50eb978fbcb','service','clock','051234e0227b15e1',1.79542453955822277076e+09,9808,'7302079','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('15fa62c36cc24a2989c055ace93752b3','a50eb978fbcb','agent','bob','0b1185e20b52f0b4',1.79542454038566327099e+09,10057,'7302177','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('068bc5551f054752b7ce99a2437d6857','a50eb978fbcb','agent','alice','b5f61c4e490e17fe',1.79542454069396162025e+09,10124,'7302213','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('f8e2106e45b709c206cd7356a6af223c','a50eb978fbcb','run','alice/yearly','b5f61c4e490e17fe',1.79542454778641223907e+09,11237,'7302901','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,1.79542454799871110913e+09,0,'itself','exit status 0');
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
CREATE INDEX conversations_by_agent ON conversations (constellation, agent, role);
CREATE INDEX conversations_by_id ON conversations (kind, id) WHERE id != '';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('intents',28);
COMMIT;
PRAGMA user_version = 4;
