"""Taking an agent's work into its base."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, RefusedError, UsageError
from constellagent.runtime.edits import bases, merging
from constellagent.runtime.edits.authors import Author
from tests.runtime.edits.conftest import Ground
from tests.runtime.worktrees.rig import contents
from tests.runtime.worktrees.test_crash import settled


def _work(ground: Ground) -> tuple[str, str]:
    """Two commits of the agent and one of somebody else; returns main's and the agent's commit."""
    ground.commit("first", {"b.txt": "first\n"})
    head = ground.commit("second\n\nwith a body", {"new.txt": "new\n"})
    base = ground.commit("theirs", {"sub/c.txt": "theirs\n"}, at=ground.repo)
    return base, head


async def test_a_preview_says_what_would_happen(ground: Ground) -> None:
    """Commits, files, what is not committed, and that nothing stands in the way."""
    base, head = _work(ground)
    ground.write("a.txt", "not committed\n")
    before = contents(ground.repo)
    assert await ground.ask("merge") == {
        "base": "main",
        "base_commit": base,
        "branch": "agents/worker",
        "commit": head,
        "commits": 2,
        "files": 2,
        "fast_forward": False,
        "up_to_date": False,
        "conflicts": [],
        "uncommitted": 1,
        "blocked": "",
    }
    assert contents(ground.repo) == before


async def test_a_merge_keeps_both_sides(ground: Ground) -> None:
    """The base gets a merge commit of whoever merges, and its worktree follows; the agent's stays."""
    base, head = _work(ground)
    ground.write("a.txt", "not committed\n")
    before = contents(ground.tree)
    done = await ground.do("merge", method="merge", commit=head)
    made = ground.git("rev-parse", "main")
    assert (done["base"], done["before"], done["commit"]) == ("main", base, made)
    assert ground.git("log", "-1", "--format=%P|%s|%an", "main") == (
        f"{base} {head}|Merge branch 'agents/worker'|Pat Person"
    )
    assert (ground.repo / "new.txt").read_text() == "new\n"
    assert (ground.repo / "sub/c.txt").read_text() == "theirs\n"
    assert ground.git("status", "--porcelain", at=ground.repo) == ""
    assert contents(ground.tree) == before
    assert (await ground.ask("merge"))["up_to_date"]
    again = await ground.do("merge", method="merge")
    assert again["done"] == ["main has all of agents/worker already"]
    assert ground.git("rev-parse", "main") == made


async def test_without_other_commits_a_merge_is_a_fast_forward(ground: Ground) -> None:
    """A base that has nothing else moves to the branch, or gets a merge commit where a message is given."""
    head = ground.commit("work", {"b.txt": "x\n"})
    assert (await ground.ask("merge"))["fast_forward"]
    await ground.do("merge", method="merge")
    assert ground.git("rev-parse", "main") == head
    more = ground.commit("more", {"b.txt": "y\n"})
    await ground.do("merge", method="merge", message="Take it", author="agent")
    assert ground.git("log", "-1", "--format=%P|%s|%ae", "main") == f"{head} {more}|Take it|worker@acme.test"


async def test_a_squash_is_one_commit(ground: Ground) -> None:
    """All commits become one, whose message lists them; how to go on in the worktree is said."""
    base, head = _work(ground)
    done = await ground.do("merge", method="squash")
    assert ground.git("log", "-1", "--format=%P", "main") == base
    assert ground.git("log", "-1", "--format=%B", "main") == "agents/worker: 2 commits\n\n* first\n* second"
    assert ground.git("diff", f"{base}..main", "--name-only").split() == ["b.txt", "new.txt"]
    assert f"git rebase --onto main {head[:12]}" in done["done"][-1]
    ground.git(*done["done"][-1].partition(": git ")[2].split())
    assert ground.git("rev-parse", "HEAD") == ground.git("rev-parse", "main")


async def test_a_squash_of_one_commit_keeps_its_message(ground: Ground) -> None:
    """The message of the only commit is the message."""
    ground.commit("only\n\nwith a body", {"b.txt": "x\n"})
    await ground.do("merge", method="squash")
    assert ground.git("log", "-1", "--format=%B", "main") == "only\n\nwith a body"


