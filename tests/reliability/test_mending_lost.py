"""A lost state beside sessions that live: no agent is started twice, and mending buries no session."""

import asyncio
import contextlib
import sqlite3
import sys
from collections.abc import Iterator

import pytest

from constellagent.runtime.store.database import Database
from tests.reliability.lab import Lab
from tests.reliability.mended import changed, fix, going, lawful, mend

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def standing() -> Iterator[Lab]:
    """Give a laboratory in which all runs as declared; every test leaves it so."""
    with Lab(agents=1) as lab:
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


def lose(lab: Lab) -> None:
    """Remove the state, as a person does who was told to move it away."""
    for end in ("", "-wal", "-shm"):
        (lab.home / f"state.db{end}").unlink(missing_ok=True)


def second(lab: Lab) -> tuple[str, str]:
    """Let agent-0 have two holders; returns the older session and the newer one, which the state knows."""
    lab.run("restart", "agent-0")  # this daemon looked for strangers, and saw none
    (older,) = going(lab)
    changed(lab, "UPDATE sessions SET ended_at = 1.0, ended_by = 'stop' WHERE id = ?", older)
    lab.run("apply", "--yes")
    lab.kill_daemon()
    (newer,) = going(lab) - {older}
    return older, newer


def test_a6_no_agent_is_started_beside_one_that_a_lost_state_forgot(lab: Lab) -> None:
    """Every command refuses with exit 69 and writes no state; mending finds the session again."""
    before = going(lab)
    lose(lab)
    for command in (("apply", "--yes"), ("status",)):
        said = lab.run(*command, check=69).stderr
        assert "state.db is gone" in said
        assert "constellagent doctor --fix" in said
    assert not (lab.home / "state.db").exists()
    assert going(lab) == before
    mend(lab, "lost state")
    assert going(lab) == before
    lawful(lab)


def test_a6_where_mending_died_after_its_first_step_no_agent_is_started_twice(lab: Lab) -> None:
    """A state that was just begun knows no session: what lives is not started beside, and is found later."""
    before = going(lab)
    lose(lab)

    async def begin() -> None:
        database = Database(lab.home / "state.db")
        await database.open()
        await database.close()

    asyncio.run(begin())
    said = lab.run("apply", "--yes", check=1)
    assert "constellagent doctor --fix" in said.stdout + said.stderr
    assert going(lab) == before
    mend(lab, "orphaned holder")
    assert going(lab) == before
    lab.run("apply", "--yes")
    lawful(lab)


def test_rows_of_forgotten_sessions_bury_no_session_that_lives(lab: Lab) -> None:
    """Status, stop and apply go by the session that lives; the forgotten one keeps its times and end."""
    lab.run("restart", "agent-0")
    lab.kill_daemon()
    database = lab.home / "state.db"
    query = (
        "SELECT * FROM sessions WHERE subject = 'agent-0' AND ended_at IS NOT NULL ORDER BY started_at DESC"
    )
    with contextlib.closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(query).fetchall()
    changed(lab, "DELETE FROM sessions WHERE subject = 'agent-0' AND ended_at IS NOT NULL")
    mend(lab, "forgotten sessions")
    with contextlib.closing(sqlite3.connect(database)) as connection:
        again = connection.execute(query).fetchall()
    assert {row[0] for row in again} == {row[0] for row in rows}
    newest = next(row for row in again if row[0] == rows[0][0])  # other tests wrote ends of their own
    assert (newest[5], newest[11]) == (rows[0][5], rows[0][11])
    lawful(lab)
    lab.run("stop", "agent-0")
    assert going(lab) == set()
    lab.run("apply", "--yes")
    lawful(lab)


def test_of_two_forgotten_holders_the_newer_is_taken_up_and_the_older_asked_about(lab: Lab) -> None:
    """The newest live session wins; nothing that lives is marked lost, and `--yes` stops none of the two."""
    older, newer = second(lab)
    changed(lab, "DELETE FROM sessions WHERE subject = 'agent-0'")
    done = {row["subject"]: row for row in fix(lab) if row["area"] == "sessions"}
    assert done[newer]["outcome"] == "mended"
    assert (done[older]["outcome"], done[older]["safe"]) == ("left", False)
    assert going(lab) == {older, newer}
    (view,) = lab.json("status")
    session = view["agents"][0]["session"]
    assert (session["id"], session["live"]) == (newer, True)
    with contextlib.closing(sqlite3.connect(lab.home / "state.db")) as connection:
        lost = connection.execute("SELECT id FROM sessions WHERE ended_by = 'lost'").fetchall()
    assert lost == []
    lab.kill_daemon()
    lab.kill_holder(older)
    fix(lab)  # what it held is left, and nobody holds it
    assert going(lab) == {newer}
