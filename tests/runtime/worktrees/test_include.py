"""Ignored files that a new worktree gets from the main checkout."""

from pathlib import Path

from constellagent.runtime.worktrees import include, marker
from tests.runtime.worktrees.rig import Rig, commit, contents, git


def ignored(rig: Rig) -> None:
    """Put ignored files of all kinds into the main checkout, and the list of those that are wanted."""
    repo = rig.repo
    commit(repo, {".gitignore": ".env*\nlocal/\n*.log\n!keep.log\n"})
    (repo / ".env").write_text("A=1\n")
    (repo / ".env").chmod(0o600)
    (repo / ".env.local").write_text("B=2\n")
    (repo / "local" / "deep").mkdir(parents=True)
    (repo / "local" / "deep" / "tool").write_text("#!/bin/sh\n")
    (repo / "local" / "deep" / "tool").chmod(0o755)
    (repo / "local" / "link").symlink_to("deep/tool")
    (repo / "local" / "odd\nname").write_text("x")
    (repo / "x.log").write_text("log")
    (repo / "untracked.txt").write_text("untracked, not ignored")
    (repo / ".ravi").mkdir()
    (repo / ".ravi" / "config.json").write_text("the human's own")
    (repo / ".worktreeinclude").write_text("# comment\n.env\nlocal/\nuntracked.txt\n.ravi/\n.git/\na.txt\n")


async def test_matching_ignored_files_are_copied_with_modes_and_links(rig: Rig) -> None:
    """Only ignored files that match are copied, with modes; links stay links; `.ravi/` and `.git` never."""
    ignored(rig)
    path = await rig.create(rig.agent(include=("*.local", "!x.log")))
    found = contents(path)
    assert found[".env"] == ("file", 0o600, b"A=1\n")
    assert found[".env.local"][2] == b"B=2\n"
    assert found["local/deep/tool"] == ("file", 0o755, b"#!/bin/sh\n")
    assert found["local/link"] == ("link", 0, b"deep/tool")
    assert found["local/odd\nname"][2] == b"x"
    assert not {"x.log", "untracked.txt", ".ravi/config.json"} & set(found)
    assert not [name for name in found if name.endswith(".part")]


async def test_unchanged_copies_are_no_loss(rig: Rig) -> None:
    """Copies do not keep a worktree from being removed, until somebody changes one, its mode or its link."""
    ignored(rig)
    path = await rig.create()
    assert await rig.port.losses("worker", path) == []
    (path / "local" / "deep" / "tool").chmod(0o700)
    assert await rig.port.losses("worker", path) == ["ignored: local/"]
    (path / "local" / "deep" / "tool").chmod(0o755)
    (path / ".env").write_text("A=2\n")
    assert await rig.port.losses("worker", path) == ["ignored: .env"]
    (path / ".env").write_text("A=1\n")
    (path / "local" / "mine").write_text("x")
    assert await rig.port.losses("worker", path) == ["ignored: local/"]


async def test_c8_nothing_is_written_over_or_through_a_link(rig: Rig, tmp_path: Path) -> None:
    """A file that the branch has stays, and a link of the branch where a folder would be is not followed."""
    ignored(rig)
    outside = tmp_path / "outside"
    outside.mkdir()
    git(rig.repo, "checkout", "-q", "-b", "agents/worker")
    (rig.repo / ".env").write_text("of the branch\n")
    git(rig.repo, "add", "-f", ".env")
    (rig.repo / "local").rename(tmp_path / "local")
    (rig.repo / "local").symlink_to(outside)
    git(rig.repo, "add", "-f", "local")
    git(rig.repo, "commit", "-q", "-m", "hostile")
    git(rig.repo, "checkout", "-q", "main")
    (tmp_path / "local").rename(rig.repo / "local")
    (rig.repo / ".env").write_text("of the main checkout\n")
    path = await rig.create()
    assert (path / ".env").read_text() == "of the branch\n"
    assert list(outside.iterdir()) == []


async def test_worktrees_inside_the_repository_are_not_copied(rig: Rig) -> None:
    """Where worktrees lie inside the main checkout, a broad pattern does not copy one into another."""
    commit(rig.repo, {".gitignore": "trees/\n*.env\n"})
    rig.root = rig.repo / "trees"
    (rig.repo / "my.env").write_text("x")
    (rig.repo / ".worktreeinclude").write_text("*\n")
    await rig.create(rig.agent("first"))
    path = await rig.create(rig.agent("second"))
    assert set(contents(path)) == {".gitignore", "a.txt", "sub/b.txt", "my.env"}


async def test_list_of_the_branch_does_not_count(rig: Rig) -> None:
    """The list is read from the main checkout only: an agent cannot widen what its successor gets."""
    git(rig.repo, "checkout", "-q", "-b", "agents/worker")
    commit(rig.repo, {".worktreeinclude": ".env\n"})
    git(rig.repo, "checkout", "-q", "main")
    (rig.repo / ".env").write_text("x")
    path = await rig.create()
    assert not (path / ".env").exists()


async def test_copying_is_repeated_until_the_worktree_is_complete(rig: Rig) -> None:
    """A copy that is missing in an unfinished worktree is made again, and the others stay known as ours."""
    ignored(rig)
    agent = rig.agent()
    path = Path(agent.path)
    await rig.port.register(agent, git(rig.repo, "rev-parse", "HEAD"), new_branch=True)
    await rig.port.fill(agent)
    (path / ".env").unlink()
    admin = rig.repo / ".git" / "worktrees" / "worker"
    known = marker.read(admin)
    assert known is not None
    assert ".env" in known.included
    await rig.create(agent)
    assert (path / ".env").read_text() == "A=1\n"


def test_part_of_a_killed_copy_is_replaced(tmp_path: Path) -> None:
    """A copy writes a part of its own name first; one that a kill left behind is in nobody's way."""
    source, target = tmp_path / "s", tmp_path / "t"
    source.mkdir()
    target.mkdir()
    (source / "f").write_text("whole")
    assert include._copy_all(source, target, ["f"]) == {"f": include.fingerprint(source / "f")}
    (target / "f").unlink()
    (target / include._part("f")).write_text("ha")
    include._copy_all(source, target, ["f", "gone"])
    assert (target / "f").read_text() == "whole"
    assert [file.name for file in target.iterdir()] == ["f"]