async def test_a_rebase_makes_each_commit_again(ground: Ground) -> None:
    """Each commit is on top of the base with its author, date and message."""
    base, head = _work(ground)
    await ground.do("merge", method="rebase")
    fields = "--format=%an|%ae|%at|%B"
    assert ground.git("log", fields, f"{base}..main") == ground.git("log", fields, f"main~2..{head}", "-2")
    assert ground.git("rev-parse", "main~2") == base
    assert ground.git("log", "-1", "--format=%ce", "main") == "pat@example.test"
    assert ground.git("rev-parse", "HEAD") == head


async def test_a_base_that_is_checked_out_nowhere_moves_alone(ground: Ground) -> None:
    """Without a worktree of the base only its branch moves."""
    _, head = _work(ground)
    ground.git("checkout", "-q", "--detach", at=ground.repo)
    before = contents(ground.repo)
    done = await ground.do("merge", method="squash")
    assert ground.git("rev-parse", "main") == done["commit"]
    assert contents(ground.repo) == before
    assert ground.git("reflog", "-1", "--format=%gs", "main") == "constellagent: merge agents/worker"
    assert head


async def test_conflicts_stop_it(ground: Ground) -> None:
    """A conflict is shown with its text, and no method merges it."""
    ground.commit("ours", {"b.txt": "ours\n"})
    base = ground.commit("theirs", {"b.txt": "theirs\n"}, at=ground.repo)
    view = await ground.ask("merge")
    assert [one["path"] for one in view["conflicts"]] == ["b.txt"]
    assert "<<<<<<< main\n" in (view["conflicts"][0]["text"] or "")
    assert "b.txt in conflict" in view["blocked"]
    for method in merging.METHODS:
        with pytest.raises(ConflictError, match=r"b\.txt"):
            await ground.do("merge", method=method)
    assert ground.git("rev-parse", "main") == base
    assert ground.git("status", "--porcelain", at=ground.repo) == ""


@pytest.mark.parametrize("way", ["changed", "staged", "untracked", "ignored", "operation"])
async def test_a_base_that_is_not_clean_stops_it(ground: Ground, way: str) -> None:
    """Nothing of the base's worktree is ever overwritten or mixed up; what is in the way is listed."""
    ground.commit("work", {"b.txt": "x\n", "new.txt": "new\n"})
    ground.write("x.log", "ours")
    ground.git("add", "-f", "x.log")
    ground.git("commit", "-q", "-m", "ignored")
    match way:
        case "changed" | "staged":
            (ground.repo / "a.txt").write_text("mine\n")
            if way == "staged":
                ground.git("add", "a.txt", at=ground.repo)
        case "untracked":
            (ground.repo / "new.txt").write_text("mine\n")
        case "ignored":
            (ground.repo / "x.log").write_text("mine\n")
        case _:
            ground.git("bisect", "start", at=ground.repo)
    before, base = contents(ground.repo), ground.git("rev-parse", "main")
    assert "is not clean" in (await ground.ask("merge"))["blocked"]
    for method in merging.METHODS:
        with pytest.raises(RefusedError) as caught:
            await ground.do("merge", method=method)
        assert caught.value.losses
    assert contents(ground.repo) == before
    assert ground.git("rev-parse", "main") == base


async def test_untracked_files_that_nothing_touches_stay(ground: Ground) -> None:
    """Files of the base's worktree that the merge does not have are no obstacle."""
    ground.commit("work", {"b.txt": "x\n"})
    (ground.repo / "mine").write_text("mine\n")
    await ground.do("merge", method="merge")
    assert (ground.repo / "mine").read_text() == "mine\n"


async def test_what_moved_is_looked_at_again(ground: Ground) -> None:
    """A branch that moved since the preview is not merged, and an unknown method is refused."""
    view = await ground.ask("merge")
    ground.commit("later", {"b.txt": "x\n"})
    with pytest.raises(ConflictError, match="moved"):
        await ground.do("merge", method="merge", commit=view["commit"])
    with pytest.raises(UsageError):
        await ground.do("merge", method="octopus")
    assert ground.git("rev-parse", "main") == view["base_commit"]


