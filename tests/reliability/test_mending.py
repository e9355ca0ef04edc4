"""What crashes leave behind, made for real: `doctor --fix` names it and mends it, and the laws hold."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.runtime.mending import judging
from tests.reliability.lab import Lab, git, manifest, wait_for
from tests.reliability.mended import changed, fix, flushed, going, lawful, mend, spoil

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(300),
]

AGENTS = 2


@pytest.fixture(scope="module")
def standing() -> Iterator[Lab]:
    """Give a laboratory in which all runs as declared; every test leaves it so, as is checked at the end."""
    with Lab(agents=AGENTS) as lab:
        lab.run("apply", "--yes")
        yield lab
        lawful(lab)


@pytest.fixture
def lab(standing: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Give that laboratory without a daemon, and let commands in this process work on it."""
    standing.kill_daemon()
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(standing.home))
    monkeypatch.delenv("CONSTELLAGENT_SESSION", raising=False)
    monkeypatch.chdir(standing.repo)
    return standing


@pytest.mark.parametrize("damage", ["first page", "gone", "cut off"])
def test_a6_a_lost_state_is_found_again_in_git_worktrees_and_live_sessions(lab: Lab, damage: str) -> None:
    """Sessions go on as they are, the damaged file stays, and the next apply has nothing to do."""
    before, database = going(lab), lab.home / "state.db"
    trees = {n: manifest(lab.worktree(n)) for n in range(AGENTS)}
    flushed(database)
    content = database.read_bytes()
    if damage == "first page":
        spoil(database, 0)
    elif damage == "cut off":
        os.truncate(database, len(content) // 2)
    else:
        database.unlink()
    damaged = None if damage == "gone" else database.read_bytes()
    (done,) = mend(lab, "lost state" if damage == "gone" else "damaged state")
    assert going(lab) == before
    assert {n: manifest(lab.worktree(n)) for n in range(AGENTS)} == trees
    asides = list(lab.home.glob("state.db.damaged-*"))
    assert [one.read_bytes() for one in asides] == ([] if damaged is None else [damaged])
    assert damage == "gone" or "lost, as far as nothing else tells it" in done["said"]
    for one in asides:
        one.unlink()


def test_a6_a_broken_page_costs_only_what_is_on_it(lab: Lab) -> None:
    """Approvals, constellations and sessions on other pages are kept; what cannot be read is said."""
    database = lab.home / "state.db"
    file = ("/f", "0" * 64)
    changed(lab, "INSERT INTO trusted (file, content_hash, at) VALUES (?, ?, 1.0)", *file)
    flushed(database)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sessions'").fetchone()
    spoil(database, (page - 1) * 4096)
    (done,) = mend(lab, "damaged state")
    assert "sessions" in done["said"]
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT file, content_hash FROM trusted").fetchall() == [file]
    for one in lab.home.glob("state.db.damaged-*"):
        one.unlink()


@pytest.mark.parametrize(
    "pauses",
    [
        pytest.param((1.2,), id="once"),
        pytest.param(tuple(0.6 + n / 20 for n in range(40)), id="often", marks=pytest.mark.long),
    ],
)
def test_a6_killed_while_it_mends_it_mends_the_next_time(lab: Lab, pauses: tuple[float, ...]) -> None:
    """Whenever `doctor --fix` dies, there is a state or a damaged one, and the next one ends it well."""
    before, database = going(lab), lab.home / "state.db"
    flushed(database)
    spoil(database, 0)
    for pause in pauses:
        process = lab.start("doctor", "--fix", "--yes")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=pause)
        process.kill()
        process.communicate()
        assert database.exists()
    fix(lab)
    assert list(lab.home.glob("mending-*")) == [], "nothing of those that died is left"
    assert going(lab) == before
    lawful(lab)
    for one in lab.home.glob("state.db.damaged-*"):
        one.unlink()


