"""Which files a worktree has."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.browsing import tree as listing
from tests.runtime.browsing.conftest import Ask
from tests.runtime.worktrees.rig import Rig, commit
from tests.runtime.worktrees.rig import git as by_hand


async def test_what_is_there(tree: Path, ask: Ask) -> None:
    """Tracked and untracked files that are there, sorted; not what is ignored or deleted."""
    commit(tree, {"gone.txt": "1\n", "z": "1\n"})
    (tree / "gone.txt").unlink()
    (tree / "sub" / "new").write_text("1\n")
    (tree / "out.log").write_text("ignored\n")
    (tree / "Upper").write_text("1\n")
    (tree / "link").symlink_to("nowhere")

    assert await ask("files") == {
        "files": [".gitignore", "Upper", "a.txt", "link", "sub/b.py", "sub/new", "z"],
        "truncated": False,
    }


async def test_what_is_never_answered(tree: Path, ask: Ask) -> None:
    """Nothing of git or of the identity is named, tracked or not, in any spelling."""
    commit(tree, {".ravi/config.json": "1\n"})
    for name in (".RAVI/x", "sub/.ravi/key", "ravi~1/x", "sub/.ra\u200cvi/x", "ravi.txt", ".github/x"):
        (tree / name).parent.mkdir(exist_ok=True, parents=True)
        (tree / name).write_text("1\n")

    files = (await ask("files"))["files"]

    assert files == [".github/x", ".gitignore", "a.txt", "ravi.txt", "sub/b.py"]


async def test_an_unmerged_file_is_named_once(tree: Path, ask: Ask) -> None:
    """A file with conflicts has several rows in the index and is one file."""
    by_hand(tree, "checkout", "-q", "-b", "theirs")
    commit(tree, {"a.txt": "theirs\n"})
    by_hand(tree, "checkout", "-q", "agents/worker")
    commit(tree, {"a.txt": "ours\n"})
    by_hand(tree, "merge", "theirs", check=False)

    assert (await ask("files"))["files"] == [".gitignore", "a.txt", "sub/b.py"]


async def test_a_sparse_checkout(tree: Path, ask: Ask) -> None:
    """What is not checked out is not named."""
    commit(tree, {"other/x": "1\n"})
    by_hand(tree, "sparse-checkout", "set", "other")

    assert (await ask("files"))["files"] == [".gitignore", "a.txt", "other/x"]


async def test_repositories_inside(tree: Path, ask: Ask) -> None:
    """A submodule is one entry, somebody's repository none, and neither is looked into."""
    for name in ("inner", "other"):
        (tree / name).mkdir()
        by_hand(tree / name, "init", "-q")
        commit(tree / name, {"x": "1\n"})
    by_hand(tree, "add", "inner")

    assert (await ask("files"))["files"] == [".gitignore", "a.txt", "inner", "sub/b.py"]


async def test_odd_names(tree: Path, ask: Ask) -> None:
    """Names with line breaks, or bytes that are no text, come whole."""
    names = ["new\nline", 'quo"te', "</script>", os.fsdecode(b"caf\xe9")]
    for name in names:
        try:
            (tree / name).parent.mkdir(exist_ok=True)
            (tree / name).write_text("1\n")
        except OSError:
            pytest.skip("this file system has no such names")

    assert set((await ask("files"))["files"]) == {".gitignore", "a.txt", "sub/b.py", *names}


async def test_a_commits_files(rig: Rig, tree: Path) -> None:
    """A commit names what it holds."""
    first = by_hand(tree, "rev-parse", "HEAD")
    commit(tree, {"later": "1\n"})

    found = await listing.files(rig.git, tree, first)

    assert found == {"files": [".gitignore", "a.txt", "sub/b.py"], "truncated": False}


async def test_a_long_list_is_cut(tree: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """More names than are sent are left out at the end, which is said."""
    monkeypatch.setattr(listing, "MOST_FILES", 2)
    assert await ask("files") == {"files": [".gitignore", "a.txt"], "truncated": True}
    monkeypatch.setattr(listing, "MOST_NAMES", len(".gitignore"))
    assert await ask("files") == {"files": [".gitignore"], "truncated": True}


_NAME = st.text(st.characters(exclude_characters="\0/"), min_size=1)


@given(st.dictionaries(_NAME, st.sampled_from("HMCRS?K")), st.lists(_NAME))
def test_what_git_names_is_read(tags: dict[str, str], folders: Iterable[str]) -> None:
    """A file is there where no row says that it is not; a folder is no file."""
    rows = [
        *(f"{'?' if tag == '?' else 'H'} {name}" for name, tag in tags.items() if tag != "S"),
        *(f"{tag} {name}" for name, tag in tags.items() if tag in "RS"),
        *(f"? {name}/" for name in folders),
    ]

    assert listing.on_disk(rows) == {name for name, tag in tags.items() if tag not in "RS"}
