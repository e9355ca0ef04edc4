"""Finding the repository, and what its bases mean."""

import os
from pathlib import Path

import pytest

from constellagent.errors import ConflictError
from constellagent.plan.observed import Absent, There, Unknown
from constellagent.runtime import repository
from constellagent.runtime.git import Git
from tests.runtime.worktrees.rig import commit, git, make_repo


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with one commit."""
    return make_repo(tmp_path / "repo")


@pytest.fixture
def cli(repo: Path) -> Git:
    """Git in that repository."""
    return Git(repo, timeout=30)


async def test_found_from_everywhere_inside(repo: Path, tmp_path: Path) -> None:
    """From a subfolder, a linked worktree and through a symbolic link, the main checkout is found."""
    git(repo, "worktree", "add", "-q", "-b", "t", str(tmp_path / "linked"))
    (tmp_path / "link").symlink_to(repo)
    for start in (repo, repo / "sub", tmp_path / "linked" / "sub", tmp_path / "link"):
        found = await repository.find(start)
        assert (found.root, found.common_dir) == (repo, repo / ".git")
        assert found.version >= (2, 33)


async def test_separate_git_folder(tmp_path: Path) -> None:
    """With `--separate-git-dir` the main checkout is found from within; elsewhere the error says so."""
    repo = make_repo(tmp_path / "repo", "--separate-git-dir=../apart.git")
    found = await repository.find(repo / "sub")
    assert (found.root, found.common_dir) == (repo, tmp_path / "apart.git")
    git(repo, "worktree", "add", "-q", "-b", "t", str(tmp_path / "linked"))
    with pytest.raises(ConflictError, match="not known from here"):
        await repository.find(tmp_path / "linked")


async def test_submodule_is_a_repository_of_its_own(repo: Path, tmp_path: Path) -> None:
    """Inside a submodule, and in a worktree of one, the submodule is meant."""
    lib = make_repo(tmp_path / "lib")
    git(repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(lib), "lib")
    assert (await repository.find(repo / "lib")).root == repo / "lib"
    git(repo / "lib", "worktree", "add", "-q", "-b", "t", str(tmp_path / "linked"))
    assert (await repository.find(tmp_path / "linked")).root == repo / "lib"


async def test_c9_no_repository(tmp_path: Path) -> None:
    """Outside of any repository, and in a folder that is not there, the error says what to do."""
    for start in (tmp_path, tmp_path / "gone"):
        with pytest.raises(ConflictError, match="in no git repository") as caught:
            await repository.find(start)
        assert caught.value.hint


async def test_c9_bare(tmp_path: Path, repo: Path) -> None:
    """A bare repository, and a worktree of one, have no main checkout to keep the file in."""
    git(tmp_path, "clone", "-q", "--bare", str(repo), "bare.git")
    git(tmp_path / "bare.git", "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    for start in (tmp_path / "bare.git", tmp_path / "linked"):
        with pytest.raises(ConflictError, match="bare"):
            await repository.find(start)


async def test_c9_no_commits(tmp_path: Path) -> None:
    """Without a commit there is nothing to branch from."""
    git(tmp_path, "init", "-q", "empty")
    with pytest.raises(ConflictError, match="no commit") as caught:
        await repository.find(tmp_path / "empty")
    assert "git commit" in caught.value.hint


async def test_c9_unborn_head_with_other_branches(repo: Path) -> None:
    """A main checkout on a branch without a commit is told as such."""
    git(repo, "checkout", "-q", "--orphan", "fresh")
    with pytest.raises(ConflictError, match="no commit"):
        await repository.find(repo)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a repository to another user")
async def test_repository_of_another_user(repo: Path) -> None:
    """Git's refusal of somebody else's repository is passed on with the way out."""
    for file in (repo, repo / ".git"):
        os.chown(file, 1234, 1234)
    with pytest.raises(ConflictError, match="another user") as caught:
        await repository.find(repo, env={"HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"})
    assert "safe.directory" in caught.value.hint


async def test_c9_auto_base(repo: Path, cli: Git, tmp_path: Path) -> None:
    """`auto` is the remote's HEAD, else main or master, else HEAD."""
    first = git(repo, "rev-parse", "HEAD")
    assert await repository.resolve_base(cli, "auto") == There(first)
    second = commit(repo, {"a.txt": "2\n"})
    git(repo, "checkout", "-q", "--detach")
    third = commit(repo, {"a.txt": "3\n"})
    assert await repository.resolve_base(cli, "auto") == There(second)
    git(repo, "branch", "-m", "main", "trunk")
    assert await repository.resolve_base(cli, "auto") == There(third)
    git(repo, "branch", "-m", "trunk", "master")
    assert await repository.resolve_base(cli, "auto") == There(second)
    git(repo, "update-ref", "refs/remotes/up/dev", first)
    git(repo, "symbolic-ref", "refs/remotes/up/HEAD", "refs/remotes/up/dev")
    assert await repository.resolve_base(cli, "auto") == There(first)
    git(repo, "update-ref", "refs/remotes/origin/dev", third)
    git(repo, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/dev")
    assert await repository.resolve_base(cli, "auto") == There(third)
    git(repo, "update-ref", "-d", "refs/remotes/origin/dev")
    git(repo, "symbolic-ref", "-d", "refs/remotes/up/HEAD")
    assert await repository.resolve_base(cli, "auto") == There(second), (
        "a dangling remote HEAD is passed over"
    )


async def test_c9_declared_bases(repo: Path, cli: Git) -> None:
    """Branches, tags, remote branches and commits resolve; a branch wins over a tag; the rest is absent."""
    first = git(repo, "rev-parse", "HEAD")
    git(repo, "tag", "-a", "v1", "-m", "annotated")
    git(repo, "tag", "both")
    git(repo, "update-ref", "refs/remotes/origin/dev", first)
    second = commit(repo, {"a.txt": "2\n"})
    git(repo, "branch", "both")
    found = await repository.resolve_bases(
        cli,
        [
            "main",
            "v1",
            "both",
            "origin/dev",
            first,
            first[:10],
            "main~1",
            "HEAD",
            "nope",
            "HEAD:a.txt",
            "-x",
            "a b",
            "a\nb",
            "",
            "0" * 40,
        ],
    )
    assert found["main"] == found["both"] == found["HEAD"] == There(second)
    names = ("v1", "origin/dev", first, first[:10], "main~1")
    assert [found[name] for name in names] == [There(first)] * len(names)
    assert {name for name, look in found.items() if look == Absent()} == {
        "nope",
        "HEAD:a.txt",
        "-x",
        "a b",
        "a\nb",
        "",
        "0" * 40,
    }


async def test_failed_resolution_is_unknown(repo: Path, cli: Git) -> None:
    """Where git cannot be asked, no base is called absent."""
    (repo / ".git" / "HEAD").unlink()
    found = await repository.resolve_bases(cli, ["auto", "main"])
    assert all(isinstance(look, Unknown) for look in found.values())


async def test_plain_traits(repo: Path, cli: Git) -> None:
    """An ordinary repository uses nothing special."""
    found = await repository.traits(await repository.find(repo), cli)
    assert found == repository.Traits()
    assert found.plain


async def test_c12_traits(tmp_path: Path) -> None:
    """Filters, sparse and partial checkouts, submodules and other formats are seen."""
    repo = make_repo(tmp_path / "repo", "--object-format=sha256")
    commit(
        repo,
        {
            "deep/er/.gitattributes": "# filter=comment\n*.bin filter=lfs -text\n*.x -filter\n",
            ".gitmodules": "",
        },
    )
    (repo / ".git" / "info" / "attributes").write_text("*.enc filter=crypt\n")
    for key, value in {
        "filter.lfs.process": "git-lfs",
        "core.sparseCheckout": "true",
        "remote.origin.promisor": "true",
    }.items():
        git(repo, "config", key, value)
    found = await repository.traits(await repository.find(repo), Git(repo, timeout=30))
    assert found == repository.Traits(
        filters=frozenset({"lfs", "crypt"}),
        configured=frozenset({"lfs"}),
        sparse=True,
        partial=True,
        object_format="sha256",
        submodules=True,
    )
    assert not found.plain