async def test_a_base_that_moves_meanwhile_wins(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether or not the base is checked out, a commit that came in the last moment is never lost."""
    _work(ground)
    made = merging._made

    async def late(*args: object) -> tuple[str, str]:
        ready = await made(*args)  # type: ignore[arg-type]
        ground.git("commit", "-q", "--allow-empty", "-m", "late", at=ground.repo)
        ground.git("update-ref", "refs/heads/main", "HEAD", at=ground.repo)
        return ready

    monkeypatch.setattr(merging, "_made", late)
    for prepare in ((), ("checkout", "-q", "--detach")):
        if prepare:
            ground.git(*prepare, at=ground.repo)
        with pytest.raises(ConflictError, match="moved while"):
            await ground.do("merge", method="merge")
        assert ground.git("log", "-1", "--format=%s", "main") == "late"
        assert ground.git("status", "--porcelain", at=ground.repo) == ""


async def test_two_merges_at_once_both_arrive_or_say_why(ground: Ground) -> None:
    """Merges into one base go one after the other: the second finds what the first has done."""
    _work(ground)
    both = await asyncio.gather(*(ground.do("merge", method="merge") for _ in range(2)))
    assert sorted(len(one["done"]) for one in both) == [1, 2]
    assert ground.git("rev-list", "--count", "--merges", "main") == "1"


async def test_a_branch_cannot_be_merged_while_it_is_not_there(ground: Ground) -> None:
    """In the middle of a rebase, and where the base is no branch, there is a reason and no merge."""
    ground.commit("ours", {"b.txt": "ours\n"})
    ground.agent = ground.rig.agent("worker", base=ground.git("rev-parse", "main"))
    view = await ground.ask("merge")
    assert "is no branch" in view["blocked"]
    with pytest.raises(ConflictError, match="is no branch"):
        await ground.do("merge", method="merge")
    with pytest.raises(ConflictError, match="own base"):
        await merging.merge(
            ground.cli, ground.tree, "agents/worker", merging.Wanted("merge", Author("a", "b"))
        )
    ground.git("checkout", "-q", "--detach")
    with pytest.raises(ConflictError, match="no branch"):
        await merging.preview(ground.cli, ground.tree, "main")


_MERGE = """
import asyncio, sys
from pathlib import Path
from constellagent.runtime.edits import merging
from constellagent.runtime.edits.authors import Author
from constellagent.runtime.edits.authors import Author
from constellagent.runtime.git import Git
tree = Path(sys.argv[1])
wanted = merging.Wanted("rebase", Author("a", "a@b.test"))
print("begun", flush=True)
asyncio.run(merging.merge(Git(tree, timeout=50), tree, "main", wanted))
"""


@pytest.mark.parametrize("after", [0.0, 0.1, 0.2, 0.4])
async def test_death_leaves_before_or_after(ground: Ground, after: float) -> None:
    """Killed at any moment, the base is where it was or where it was to be, with a clean worktree."""
    for number in range(6):
        ground.commit(f"work {number}", {f"{number}.txt": "x\n"})
    base = ground.commit("theirs", {"b.txt": "theirs\n"}, at=ground.repo)
    process = subprocess.Popen(
        [sys.executable, "-c", _MERGE, str(ground.tree)], stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        await asyncio.sleep(after)  # any moment will do; the outcome must not depend on it
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    await settled(ground.rig)  # a git that was started last ends by itself
    now = ground.git("rev-parse", "main")
    assert now == base or ground.git("rev-parse", "main~6") == base
    assert ground.git("status", "--porcelain", at=ground.repo) == ""
    ground.git("fsck", "--no-dangling")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_base_that_is_checked_out_meanwhile(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Files of the old commit under a branch that moved would undo the merge: the step is taken back."""
    base, _ = _work(ground)
    ground.git("checkout", "-q", "--detach", at=ground.repo)
    look = bases.checked_out
    made = merging._made

    async def late(*args: object) -> tuple[str, str]:
        ready = await made(*args)  # type: ignore[arg-type]
        ground.git("checkout", "-q", "main", at=ground.repo)
        return ready

    async def later(*args: object) -> Path | None:
        ground.git("checkout", "-q", "main", at=ground.repo)
        return await look(*args)  # type: ignore[arg-type]

    if when == "before":
        monkeypatch.setattr(merging, "_made", late)
        with pytest.raises(ConflictError, match=r"checked out in .* nothing was merged"):
            await ground.do("merge", method="merge")
        assert ground.git("rev-parse", "main") == base
    else:
        monkeypatch.setattr(bases, "checked_out", later)
        done = await ground.do("merge", method="merge")
        assert ground.git("rev-parse", "main") == done["commit"]
    assert ground.git("status", "--porcelain", at=ground.repo) == ""
