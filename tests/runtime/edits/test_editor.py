"""The editor as a whole: what it is asked, and by how many at once."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import ConflictError, UsageError
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.edits import Editor, commits
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


async def test_what_was_done_leaves_a_trace(ground: Ground, tmp_path: Path) -> None:
    """Who or how much is told in one line each; what changed nothing, or only the index, is not told."""
    remote = tmp_path / "remote.git"
    ground.git("init", "-q", "--bare", str(remote))
    ground.git("remote", "add", "origin", str(remote))
    ground.write("b.txt", "x\n")
    await ground.do("stage")
    await ground.do("commit", message="private words")
    ground.write("b.txt", "y\n")
    ground.write("secret-plan", "z\n")
    discarded = await ground.do("discard")
    removed = await ground.do("remove", path="b.txt", version=read(ground.tree, "b.txt").version)
    await ground.do("commit", message="more", all=True, author="person")
    for _ in range(2):
        await ground.do("push")
        await ground.do("merge", method="merge")
    first, last = (
        ground.git("rev-parse", "--short=12", "main~2"),
        ground.git("rev-parse", "--short=12", "main"),
    )
    texts = [text for text, _ in ground.told]
    assert texts == [
        "committed 1 file as worker <worker@acme.test>",
        f"discarded 2 changes, kept in {discarded['rescue']}",
        f"removed a file, kept in {removed['rescue']}",
        "committed 1 file as Pat Person <pat@example.test>",
        "pushed agents/worker to origin: [new branch]",
        f"fast-forwarded agents/worker into main: 2 commits ({first}..{last})",
    ]
    assert [own for _, own in ground.told] == [True, False, False, False, False, False]


async def test_part_of_a_file_that_is_discarded_is_told_of(ground: Ground) -> None:
    """Hunks count one by one."""
    text = (ground.tree / "a.txt").read_text()
    ground.write("a.txt", text.replace("line 2\n", "two\n").replace("line 19\n", "nineteen\n"))
    first, _ = await ground.ask("hunks", path="a.txt")
    done = await ground.do("discard", path="a.txt", hunks=[first["id"]])
    assert ground.told == [(f"discarded 1 change, kept in {done['rescue']}", False)]


async def test_a_merge_waits_for_a_change_of_its_worktree(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is being committed in the worktree is part of the merge that was asked for after it."""
    going, free = asyncio.Event(), asyncio.Event()
    make = commits.commit

    async def slow(*args: Any, **options: Any) -> commits.Committed:
        going.set()
        await free.wait()
        return await make(*args, **options)

    monkeypatch.setattr(commits, "commit", slow)
    ground.write("b.txt", "x\n")
    async with asyncio.TaskGroup() as group:
        made = group.create_task(ground.do("commit", message="x", all=True))
        await going.wait()
        merged = group.create_task(ground.do("merge", method="merge"))
        done, _ = await asyncio.wait({merged}, timeout=0.3)
        free.set()
    assert not done
    assert merged.result()["commit"] == made.result()["commit"]
