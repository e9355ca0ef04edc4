BEGIN TRANSACTION;
CREATE TABLE bindings (
            constellation TEXT NOT NULL, agent TEXT NOT NULL, provider TEXT NOT NULL, uuid TEXT NOT NULL,
            name TEXT NOT NULL, address TEXT NOT NULL, phone TEXT, key_uuid TEXT, key_sealed BLOB,
            in_doubt INTEGER NOT NULL DEFAULT 0, archived INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (constellation, agent, provider)) STRICT;
INSERT INTO "bindings" VALUES('a50eb978fbcb','alice','local','2dc38a1c-cd9c-4bed-9d02-fc0fbd22db3d','alice','alice@kept.test','+12015550100','7437dee8-7c0a-40fa-b4fa-c0ac3df783ef',X'014AE859FD13D8522E7EFFAA595DDEE90D389C1B887629495555AC75EDC4AF87CFB21BAF7338F94D3764627C0D8040FE424FAFB89E1946B1866DAEA059512B7C9A4B98BD35523A7413B4F3D95A55AD87',0,0);
INSERT INTO "bindings" VALUES('a50eb978fbcb','bob','local','215b11cd-29b1-4500-b72c-8d1e93b7ed64','bob','bob@kept.test','+12025550100','bdf8b8ad-4d10-455f-a7f7-3ff2100a7ead',X'01F950EF3C37C9B052E36F6AD731EC942CCF5365A8BE194FE7093F0D7110C05E33A2F3CA9083A849C064F8656160A9806E45D3FD605098C908B62138508524F88A0CBCD392DA8C792AB083FAA24395F1',0,0);
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
',1.795424595316822052e+09);
CREATE TABLE environment (
            constellation TEXT NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL,
            PRIMARY KEY (constellation, name)) STRICT;
INSERT INTO "environment" VALUES('a50eb978fbcb','HOME',X'01D6145C6252685D0C58A8B33DBD285F026AD3C7108ADF4F803FB4223E514317A9AB7B521DEC33FF857598C66C609A1BD4859B1537E67F0492');
INSERT INTO "environment" VALUES('a50eb978fbcb','KEPT_VALUE',X'010D6116CB50264EBBA77F94CCEDDF2D2D0820BAE3F083F3CD2C71C2029385DE4FF74936EF717ED7516DFE3BBD1EA3ED799746');
INSERT INTO "environment" VALUES('a50eb978fbcb','LANG',X'019DB419251F0A3B2D9A655F00347C85A3A39FF111303D148CE4AC0CE2D3880D25BC66A6');
INSERT INTO "environment" VALUES('a50eb978fbcb','PATH',X'0113004837FBEA0525C377D0603E8E86582C503A2BB4C4191FE465C6FF56D1842538B0CE5C19F7034FE2C7C4AFFA0B9C884506B826662A6316');
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
INSERT INTO "records" VALUES('a50eb978fbcb','alice','/tmp/constellagent-kept/repo.worktrees/alice','work/alice','2dc38a1c-cd9c-4bed-9d02-fc0fbd22db3d','alice');
INSERT INTO "records" VALUES('a50eb978fbcb','bob','/tmp/constellagent-kept/repo.worktrees/bob','work/bob','215b11cd-29b1-4500-b72c-8d1e93b7ed64','bob');
CREATE TABLE restarts (
            constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
            at REAL NOT NULL) STRICT;
CREATE TABLE sessions (
            id TEXT PRIMARY KEY, constellation TEXT NOT NULL, role TEXT NOT NULL, subject TEXT NOT NULL,
            fingerprint TEXT NOT NULL, started_at REAL NOT NULL, holder_pid INTEGER, holder_start TEXT,
            boot_id TEXT NOT NULL, grace REAL NOT NULL, stop_wanted INTEGER NOT NULL DEFAULT 0,
            ended_at REAL, exit_status INTEGER, ended_by TEXT NOT NULL DEFAULT '',
            outcome TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "sessions" VALUES('70a92d99733042059e091be458d4c838','a50eb978fbcb','service','clock','051234e0227b15e1',1.7954245953280072212e+09,17505,'7307657','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('1cadfe99f3c3410d87d862ebe1be8be5','a50eb978fbcb','agent','alice','b66922ab95079a0d',1.79542459607794976234e+09,17606,'7307747','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
INSERT INTO "sessions" VALUES('e806f1a6b9444fcfaa5429858332a95c','a50eb978fbcb','agent','bob','682edb78386b5a59',1.79542459611377739911e+09,17600,'7307739','cc86747b-f560-4d61-8795-74a28da35e3e',10.0,0,NULL,NULL,'','');
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