def test_c5_a_stale_lock_goes_and_no_other_does(lab: Lab) -> None:
    """Old and nobody's: removed. Young, held, of a foreign worktree or of the main checkout: left."""
    own, common = Path(git(lab.worktree(0), "rev-parse", "--absolute-git-dir").strip()), lab.repo / ".git"
    foreign = lab.folder / "foreign"
    git(lab.repo, "worktree", "add", "-q", "-b", "foreign", str(foreign))
    stale = [
        own / "index.lock",
        own / "HEAD.lock",
        common / "packed-refs.lock",
        common / "refs/heads/work/agent-1.lock",
    ]
    kept = [
        common / "config.lock",  # held open below
        common / "index.lock",
        common / "refs/heads/foreign.lock",
        common / "worktrees" / "foreign" / "index.lock",
    ]
    young = Path(git(lab.worktree(1), "rev-parse", "--absolute-git-dir").strip()) / "index.lock"
    try:
        for lock in (*stale, *kept, young):
            lock.write_text("")
        for lock in (*stale, *kept):
            os.utime(lock, (time.time() - judging.LOCK_AGE - 60,) * 2)
        with kept[0].open() as held, subprocess.Popen(["sleep", "600"], stdin=held) as holder:
            rows = {row["subject"]: row["outcome"] for row in fix(lab) if row["area"] == "locks"}
            holder.kill()
        assert rows == dict.fromkeys(map(str, stale), "mended") | dict.fromkeys(map(str, kept), "left")
        assert [lock.exists() for lock in (*stale, *kept, young)] == [False] * 4 + [True] * 5
    finally:
        for lock in (*stale, *kept, young):
            lock.unlink(missing_ok=True)
        git(lab.repo, "worktree", "remove", "--force", str(foreign))
        git(lab.repo, "branch", "-D", "foreign")


@pytest.mark.parametrize("how", ["gone", "ended"])
def test_an_orphaned_holder_is_taken_up_again(lab: Lab, how: str) -> None:
    """The row of a session that lives is gone, or says that it has ended: the session is known again."""
    before = going(lab)
    session = min(before)
    if how == "gone":
        changed(lab, "DELETE FROM sessions WHERE id = ?", session)
    else:
        changed(lab, "UPDATE sessions SET ended_at = 1.0, ended_by = 'lost' WHERE id = ?", session)
    mend(lab, "orphaned holder")
    assert going(lab) == before


def test_a_second_holder_of_an_agent_is_not_stopped_unasked(lab: Lab) -> None:
    """Where the agent has another session by now, somebody may still want either: `--yes` ends none."""
    lab.run("restart", "agent-0")  # this daemon looked for strangers, and saw none
    with contextlib.closing(sqlite3.connect(lab.home / "state.db")) as connection:
        query = "SELECT id FROM sessions WHERE subject = 'agent-0' AND ended_at IS NULL"
        (session,) = connection.execute(query).fetchone()
    changed(lab, "UPDATE sessions SET ended_at = 1.0, ended_by = 'stop' WHERE id = ?", session)
    lab.run("apply", "--yes")  # starts another
    lab.kill_daemon()
    assert session in going(lab)
    (row,) = [row for row in fix(lab) if row["subject"] == session]
    assert (row["outcome"], row["safe"]) == ("left", False)
    assert session in going(lab)
    lab.kill_holder(session)
    fix(lab)  # what it held is left, and nobody holds it
    assert session not in going(lab)


def test_left_processes_are_stopped_and_no_others(lab: Lab) -> None:
    """It takes our marker and our state folder's name; either alone is somebody else's process."""
    session = uuid.uuid4().hex
    sleep = ["sleep", "600"]
    both = {"CONSTELLAGENT_SESSION": session, "CONSTELLAGENT_HOME": str(lab.home)}
    ours = subprocess.Popen(sleep, env=both)
    others = [
        subprocess.Popen(
            sleep, env={**both, "CONSTELLAGENT_HOME": "/elsewhere"} | {"CONSTELLAGENT_SESSION": "f" * 32}
        ),
        subprocess.Popen(sleep, env={"CONSTELLAGENT_HOME": str(lab.home)}),
        subprocess.Popen(sleep, env={**both, "CONSTELLAGENT_SESSION": "no id of ours"}),
    ]
    try:
        rows = fix(lab)
        assert [(row["kind"], row["subject"]) for row in rows if row["area"] == "sessions"] == [
            ("left processes", session)
        ]
        assert ours.wait(timeout=30) == -signal.SIGTERM
        assert [other.poll() for other in others] == [None] * 3
    finally:
        for process in (ours, *others):
            process.kill()
            process.wait()


