"""From a file to everything it acts on: whose file counts, and how a constellation is known."""

import socket
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, SpecError, UsageError
from constellagent.runtime.contexts import port_is_free
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.settings import Settings
from tests.runtime.working import working

QUIET = "  one: {command: ['true'], autostart: false}\n"


async def test_an_agent_cannot_change_the_constellation(home: Settings, tmp_path: Path) -> None:
    """The file of a linked worktree is refused, whoever put it there."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(QUIET)
        await lab.apply()
        planted = tmp_path / "repo.worktrees" / "one" / "constellation.yaml"
        planted.write_text(Path(lab.file).read_text())

        with pytest.raises(UsageError, match="linked worktree") as caught:
            await lab.daemon.status(str(planted))

        assert str(tmp_path / "repo") in caught.value.hint


async def test_a_file_that_is_not_there_is_a_spec_error(home: Settings, tmp_path: Path) -> None:
    """It is said of the file, without a traceback."""
    async with working(home, tmp_path / "repo") as lab:
        with pytest.raises(SpecError, match="cannot be read"):
            await lab.plan()


async def test_a_file_outside_any_repository_is_a_conflict(home: Settings, tmp_path: Path) -> None:
    """What to do is said."""
    async with working(home, tmp_path / "repo") as lab:
        lone = tmp_path / "constellation.yaml"
        lone.write_text(f"version: 1\nagents:\n{QUIET}")

        with pytest.raises(ConflictError, match="no git repository"):
            await lab.daemon.status(str(lone))


async def test_links_to_the_file_name_the_same_constellation(home: Settings, tmp_path: Path) -> None:
    """A constellation is known by its file's real place."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(QUIET)
        await lab.apply()
        link = tmp_path / "link"
        link.symlink_to(lab.repo)

        (view,) = await lab.daemon.status(str(link / "constellation.yaml"))

        assert view["file"] == lab.file
        assert view["agents"][0]["address"] == "one@test.test"


def test_ids_differ_by_place() -> None:
    """Two clones of one repository are two constellations."""
    assert constellation_id(Path("/a/constellation.yaml")) != constellation_id(Path("/b/constellation.yaml"))


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    """Only a real bind tells."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        assert not port_is_free(other.getsockname()[1])
