"""A lost constellation counts as applied again only in the very content that a person approved."""

import hashlib
import json
from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from constellagent.runtime import session_notes
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.mending.finding import Finding
from constellagent.runtime.mending.grounds import Surroundings
from constellagent.runtime.mending.mending import Mending
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.store.database import Database
from tests.runtime.working import Working, working

AGENTS = "  one: {command: [sleep, '600'], setup: [['true']]}\n  two: {command: [sleep, '600']}\n"
SERVICE = "services:\n  web: {command: [sleep, '600']}\n"


@asynccontextmanager
async def lost(home: Settings, repo: Path) -> AsyncIterator[Working]:
    """Give a constellation to apply; after the block its sessions have ended and a new state begins."""
    async with working(home, repo) as lab:
        yield lab
    for end in ("", "-wal", "-shm"):
        home.paths.database.with_name(f"state.db{end}").unlink(missing_ok=True)
    database = Database(home.paths.database)
    await database.open()
    await database.close()


def mending(home: Settings, repo: Path) -> Mending:
    """Return what looks and mends for a person who stands in the repository."""
    return Mending(Surroundings(home, SystemClock(), (repo / "constellation.yaml").resolve()))


async def look(home: Settings, repo: Path) -> Finding:
    """Return what there is to say of the lost constellation."""
    (found,) = await mending(home, repo).look("constellations")
    assert found.kind == "lost constellation"
    return found


def noted(home: Settings) -> list[Path]:
    """Return the notes of all sessions."""
    return [folder / session_notes.NAME for folder in home.paths.sessions.iterdir()]


async def test_the_content_that_was_approved_counts_as_applied_again(home: Settings, tmp_path: Path) -> None:
    """Also where an agent goes on from an older content: its newer neighbour was started from all of this.

    A file may begin with a byte order mark: approval is given to its bytes, also as it is remembered.
    """
    repo = tmp_path / "repo"
    async with lost(home, repo) as lab:
        lab.declare(AGENTS)
        await lab.apply()
        lab.declare(AGENTS + "  three: {command: [sleep, '600'], setup: [['true']]}\n", SERVICE)
        Path(lab.file).write_bytes(BOM_UTF8 + Path(lab.file).read_bytes())
        await lab.apply()
        await lab.daemon.restart({"file": lab.file, "subject": "three"})
    approved = hashlib.sha256((repo / "constellation.yaml").read_bytes()).hexdigest()
    assert len({json.loads(note.read_text())["content"] for note in noted(home)}) == 2

    mends = mending(home, repo)
    (found,) = await mends.look("constellations")
    assert (found.offer != "", found.safe) == (True, True)
    await mends.mend(found)

    database = Database(home.paths.database)
    await database.open()
    (applied,) = await Constellations(database).all()
    await database.close()
    assert (applied.file, applied.content_hash) == (repo / "constellation.yaml", approved)


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda text: text.replace("[['true']]", "[['false']]"), id="setup"),
        pytest.param(lambda text: text.replace("setup:", "include: [.env], setup:"), id="include"),
        pytest.param(lambda text: f"{text}worktrees: ../elsewhere\n", id="worktrees"),
        pytest.param(lambda text: f"{text}identities: {{agents_may_create: true}}\n", id="identities"),
        pytest.param(lambda text: f"{text}# \n", id="a comment"),
    ],
)
async def test_a_file_that_was_edited_since_is_shown_before_it_counts(
    home: Settings, tmp_path: Path, edit: Callable[[str], str]
) -> None:
    """No process follows these anew, yet they run commands or give rights: nobody has approved them."""
    repo = tmp_path / "repo"
    async with lost(home, repo) as lab:
        lab.declare(AGENTS)
        await lab.apply()
    file = repo / "constellation.yaml"
    file.write_text(edit(file.read_text()))

    found = await look(home, repo)

    assert found.offer == ""
    assert f"`constellagent apply --file {file}` shows what it runs" in found.advice
    assert "this content of the file" in found.advice


async def test_an_older_approved_content_is_not_the_last_one(home: Settings, tmp_path: Path) -> None:
    """What was approved once and replaced since is asked about, as where the state is whole."""
    repo = tmp_path / "repo"
    async with lost(home, repo) as lab:
        lab.declare(AGENTS)
        await lab.apply()
        before = Path(lab.file).read_bytes()
        lab.declare(AGENTS.replace("setup", "include: [.env], setup"))
        await lab.apply(restart=["one"])
    (repo / "constellation.yaml").write_bytes(before)

    assert (await look(home, repo)).offer == ""


async def test_sessions_of_an_older_release_prove_nothing(home: Settings, tmp_path: Path) -> None:
    """Their notes do not say from which content they were started."""
    repo = tmp_path / "repo"
    async with lost(home, repo) as lab:
        lab.declare(AGENTS)
        await lab.apply()
    for note in noted(home):
        written = json.loads(note.read_text())
        del written["content"]
        note.write_text(json.dumps(written))

    assert (await look(home, repo)).offer == ""


async def test_a_run_proves_nothing(home: Settings, tmp_path: Path) -> None:
    """A person may run an agent from a file that is not approved yet."""
    repo = tmp_path / "repo"
    async with lost(home, repo) as lab:
        lab.declare(AGENTS)
        await lab.apply()
        lab.declare(AGENTS.replace("[['true']]", "[['false']]"))
        await lab.daemon.run({"file": lab.file, "agent": "one", "argv": ["true"]})

    assert (await look(home, repo)).offer == ""
