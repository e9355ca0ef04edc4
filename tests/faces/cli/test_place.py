"""Which file a command means, in real repositories and worktrees."""

import subprocess
from pathlib import Path

import pytest

from constellagent.errors import UsageError
from constellagent.faces.cli.place import constellation_file, current


def git(folder: Path, *words: str) -> None:
    """Run git for the set-up of a test."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@t.test", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def main(tmp_path: Path) -> Path:
    """Give a real repository with a constellation file and a folder in it."""
    folder = tmp_path / "main"
    (folder / "deep" / "er").mkdir(parents=True)
    git(folder, "init")
    (folder / "constellation.yaml").write_text("version: 1\n")
    (folder / "deep" / "er" / "kept").touch()
    git(folder, "add", ".")
    git(folder, "commit", "-m", "first")
    return folder


def test_nearest_upwards(main: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest file upwards is meant, and a nearer one wins."""
    monkeypatch.chdir(main / "deep" / "er")
    assert constellation_file(None) == str(main / "constellation.yaml")
    (main / "deep" / "constellation.yaml").touch()
    assert constellation_file(None) == str(main / "deep" / "constellation.yaml")


def test_from_a_worktree_the_main_checkout_decides(main: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside an agent's worktree the main checkout's file is meant, not the branch's own copy."""
    worktree = main.parent / "main.worktrees" / "docs"
    git(main, "worktree", "add", "-b", "agents/docs", str(worktree))
    (worktree / "constellation.yaml").write_text("hostile: true\n")
    for folder in (worktree, worktree / "deep" / "er"):
        monkeypatch.chdir(folder)
        assert constellation_file(None) == str(main / "constellation.yaml")


def test_a_submodule_is_its_own_repository(main: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a submodule the search ends at the submodule's top."""
    git(main, "-c", "protocol.file.allow=always", "submodule", "add", str(main), "sub")
    (main / "sub" / "constellation.yaml").write_text("version: 1\n")
    monkeypatch.chdir(main / "sub" / "deep")
    assert constellation_file(None) == str(main / "sub" / "constellation.yaml")


def test_does_not_look_above_the_repository(main: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file above the repository, which somebody else may have put there, is not taken."""
    (main / "constellation.yaml").unlink()
    (main.parent / "constellation.yaml").touch()
    monkeypatch.chdir(main)
    with pytest.raises(UsageError, match=r"no constellation\.yaml") as caught:
        constellation_file(None)
    assert "constellagent init" in caught.value.hint


def test_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a repository the reader is told so."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="not inside a git repository"):
        constellation_file(None)


def test_worktree_of_a_bare_repository(main: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worktree of a bare repository has no main checkout, so the file must be named."""
    git(main.parent, "clone", "--bare", str(main), "bare")
    git(main.parent / "bare", "worktree", "add", "../linked", "-b", "x")
    monkeypatch.chdir(main.parent / "linked")
    with pytest.raises(UsageError, match="no main checkout"):
        constellation_file(None)


def test_a_damaged_pointer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `.git` file that cannot be read is an error in words."""
    (tmp_path / ".git").write_bytes(b"gitdir: \xff\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="cannot be read"):
        constellation_file(None)


def test_a_named_file(main: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A named file is taken as it is, relative to here; a missing one is an error."""
    monkeypatch.chdir(main / "deep")
    assert constellation_file("../constellation.yaml") == str(main / "deep" / "../constellation.yaml")
    with pytest.raises(UsageError, match=r"there is no file nope\.yaml"):
        constellation_file("nope.yaml")


def test_a_current_folder_that_was_deleted_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stands in a folder that is gone is told so, whether a file is named or not."""
    (gone := tmp_path / "gone").mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    for ask in (current, lambda: constellation_file(None), lambda: constellation_file("constellation.yaml")):
        with pytest.raises(UsageError, match="current folder was deleted"):
            ask()
