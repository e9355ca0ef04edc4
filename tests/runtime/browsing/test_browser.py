"""Who answers what of a worktree, and in whose: the agent's or that of one run."""

from pathlib import Path
from typing import Any, cast

import pytest

from constellagent.errors import UsageError
from constellagent.runtime.browsing import Browser
from constellagent.runtime.diffs import RunWork
from constellagent.runtime.review_views import BrowseRequest
from constellagent.runtime.standing import find
from tests.runtime.browsing.conftest import Ask
from tests.runtime.worktrees.rig import Rig, commit
from tests.runtime.worktrees.rig import git as by_hand


async def test_odd_requests(ask: Ask) -> None:
    """A content without a path, an unknown action and an unknown run are wrong usage."""
    with pytest.raises(UsageError, match="of a path"):
        await ask("content")
    with pytest.raises(UsageError, match="'facts' is nothing"):
        await ask("facts")
    with pytest.raises(UsageError, match="has no run"):
        await ask("files", run="abcd")


async def test_the_place_of_a_run(rig: Rig, tree: Path) -> None:
    """With a run the worktree is the run's own, or what its branch holds once that is gone."""
    place, base = rig.folder / "run", by_hand(tree, "rev-parse", "HEAD")
    by_hand(rig.repo, "worktree", "add", "-q", "-b", "nightly", str(place))
    commit(place, {"a.txt": "committed\n"}, "by the run")
    (place / "a.txt").write_text("written\n")
    (place / "new").write_text("1\n")

    async def runs(constellation: str, run: str) -> RunWork:
        return RunWork(run, "worker", base, "nightly", str(place), "", over=True)

    async def ask(action: str, **request: Any) -> Any:
        whole = {"file": "f", "agent": "worker", "action": action, "run": "abcd", **request}
        standing = await find([rig.agent()], rig.port, "worker")
        return await Browser(rig.git, runs).answer(standing, cast("BrowseRequest", whole))

    files = [".gitignore", "a.txt", "sub/b.py"]
    assert (await ask("files"))["files"] == sorted([*files, "new"])
    written = await ask("content", path="a.txt")
    assert (written["text"], written["editable"]) == ("written\n", False)
    assert (await ask("content", path="a.txt", revision="HEAD"))["text"] == "committed\n"
    assert [one["subject"] for one in (await ask("commits"))["commits"]] == ["by the run"]

    by_hand(rig.repo, "worktree", "remove", "--force", str(place))

    assert (await ask("files"))["files"] == files
    content = await ask("content", path="a.txt")
    assert (content["text"], content["revision"], content["editable"]) == ("committed\n", "worktree", False)
    assert [one["subject"] for one in (await ask("commits"))["commits"]] == ["by the run"]
    assert (await ask("content", path="a.txt", revision="base"))["text"] == "one\ntwo\n"
