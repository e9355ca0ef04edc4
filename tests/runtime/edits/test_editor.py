"""The editor as a whole: what it is asked, and by how many at once."""

import asyncio

import pytest

from constellagent.errors import ConflictError, UsageError
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.edits import Editor
from constellagent.runtime.files.reading import read
from tests.runtime.edits.conftest import Ground


async def test_a_request_that_lacks_something_is_refused(ground: Ground) -> None:
    """Unknown actions and missing keys are mistakes of the caller."""
    for action in ("hunks", "nonsense"):
        with pytest.raises(UsageError):
            await ground.ask(action)
    for action in ("save", "remove", "commit", "merge", "nonsense"):
        with pytest.raises(UsageError):
            await ground.do(action)
    with pytest.raises(UsageError):
        await ground.do("stage", hunks=["x"])


async def test_without_identities_the_person_commits(ground: Ground) -> None:
    """An editor that knows no identities takes git's own configuration."""
    editor = Editor(ground.cli, SystemClock())
    ground.write("b.txt", "x\n")
    ground.editor = editor
    assert (await ground.do("commit", message="x", all=True))["author"] == "Pat Person"


async def test_changes_of_one_worktree_wait_for_each_other(ground: Ground) -> None:
    """Many saves from the same version at once: one is taken, the others are told."""
    version = read(ground.tree, "b.txt").version
    saves = (ground.do("save", path="b.txt", text=f"{n}\n", version=version) for n in range(8))
    answers = await asyncio.gather(*saves, return_exceptions=True)
    taken = [one for one in answers if not isinstance(one, BaseException)]
    assert len(taken) == 1
    assert all(isinstance(one, ConflictError) for one in answers if isinstance(one, BaseException))
    assert read(ground.tree, "b.txt").version == taken[0]["version"]


async def test_an_agents_git_is_waited_for(ground: Ground) -> None:
    """While the agent's own git holds the index for a moment, staging waits instead of failing."""
    lock = ground.repo / ".git/worktrees/worker/index.lock"
    lock.write_text("")
    ground.write("b.txt", "x\n")

    async def release() -> None:
        await asyncio.sleep(0.1)  # shorter than the wait that is tested
        lock.unlink()

    await asyncio.gather(ground.do("stage"), release())
    assert ground.status() == ["M  b.txt"]
