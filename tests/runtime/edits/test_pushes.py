"""Pushing to real repositories, which never forces and never tells a secret."""

from pathlib import Path

import pytest

from constellagent.errors import ConflictError, GitError, UsageError
from constellagent.runtime.edits import pushes
from tests.runtime.edits.conftest import Ground
from tests.runtime.worktrees.rig import git


@pytest.fixture
def remote(ground: Ground, tmp_path: Path) -> Path:
    """A bare repository that is the remote `origin`."""
    bare = tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", str(bare))
    ground.git("remote", "add", "origin", str(bare))
    return bare


async def test_the_first_push_sets_the_upstream(ground: Ground, remote: Path) -> None:
    """The branch goes to its own name, and from then on it is known what is not pushed."""
    made = ground.commit("work", {"b.txt": "x\n"})
    assert (await ground.ask("facts"))["unpushed"] is None
    done = await ground.do("push")
    assert done["done"] == ["pushed agents/worker to origin: [new branch]"]
    assert git(remote, "rev-parse", "agents/worker") == made
    facts = await ground.ask("facts")
    assert (facts["upstream"], facts["unpushed"], facts["remotes"]) == ("origin/agents/worker", 0, ["origin"])
    assert (await ground.do("push"))["done"] == ["origin has all of agents/worker already"]
    ground.commit("more", {"b.txt": "y\n"})
    assert (await ground.ask("facts"))["unpushed"] == 1
    await ground.do("push")
    assert (await ground.ask("facts"))["unpushed"] == 0


async def test_what_others_pushed_is_never_overwritten(ground: Ground, remote: Path) -> None:
    """A remote that has other commits keeps them, also where git is configured to force."""
    ground.commit("work", {"b.txt": "x\n"})
    await ground.do("push")
    theirs = ground.commit("theirs", {"b.txt": "y\n"})
    await ground.do("push")
    ground.git("reset", "-q", "--hard", "HEAD^")
    ground.commit("ours", {"b.txt": "z\n"})
    ground.git("config", "remote.origin.push", "+refs/heads/*:refs/heads/*")
    with pytest.raises(ConflictError, match="commits on agents/worker that are not here") as caught:
        await ground.do("push")
    assert "never force" in caught.value.hint
    assert git(remote, "rev-parse", "agents/worker") == theirs


async def test_where_to_push_is_never_guessed(ground: Ground, tmp_path: Path) -> None:
    """No remote, several of them, an unknown one and a detached branch are said."""
    ground.commit("work", {"b.txt": "x\n"})
    with pytest.raises(ConflictError, match="no remote"):
        await ground.do("push")
    for name in ("one", "two"):
        git(tmp_path, "init", "-q", "--bare", name)
        ground.git("remote", "add", name, str(tmp_path / name))
    with pytest.raises(ConflictError, match="not clear") as caught:
        await ground.do("push")
    assert "one, two" in caught.value.hint
    for wrong in ("tow", "--force", "", str(tmp_path / "one")):
        with pytest.raises(UsageError):
            await ground.do("push", remote=wrong)
    await ground.do("push", remote="two")
    assert git(tmp_path / "two", "rev-parse", "agents/worker") == ground.git("rev-parse", "HEAD")
    ground.git("checkout", "-q", "--detach")
    with pytest.raises(ConflictError, match="no branch"):
        await pushes.push(ground.cli, ground.tree, "two")


async def test_a_branch_that_tracks_another_name_is_not_pushed_there(ground: Ground, remote: Path) -> None:
    """A branch that tracks the remote's main is pushed only when the remote is named, to its own name."""
    ground.git("push", "-q", "origin", "main", at=ground.repo)
    ground.git("branch", "-q", "--set-upstream-to", "origin/main")
    before = git(remote, "rev-parse", "main")
    ground.commit("work", {"b.txt": "x\n"})
    with pytest.raises(ConflictError, match="another name"):
        await ground.do("push")
    await ground.do("push", remote="origin")
    assert git(remote, "rev-parse", "main") == before
    assert git(remote, "rev-parse", "agents/worker") == ground.git("rev-parse", "HEAD")
    assert ground.git("rev-parse", "--abbrev-ref", "@{upstream}") == "origin/main"


async def test_a_remote_that_says_no(ground: Ground, remote: Path) -> None:
    """What the remote's own hook says reaches the reader."""
    hook = remote / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'no pushes on Friday' >&2\nexit 1\n")
    hook.chmod(0o755)
    ground.commit("work", {"b.txt": "x\n"})
    with pytest.raises(ConflictError, match="origin refused") as caught:
        await ground.do("push")
    assert "no pushes on Friday" in caught.value.hint


async def test_a_password_in_a_url_is_never_told(ground: Ground) -> None:
    """A remote that cannot be reached is an error without the secret of its address."""
    ground.commit("work", {"b.txt": "x\n"})
    ground.git("remote", "add", "origin", "http://me:hunter2@127.0.0.1:1/x.git?token=hunter2")
    with pytest.raises(GitError) as caught:
        await ground.do("push")
    assert "127.0.0.1" in caught.value.stderr
    assert "hunter2" not in f"{caught.value} {caught.value.stderr} {caught.value.command} {caught.value.hint}"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("fatal: 'https://me:se@cret@host/x' not found", "fatal: 'https://***@host/x' not found"),
        ("https://token@host", "https://***@host"),
        ("https://host/x?private_token=abc and more", "https://host/x?*** and more"),
        ("to git@host:x.git", "to git@host:x.git"),
        ("ssh://git@host/x", "ssh://***@host/x"),
    ],
)
def test_urls_are_cleaned(said: str, expected: str) -> None:
    """What stands before a host or behind a question mark goes, the rest stays."""
    assert pushes.without_secrets(said) == expected


async def test_a_remote_that_is_not_there(ground: Ground, tmp_path: Path) -> None:
    """Where the remote is gone, passwords are not spoken of; how to look for it is."""
    ground.commit("work", {"b.txt": "x\n"})
    ground.git("remote", "add", "origin", str(tmp_path / "gone.git"))
    with pytest.raises(GitError) as caught:
        await ground.do("push")
    assert caught.value.hint == "see whether it is there: git ls-remote origin"


@pytest.mark.parametrize(
    "said",
    [
        "fatal: Authentication failed for 'https://host/x'",
        "fatal: could not read Username for 'https://host': terminal prompts disabled",
        "git@host: Permission denied (publickey).",
        "The requested URL returned error: 403",
    ],
)
def test_a_login_that_fails_is_explained(said: str) -> None:
    """Nobody can type a password here, so what replaces it is named."""
    with pytest.raises(GitError) as caught:
        pushes._outcome(128, "", said, "origin", "main")
    assert "credential helper" in caught.value.hint
