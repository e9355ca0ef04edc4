"""Starting again what was applied, through the composed daemon."""

import shutil
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, UsageError
from constellagent.runtime.control import RestartRequest, SessionView
from constellagent.runtime.settings import Settings
from tests.runtime.working import Working, working

FLEET = "  one: {command: [sleep, '1000'], identity: false}\n"
SHOP = "services:\n  shop: {command: [sleep, '1000']}\n"


async def session(lab: Working) -> SessionView:
    """Return the newest session of the agent."""
    found = (await lab.agent("one"))["session"]
    assert found is not None
    return found


async def test_an_agent_is_started_again(home: Settings, tmp_path: Path) -> None:
    """As it was applied, whatever the file says by now; a stopped one is started too."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(FLEET)
        await lab.apply()
        first = await session(lab)
        lab.declare("  one: {command: ['false'], identity: false}\n")

        view = await lab.daemon.restart(RestartRequest(file=lab.file, subject="one"))

        assert view["session"]["live"]
        assert (view["conversation"], view["resumed"], view["why"]) == ("", False, "")
        assert (await session(lab))["id"] == view["session"]["id"] != first["id"]
        await lab.daemon.stop(lab.file, "one")
        again = await lab.daemon.restart(RestartRequest(file=lab.file, subject="one", new=True))
        assert again["session"]["live"]


async def test_a_service_is_started_again(home: Settings, tmp_path: Path) -> None:
    """It has no worktree and no conversation."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(FLEET, SHOP)
        await lab.apply()
        before = await lab.daemon.session(lab.file, "shop")

        view = await lab.daemon.restart(RestartRequest(file=lab.file, subject="shop"))

        assert view["session"]["live"]
        assert view["session"]["id"] != before["id"]


async def test_what_cannot_be_started_again_goes_on(home: Settings, tmp_path: Path) -> None:
    """Nothing is stopped for a start that is known to fail."""
    async with working(home, tmp_path / "repo") as lab:
        with pytest.raises(ConflictError, match="never applied"):
            await lab.daemon.restart(RestartRequest(file=lab.file, subject="one"))
        lab.declare(FLEET)
        await lab.apply()
        with pytest.raises(UsageError, match="'onne' was applied; did you mean one"):
            await lab.daemon.restart(RestartRequest(file=lab.file, subject="onne"))
        before = await session(lab)
        shutil.rmtree((await lab.agent("one"))["path"])

        with pytest.raises(ConflictError, match="no worktree"):
            await lab.daemon.restart(RestartRequest(file=lab.file, subject="one"))

        assert (await session(lab))["id"] == before["id"]
        assert (await session(lab))["live"]
