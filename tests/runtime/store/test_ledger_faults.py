"""What a full disk or a second daemon cannot do to the ledger."""

import json
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from constellagent.plan.fires import OPEN
from constellagent.runtime.settings import Settings
from constellagent.runtime.store import ledger as module
from constellagent.runtime.store.ledger import Ledger
from tests.runtime.store.ledgers import NOW, decided, fire, fresh

FULL_DISK = """
import asyncio, json, resource, sys
from datetime import timedelta
from pathlib import Path
from constellagent.errors import WorldError
from constellagent.plan.wakeups import Decision
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger
from tests.runtime.store.ledgers import NOW, begun, fire, fresh, upto

async def main():
    ledger = await fresh(sys.argv[1])
    await begun(ledger, fire(0))
    wal = Path(sys.argv[1]) / "state.db-wal"
    resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size, resource.RLIM_INFINITY))
    long = [fire(minute, why="x" * 2000, state="missed") for minute in range(1, 40)]
    failed = []
    for call in (
        lambda: ledger.commit("c", {"docs/daily": Decision(fires=tuple(long), upto=long[-1].fire_at)}, NOW),
        lambda: ledger.end(fire(0).run, "failed", NOW, then=Decision(fires=tuple(long))),
    ):
        try:
            await call()
        except WorldError as error:
            failed.append(error.hint)
    states = [row.fire.state for row in await ledger.history("c")]
    cursor = (await upto(ledger) < NOW)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    later = await ledger.commit("c", {"docs/daily": Decision(fires=(fire(1),), upto=fire(1).fire_at)}, NOW)
    await ledger._database.close()
    print(json.dumps([failed, states, cursor, len(later)]))
asyncio.run(main())
"""


def test_a5_a_full_disk_writes_nothing(home: Settings) -> None:
    """No row, no end and no cursor is half written; with space again the same fires are decided as before."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(home.home)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0, done.stderr

    failed, states, cursor_stayed, later = json.loads(done.stdout)
    assert failed == ["is there space left on the disk?"] * 2
    assert (states, cursor_stayed, later) == (["claimed"], True, 1)


SECOND_DAEMON = """
import asyncio, json, sys
from pathlib import Path
from constellagent.plan.wakeups import Decision
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger
from tests.runtime.store.ledgers import NOW, fire

async def main():
    database = Database(Path(sys.argv[1]) / "state.db")
    await database.open()
    ledger = Ledger(database, "")
    print("ready", flush=True)
    sys.stdin.readline()
    mine = []
    for minute in range(1, 60):
        decision = Decision(fires=(fire(minute),), upto=fire(minute).fire_at)
        new = await ledger.commit("c", {"docs/daily": decision}, NOW)
        mine += [one.run for one in await ledger.claim(new, NOW)]
    await database.close()
    print(json.dumps(mine))
asyncio.run(main())
"""


async def test_two_processes_cannot_both_write_a_fire(home: Settings) -> None:
    """Of two daemons on one state each fire belongs to one, and none is left out."""
    ledger = await fresh(str(home.home))
    await ledger._database.close()
    both = [
        subprocess.Popen(
            [sys.executable, "-c", SECOND_DAEMON, str(home.home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    first, second = (json.loads(process.communicate("go\n", timeout=30)[0]) for process in both)

    assert set(first) & set(second) == set()
    assert {*first, *second} == {fire(minute).run for minute in range(1, 60)}


async def test_the_database_itself_refuses_a_second_row(ledger: Ledger) -> None:
    """Whatever writes it: one nominal time of the clock has one row for each attempt."""
    await ledger.commit("c", {"docs/daily": decided(fire(1))}, NOW)
    connection = sqlite3.connect(ledger._database._path)
    columns = module._COLUMNS.removeprefix("run, ")

    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(f"INSERT INTO fires (run, {columns}) SELECT 'other', {columns} FROM fires")

    connection.close()


def test_the_open_states_are_those_of_the_index() -> None:
    """The words in the statements are the words of the plan."""
    assert {word.strip("'") for word in module._OPEN.removeprefix("state IN (")[:-1].split(", ")} == OPEN
