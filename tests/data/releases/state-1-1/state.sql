BEGIN TRANSACTION;
CREATE TABLE bindings (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, provider TEXT NOT NULL, uuid TEXT NOT NULL,
            name TEXT NOT NULL, address TEXT NOT NULL, phone TEXT, key_uuid TEXT, key_sealed BLOB,
            in_doubt INTEGER NOT NULL DEFAULT 0, archived INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (constellation, agent, provider)) STRICT;
INSERT INTO "bindings" VALUES('a50eb978fbcb','alice','local','9d4abf4e-a5a8-4417-936a-e6e344022316','alice','alice@kept.test','+12015550100','26574843-b26d-434e-a2b0-d6ceb8727ac8',X'01F1C3E07EEF50698384782C58A7069FB31FA490977118CBDD9A0507D762F1636617FC59141C2D9C209AFDD2E775DCCB5CB3284E05D8F68D372F9D4CEB1EA1CAF68277DA2A184D560AC21302EA9A2908',0,0);
INSERT INTO "bindings" VALUES('a50eb978fbcb','bob','local','6e88d7a8-9f3e-48e5-9790-603ec7590ecb','bob','bob@kept.test','+12025550100','89b9609a-9aa1-42b5-9921-4552960bffb0',X'01B3C11C84E2A68E513FC90CC0F58689022E1719F67EBEF6030873392F2536CF760BE04B6D960AE050FFCBB7D1D2E707149DD47B4EA4058F9A83C96E2DB6CE0C6783E6C833A2967EC54347C97105CB0B',0,0);
CREATE TABLE constellations (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, file TEXT NOT NULL UNIQUE, repo TEXT NOT NULL,
            content_hash TEXT NOT NULL, text TEXT NOT NULL, applied_at REAL NOT NULL) STRICT;
INSERT INTO "constellations" VALUES('a50eb978fbcb','kept','/tmp/constellagent-kept/repo/constellation.yaml','/tmp/constellagent-kept/repo','8fa92e36a0a608d00290706cc53d19075fed9bf5c78cf4c8161c7bca33b69ee7','version: 1
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
  bob:
    command: [sh, work.sh]
    branch: work/bob
    env: {pass: [KEPT_VALUE]}
    ports: [web]
    needs: [clock]
',1.79542460513147258752e+09);
CREATE TABLE environment (
            constellation TEXT NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (constellation, name)) STRICT;
INSERT INTO "environment" VALUES('a50eb978fbcb','HOME',X'01210A2DAD1C347234C023C3E3DCCB41B0EDA960AB5D399B690F4448AE395A6CB4A002D3239389BFA06956A4898B0E34DBB8D60DDAC0E75A33');
INSERT INTO "environment" VALUES('a50eb978fbcb','KEPT_VALUE',X'011E504B4880E2D6FAB123C4B22E46244B3430EDF6DA259A809BD06122583B6FBCCB1D4F24F35E1255BBBBB6665BCB8A6E1440');
INSERT INTO "environment" VALUES('a50eb978fbcb','LANG',X'01C8395B21B690B24127E632A434B5B8DDBA7C1FD5EA9B642CAD915EF98DBCD48BF9040C');
INSERT INTO "environment" VALUES('a50eb978fbcb','PATH',X'01F3F2E9FAD3CE384B61CC1E02E35E7CB336112C96657064768210496AE8E2EAC7F26504A73BC5B7B019E8E4955BC613B017AEFC2D0394FEB2');
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
INSERT INTO "records" VALUES('a50eb978fbcb','alice','/tmp/constellagent-kept/repo.worktrees/alice','work/alice','9d4abf4e-a5a8-4417-936a-e6e344022316','alice');
INSERT INTO "records" VALUES('a50eb978fbcb','bob','/tmp/constellagent-kept/repo.worktrees/bob','work/bob','6e88d7a8-9f3e-48e5-9790-603ec7590ecb','bob');
CREATE TABLE restarts (
            constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
            at REAL NOT NULL) STRICT;
CREATE TABLE sessions (
            id TEXT PRIMARY KEY, constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
            fingerprint TEXT NOT NULL, started_at REAL NOT NULL, holder_pid INTEGER, holder_start TEXT,
            boot_id TEXT NOT NULL, grace REAL NOT NULL, stop_wanted INTEGER NOT NULL DEFAULT 0,
            ended_at REAL, exit_status INTEGER, ended_by TEXT NOT NULL DEFAULT '',
            outcome TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "sessions" VALUES('a2fa21a6f56144b8b397f609ba0d98bf','a50eb978fbcb','service','clock','051234e0227b15e1',1.79542460514216279982e+09,18343,'7308644','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('850ed9cb4d784942a471b39e31dd1e96','a50eb978fbcb','agent','alice','b66922ab95079a0d',1795424605.8378,18461,'7308712','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('26c133070cc74dad88507e65f0257b86','a50eb978fbcb','agent','bob','682edb78386b5a59',1.79542460592411184309e+09,18498,'7308729','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
CREATE TABLE trusted (
            file TEXT NOT NULL, content_hash TEXT NOT NULL, at REAL NOT NULL,
            PRIMARY KEY (file, content_hash)) STRICT;
CREATE INDEX intents_by_subject ON intents (constellation, subject);
CREATE UNIQUE INDEX bindings_by_identity ON bindings (provider, uuid) WHERE NOT archived;
CREATE INDEX sessions_by_subject ON sessions (constellation, role, subject);
CREATE UNIQUE INDEX sessions_live ON sessions (constellation, role, subject)
            WHERE ended_at IS NULL AND role != 'run';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('intents',21);
COMMIT;
PRAGMA user_version = 1;