def test_ended_sessions_that_were_forgotten_are_known_again(lab: Lab) -> None:
    """How they ended is read from what their holders left, so nobody is started again for the lack of it."""
    session, folder = uuid.uuid4().hex, lab.home / "sessions"
    living = folder / min(going(lab))
    (folder / session).mkdir(mode=0o700)
    for name, changes in (
        ("session.json", {"session": session, "subject": "agent-0/old", "role": "run"}),
        ("status.json", {"session": session, "ended_at": 5.0, "exit_status": 3, "signal": None}),
    ):
        noted = json.loads((living / name).read_text()) | changes
        (folder / session / name).write_text(json.dumps(noted))
    mend(lab, "forgotten sessions")
    query = "SELECT ended_at, exit_status, ended_by FROM sessions WHERE id = ?"
    with contextlib.closing(sqlite3.connect(lab.home / "state.db")) as connection:
        assert connection.execute(query, (session,)).fetchall() == [(5.0, 3, "itself")]


def test_c3_a_moved_worktree_is_told_to_git(lab: Lab) -> None:
    """`git worktree repair` from the worktree's own link; a foreign worktree that was moved stays unknown."""
    foreign, moved = lab.folder / "foreign", lab.folder / "repo.worktrees" / "elsewhere"
    git(lab.repo, "worktree", "add", "-q", "-b", "foreign", str(foreign))
    foreign.rename(lab.folder / "foreign-moved")
    lab.worktree(0).rename(moved)
    try:
        done = [row for row in fix(lab) if row["kind"] == "moved worktree"]
        assert [row["outcome"] for row in done] == ["mended"]
        listed = git(lab.repo, "worktree", "list", "--porcelain")
        assert f"worktree {moved}\n" in listed
        assert f"worktree {foreign}\n" in listed, "git still knows the foreign one where it was"
    finally:
        moved.rename(lab.worktree(0))
        fix(lab)
        shutil.rmtree(lab.folder / "foreign-moved")
        git(lab.repo, "worktree", "prune")
        git(lab.repo, "branch", "-D", "foreign")
    assert f"worktree {lab.worktree(0)}\n" in git(lab.repo, "worktree", "list", "--porcelain")


def test_c2_a_deleted_worktree_is_named_and_not_made(lab: Lab) -> None:
    """Whether it is wanted is for `apply` to say, which shows it first."""
    aside = lab.folder / "aside"
    lab.worktree(1).rename(aside)
    try:
        (row,) = [row for row in fix(lab) if row["kind"] == "deleted worktree"]
        assert (row["outcome"], row["offer"]) == ("left", "")
        assert not lab.worktree(1).exists()
    finally:
        aside.rename(lab.worktree(1))
    assert fix(lab) == []


def test_a_lost_record_and_a_lost_binding_are_found_again(lab: Lab) -> None:
    """The worktree's lock says whose it is, and the key in it proves the identity; no other is made."""
    changed(lab, "DELETE FROM bindings WHERE agent = 'agent-0'")
    changed(lab, "DELETE FROM records WHERE agent = 'agent-1'")
    config = lab.worktree(0) / ".ravi" / "config.json"
    written = config.read_bytes()
    mend(lab, "lost binding")
    assert config.read_bytes() == written, "the key that it had works on"


def test_an_identity_without_its_key_is_not_bound_unasked(lab: Lab) -> None:
    """An agent may have written another's uuid into its worktree: that gives it nothing."""
    config = lab.worktree(0) / ".ravi" / "config.json"
    written = config.read_bytes()
    with contextlib.closing(sqlite3.connect(lab.home / "state.db")) as connection:
        query = "SELECT * FROM bindings WHERE agent = 'agent-0'"
        names = [column[1] for column in connection.execute("PRAGMA table_info(bindings)")]
        row = connection.execute(query).fetchone()
    changed(lab, "DELETE FROM bindings WHERE agent = 'agent-0'")
    try:
        other = json.loads((lab.worktree(1) / ".ravi" / "config.json").read_bytes())["identity_uuid"]
        for uuid_, taken in ((other, True), (json.loads(written)["identity_uuid"], False)):
            config.write_text(json.dumps({"identity_uuid": uuid_, "identity_key": "guessed"}))
            (found,) = [row for row in fix(lab) if row["kind"] == "lost binding"]
            assert found["outcome"] == "left"
            assert (found["offer"] == "") == taken
    finally:
        config.write_bytes(written)
        marks = ", ".join("?" * len(names))
        changed(lab, f"INSERT INTO bindings ({', '.join(names)}) VALUES ({marks})", *row)


