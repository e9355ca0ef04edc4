"""What a face gets when it asks for an agent's changes."""

import json
import os
import shutil
from pathlib import Path
from typing import Any, cast

import pytest

from constellagent.errors import ConstellagentError, GitError, UsageError, WorldError
from constellagent.faces import wire
from constellagent.runtime.diff_views import DiffRequest, DiffView
from constellagent.runtime.diffs import Diffs
from tests.runtime.worktrees.rig import Rig, commit
from tests.runtime.worktrees.rig import git as by_hand


async def ask(rig: Rig, **request: Any) -> DiffView:
    """Ask for the changes of `worker`."""
    asked = cast("DiffRequest", {"file": "f", "agent": "worker", **request})
    return await Diffs(rig.git).of([rig.agent("other"), rig.agent()], rig.port, asked)


async def test_an_agents_work(rig: Rig) -> None:
    """Commits of its branch, staged, unstaged and untracked files are its work; the base's own are not."""
    tree = await rig.create()
    start = by_hand(tree, "rev-parse", "HEAD")
    commit(tree, {"b.py": "committed\n"})
    (tree / "new").write_text("1\n")
    commit(rig.repo, {"a.txt": "the base goes on\n"})

    view = await ask(rig)

    assert view == DiffView(
        agent="worker",
        against="base",
        commit=start,
        branch="agents/worker",
        ahead=1,
        behind=1,
        files=[
            {"path": "b.py", "old_path": None, "status": "modified", "added": 1, "removed": 2},
            {"path": "new", "old_path": None, "status": "untracked", "added": 1, "removed": 0},
        ],
        added=2,
        removed=2,
        patch=None,
        truncated=False,
    )
    head = await ask(rig, against="HEAD")
    assert [change["path"] for change in head["files"]] == ["new"]


async def test_patches(rig: Rig) -> None:
    """The patch of one path or of several comes with the list, each file once."""
    tree = await rig.create()
    (tree / "a.txt").write_text("1\n")
    (tree / "b.py").write_text("2\n")

    one = await ask(rig, path="b.py", context=0)
    two = await ask(rig, paths=["b.py", "a.txt", "b.py"])

    assert one["patch"] is not None
    assert two["patch"] is not None
    assert one["patch"].endswith("@@ -1,2 +1 @@\n-one = 1\n-two = 2\n+2\n")
    named = [line for line in two["patch"].splitlines() if line.startswith("+++")]
    assert named == ["+++ b/a.txt", "+++ b/b.py"]
    assert len(one["files"]) == 2


async def test_a_path_that_did_not_change(rig: Rig) -> None:
    """A file that is no change is wrong usage, with the nearest that is; no other file is ever read."""
    tree = await rig.create()
    (tree / "a.txt").write_text("1\n")

    with pytest.raises(UsageError, match=r"did you mean a\.txt"):
        await ask(rig, path="b.txt")
    for path in ("../repo/a.txt", ".ravi/config.json", ".git", "/etc/passwd", ":(top)a.txt"):
        with pytest.raises(UsageError):
            await ask(rig, path=path)


async def test_odd_bytes_survive_the_wire(rig: Rig) -> None:
    """Names and lines that are no text come out of the wire as they went in."""
    tree = await rig.create()
    name = os.fsdecode(b"caf\xe9")
    try:
        (tree / name).write_bytes(b"\xff\n")
    except OSError:
        pytest.skip("this file system has no such names")

    view = await ask(rig, path=name)
    back = wire.decode(wire.encode(view))

    assert back == json.loads(json.dumps(view))
    assert os.fsencode(back["files"][0]["path"]) == b"caf\xe9"
    assert back["patch"].encode("utf-8", "surrogateescape").endswith(b"+\xff\n")


async def test_no_such_agent(rig: Rig) -> None:
    """An agent that is not known is wrong usage, with the nearest that is."""
    with pytest.raises(UsageError, match="did you mean worker"):
        await ask(rig, agent="wroker")


async def test_an_agent_without_a_worktree(rig: Rig) -> None:
    """Before apply, and where the folder is gone, the answer says what makes it."""
    with pytest.raises(ConstellagentError, match=r"worker has no worktree$") as caught:
        await ask(rig)
    assert "apply" in caught.value.hint
    tree = await rig.create()
    shutil.rmtree(tree)
    tree.mkdir()
    (tree / "x").touch()
    with pytest.raises(ConstellagentError, match=r"has no worktree: .* is occupied"):
        await ask(rig)


async def test_a_worktree_that_cannot_be_looked_at(rig: Rig, tmp_path: Path) -> None:
    """What could not be looked at is not called absent."""
    await rig.create()
    (rig.repo / ".git").rename(tmp_path / "away")

    with pytest.raises(WorldError, match="could not be looked at"):
        await ask(rig)


async def test_git_that_fails_says_why(rig: Rig) -> None:
    """A failure of git comes with its own words."""
    tree = await rig.create()
    index = Path(by_hand(tree, "rev-parse", "--absolute-git-dir")) / "index"
    index.write_bytes(b"no index")

    with pytest.raises(GitError, match="index file"):
        await ask(rig)
