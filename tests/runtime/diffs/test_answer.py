"""What a face gets when it asks for an agent's changes."""

import json
import os
from pathlib import Path
from typing import Any, cast

import pytest

from constellagent.errors import ConflictError, GitError, UsageError
from constellagent.faces import wire
from constellagent.runtime.diff_views import DiffRequest, DiffView
from constellagent.runtime.diffs import Diffs
from constellagent.runtime.standing import find
from tests.runtime.diffs.conftest import no_runs
from tests.runtime.worktrees.rig import Rig, commit
from tests.runtime.worktrees.rig import git as by_hand


async def ask(rig: Rig, **request: Any) -> DiffView:
    """Ask for the changes of `worker`."""
    asked = cast("DiffRequest", {"file": "f", "agent": "worker", **request})
    return await Diffs(rig.git, no_runs).of(await find([rig.agent()], rig.port, "worker"), asked)


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
        to="worktree",
        commit=start,
        to_commit="",
        branch="agents/worker",
        ahead=1,
        behind=1,
        files=[
            {
                "path": "b.py",
                "old_path": None,
                "status": "modified",
                "added": 1,
                "removed": 2,
                "old_mode": "100644",
                "mode": "100644",
            },
            {
                "path": "new",
                "old_path": None,
                "status": "untracked",
                "added": 1,
                "removed": 0,
                "old_mode": "",
                "mode": "100644",
            },
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


async def test_git_that_fails_says_why(rig: Rig) -> None:
    """A failure of git comes with its own words."""
    tree = await rig.create()
    index = Path(by_hand(tree, "rev-parse", "--absolute-git-dir")) / "index"
    index.write_bytes(b"no index")

    with pytest.raises(GitError, match="index file"):
        await ask(rig)


async def test_what_is_staged(rig: Rig) -> None:
    """HEAD to index is what the next commit would hold, index to worktree what it would not."""
    tree = await rig.create()
    (tree / "b.py").write_text("staged\n")
    by_hand(tree, "add", "b.py")
    (tree / "b.py").write_text("staged\nand more\n")
    (tree / "new").write_text("1\n")
    head = by_hand(tree, "rev-parse", "HEAD")

    staged = await ask(rig, against="HEAD", to="index", path="b.py")
    rest = await ask(rig, against="index", path="b.py")

    assert [change["path"] for change in staged["files"]] == ["b.py"]
    assert (staged["commit"], staged["to"], staged["to_commit"]) == (head, "index", "")
    assert staged["patch"] is not None
    assert staged["patch"].endswith("-one = 1\n-two = 2\n+staged\n")
    assert [(change["path"], change["status"]) for change in rest["files"]] == [
        ("b.py", "modified"),
        ("new", "untracked"),
    ]
    assert (rest["against"], rest["commit"]) == ("index", "")
    assert rest["patch"] is not None
    assert rest["patch"].endswith(" staged\n+and more\n")


async def test_from_one_commit_to_another(rig: Rig) -> None:
    """Two commits are compared as they are: what is in the worktree or came to the base since is not seen."""
    tree = await rig.create()
    first = commit(tree, {"b.py": "1\n"})
    second = commit(tree, {"b.py": "2\n", "c": "c\n"})
    (tree / "b.py").write_text("3\n")
    (tree / "new").write_text("1\n")

    view = await ask(rig, against=first, to="HEAD", paths=["b.py", "c"])
    back = await ask(rig, against="HEAD", to=first[:12], path="c")
    base = await ask(rig, to="HEAD~1")

    assert (view["commit"], view["to_commit"]) == (first, second)
    assert [(change["path"], change["status"]) for change in view["files"]] == [
        ("b.py", "modified"),
        ("c", "added"),
    ]
    assert view["patch"] is not None
    assert "-1\n+2\n" in view["patch"]
    assert view["patch"].endswith("+c\n")
    assert [(c["path"], c["status"], c["mode"]) for c in back["files"]] == [
        ("b.py", "modified", "100644"),
        ("c", "deleted", ""),
    ]
    assert (base["to_commit"], base["added"]) == (first, 1)


@pytest.mark.parametrize(
    ("against", "to"),
    [("worktree", "worktree"), ("worktree", "HEAD"), ("index", "index"), ("index", "HEAD")],
)
async def test_no_such_comparison(rig: Rig, against: str, to: str) -> None:
    """What can only be compared the other way round is wrong usage, which says the way."""
    await rig.create()

    with pytest.raises(UsageError) as caught:
        await ask(rig, against=against, to=to)
    assert caught.value.hint


async def test_no_such_commit_on_either_side(rig: Rig) -> None:
    """A slip of the finger gets the nearest name, on both sides."""
    await rig.create()

    for side in ("against", "to"):
        with pytest.raises(UsageError, match="did you mean main"):
            await ask(rig, **{side: "mian"})


async def test_a_base_that_names_nothing(rig: Rig) -> None:
    """Without a base there is still everything else to compare with."""
    tree = await rig.create()
    (tree / "new").write_text("1\n")
    agent = rig.agent(base="nowhere")
    diffs, standing = Diffs(rig.git, no_runs), await find([agent], rig.port, "worker")

    with pytest.raises(ConflictError, match="names no commit"):
        await diffs.of(standing, {"file": "f", "agent": "worker"})
    view = await diffs.of(standing, {"file": "f", "agent": "worker", "against": "HEAD"})

    assert (view["ahead"], len(view["files"])) == (None, 1)