def test_g4_a_binding_whose_identity_is_gone_is_named_and_nothing_is_made(lab: Lab) -> None:
    """Its mail is gone with it, so a person decides what comes in its place."""
    query = "UPDATE identities SET deleted_dt = {} WHERE name = 'agent-0'"
    changed(lab, query.format("'2026-01-01T00:00:00Z'"), database="ravi/provider.db")
    try:
        (row,) = [row for row in fix(lab) if row["area"] == "identities"]
        assert (row["kind"], row["outcome"], row["offer"]) == ("lost identity", "left", "")
        assert lab.identities() == [f"agent-{n}" for n in range(AGENTS)]
    finally:
        changed(lab, query.format("NULL"), database="ravi/provider.db")


def test_a6_a_provider_that_lost_no_row_is_made_anew_and_one_that_did_is_left(lab: Lab) -> None:
    """Of vaults and mail nothing is given up without a yes; indexes are made again from the rows."""
    database = lab.home / "ravi" / "provider.db"
    flushed(database)
    whole = database.read_bytes()

    def page(name: str) -> int:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
            return int(connection.execute(query, (name,)).fetchone()[0])

    identities, index = page("identities"), page("keys_by_identity")
    spoil(database, (identities - 1) * 4096)
    broken = database.read_bytes()
    (row,) = [row for row in fix(lab) if row["area"] == "provider"]
    assert (row["outcome"], row["safe"]) == ("left", False)
    assert "identities" in row["found"]
    assert database.read_bytes() == broken
    database.write_bytes(whole)
    assert index
    spoil(database, (index - 1) * 4096)
    (done,) = mend(lab, "damaged provider")
    assert "no row is missing" in done["said"]
    for one in database.parent.glob("provider.db.damaged-*"):
        one.unlink()


def test_a_half_made_worktree_is_finished_as_apply_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A creation that was cut short: finished where its file is as it was approved, else named only."""
    with Lab(agents=1) as lab:
        monkeypatch.setenv("CONSTELLAGENT_HOME", str(lab.home))
        monkeypatch.delenv("CONSTELLAGENT_SESSION", raising=False)
        monkeypatch.chdir(lab.repo)
        cut = lab.run("apply", "--yes", check=None, CONSTELLAGENT_FAIL_AT="worktree.checkout:after")
        assert cut.returncode != 0
        lab.kill_daemon()
        declared = lab.file.read_text()
        lab.file.write_text(f"{declared}# changed since\n")
        (named,) = [row for row in fix(lab) if row["kind"] == "half-made worktree"]
        assert (named["outcome"], named["offer"]) == ("left", "")
        lab.file.write_text(declared)
        (done,) = [row for row in fix(lab) if row["kind"] == "half-made worktree"]
        assert done["outcome"] == "mended"
        lawful(lab)


def test_small_things_are_put_right(lab: Lab) -> None:
    """Open modes, folders of processes that were killed, and a file of the web face that cannot be read."""
    admin = Path(git(lab.worktree(0), "rev-parse", "--absolute-git-dir").strip())
    left, young = admin / "constellagent-rescue-old", admin / "constellagent-rescue-new"
    for folder in (left, young):
        folder.mkdir()
        (folder / "index").write_text("x")
    os.utime(left, (time.time() - judging.LOCK_AGE - 60,) * 2)
    scratch = lab.home / "mending-abcdefgh"  # of a `doctor --fix` that was killed a moment ago
    scratch.mkdir(mode=0o700)
    (scratch / "state.db").write_text("x")
    secret, tokens = lab.home / "locks" / "daemon", lab.home / "web" / "tokens.json"
    secret.chmod(0o644)
    tokens.write_text("{")
    tokens.chmod(0o600)
    rows = {(row["kind"], row["subject"]): row["outcome"] for row in fix(lab)}
    assert rows["open modes", str(secret)] == "mended"
    assert rows["left folder", str(left)] == "mended"
    assert rows["left folder", str(scratch)] == "mended"
    assert not scratch.exists()
    assert rows["damaged file", str(tokens)] == "mended"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert (left.exists(), young.exists()) == (False, True)
    assert tokens.with_name("tokens.json.damaged").read_text() == "{"
    shutil.rmtree(young)


def test_the_daemon_comes_back_and_sessions_never_went(lab: Lab) -> None:
    """Mending ends a daemon that runs, and starts it again; agents notice nothing."""
    lab.json("plan")  # starts it
    before, sessions = lab.daemon_pid(), going(lab)
    lock = lab.repo / ".git" / "packed-refs.lock"
    lock.write_text("")
    os.utime(lock, (time.time() - judging.LOCK_AGE - 60,) * 2)
    fix(lab)
    wait_for(lambda: lab.daemon_pid() not in {None, before}, "another daemon")
    assert going(lab) == sessions
