"""The desk finds the worktree that a reviewer means, and says why there is none."""

from pathlib import Path
from typing import Any, cast

import pytest

from constellagent.errors import ConstellagentError, UsageError
from constellagent.runtime.review_views import BrowseRequest
from constellagent.runtime.settings import Settings
from tests.runtime.working import Working, working

IDLE = "  one: {command: [sleep, '1000'], identity: false}\n"


def _request(lab: Working, action: str, agent: str = "one", **more: Any) -> BrowseRequest:
    return cast("BrowseRequest", {"file": lab.file, "agent": agent, "action": action, **more})


async def test_an_agent_without_a_worktree_is_told_of(home: Settings, tmp_path: Path) -> None:
    """What is only declared has nothing to look at, and the way to get it is named."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(IDLE)

        with pytest.raises(ConstellagentError, match="one has no worktree") as failed:
            await lab.daemon.browse(_request(lab, "files"))

        assert "constellagent apply" in failed.value.hint


async def test_an_unknown_agent_is_named_with_what_was_probably_meant(home: Settings, tmp_path: Path) -> None:
    """A slip of the finger is answered with the name that exists."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(IDLE)

        with pytest.raises(UsageError, match="did you mean one"):
            await lab.daemon.browse(_request(lab, "files", agent="onee"))


async def test_each_question_reaches_who_can_answer_it(home: Settings, tmp_path: Path) -> None:
    """Files, facts, overlaps, a diff and comments are all had from one worktree."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(IDLE)
        await lab.apply()
        tree = Path((await lab.agent("one"))["path"])
        (tree / "new.txt").write_text("new\n")

        files = await lab.daemon.browse(_request(lab, "files"))
        facts = await lab.daemon.browse(_request(lab, "facts"))
        overlaps = await lab.daemon.browse(_request(lab, "overlaps", agent=""))
        diff = await lab.daemon.diff({"file": lab.file, "agent": "one"})
        comments = await lab.daemon.comments({"file": lab.file, "agent": "one", "action": "list"})

        assert "new.txt" in files["files"]
        assert (facts["branch"], facts["untracked"]) == ("agents/one", 1)
        assert overlaps == []
        assert [change["path"] for change in diff["files"]] == ["new.txt"]
        assert comments == []


async def test_an_unknown_question_is_refused(home: Settings, tmp_path: Path) -> None:
    """A newer face that asks for more is told so."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(IDLE)
        await lab.apply()

        with pytest.raises(UsageError, match="nothing to browse called 'smells'"):
            await lab.daemon.browse(_request(lab, "smells"))
