"""Saving and removing, and never over somebody else's work."""

import os
import threading
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, UsageError
from constellagent.runtime.files import writing
from constellagent.runtime.files.reading import read, version_of
from constellagent.runtime.files.swapping import exchange
from constellagent.runtime.files.writing import ChangedError, remove, save


def _names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))  # noqa: PTH208 - names are enough


def test_a_save_keeps_the_mode_and_leaves_nothing_else(tmp_path: Path) -> None:
    """The new content is there under the old mode, and no other file."""
    file = tmp_path / "run.sh"
    file.write_bytes(b"old")
    file.chmod(0o750)
    found = save(tmp_path, "run.sh", b"new", version_of("100755", b"old"))
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o750
    assert found.version == read(tmp_path, "run.sh").version == version_of("100755", b"new")
    assert _names(tmp_path) == ["run.sh"]


def test_a_new_file_gets_its_folders_and_their_openness(tmp_path: Path) -> None:
    """Folders are made, and what is new is as open to others as the worktree, whatever our umask."""
    tmp_path.chmod(0o755)
    before = os.umask(0o077)
    try:
        save(tmp_path, "a/b/c.txt", b"x", "")
    finally:
        os.umask(before)
    assert (tmp_path / "a/b/c.txt").read_bytes() == b"x"
    assert (tmp_path / "a/b/c.txt").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "a/b").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("version", ["", "0" * 64])
def test_a_file_that_is_something_else_stays(tmp_path: Path, version: str) -> None:
    """Neither a new file nor an older version is written over what is there; the error says what is."""
    (tmp_path / "a").write_bytes(b"theirs")
    with pytest.raises(ChangedError) as caught:
        save(tmp_path, "a", b"ours", version)
    assert caught.value.details() == {
        "path": "a",
        "version": version_of("100644", b"theirs"),
        "found": "file",
    }
    assert caught.value.found.content == b"theirs"
    assert (tmp_path / "a").read_bytes() == b"theirs"
    assert _names(tmp_path) == ["a"]


def test_a_file_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    """Saving a version of a file that was removed is a conflict, also where its folder is gone."""
    for path in ("a", "gone/a"):
        with pytest.raises(ChangedError, match="is gone"):
            save(tmp_path, path, b"ours", version_of("100644", b"old"))
    assert _names(tmp_path) == []


def test_c8_nothing_is_written_through_a_link_or_out_of_the_tree(tmp_path: Path) -> None:
    """A link, in the end or on the way, is refused; what it points to stays."""
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    tree.mkdir()
    outside.mkdir()
    (outside / "x").write_text("x")
    (tree / "link").symlink_to(outside / "x")
    (tree / "folder").symlink_to(outside)
    with pytest.raises(UsageError, match="symbolic link"):
        save(tree, "link", b"no", read(tree, "link").version)
    for path, version in (("folder/x", version_of("100644", b"x")), ("folder/new", "")):
        with pytest.raises(ConflictError):
            save(tree, path, b"no", version)
        with pytest.raises(ConflictError):
            remove(tree, path, version_of("100644", b"x"))
    with pytest.raises(UsageError):
        save(tree, ".git/config", b"no", "")
    (tree / "sub").mkdir()
    with pytest.raises(UsageError, match="a folder"):
        save(tree, "sub", b"no", "")
    assert _names(outside) == ["x"]
    assert (outside / "x").read_text() == "x"


def test_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    """Saving what is there keeps the very file."""
    (tmp_path / "a").write_bytes(b"x")
    before = (tmp_path / "a").stat().st_ino
    save(tmp_path, "a", b"x", version_of("100644", b"x"))
    assert (tmp_path / "a").stat().st_ino == before


@pytest.mark.parametrize("by_rename", [True, False])
def test_a_write_at_the_last_moment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_rename: bool
) -> None:
    """Somebody who writes between our last look and the swap keeps what they wrote."""
    file = tmp_path / "a"
    file.write_bytes(b"old")
    calls: list[str] = []

    def late(folder: int, one: str, other: str) -> bool:
        if not calls:
            if by_rename:
                (tmp_path / "new").write_bytes(b"theirs")
                (tmp_path / "new").rename(file)
            else:
                file.write_bytes(b"theirs")
        calls.append(one)
        return exchange(folder, one, other)

    monkeypatch.setattr(writing, "exchange", late)
    with pytest.raises(ChangedError) as caught:
        save(tmp_path, "a", b"ours", version_of("100644", b"old"))
    assert caught.value.found.content == b"theirs"
    assert file.read_bytes() == b"theirs"
    assert _names(tmp_path) == ["a"]


def test_where_names_cannot_be_exchanged_a_rename_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a file system without exchange a save is still whole, and still refuses what it can see."""
    monkeypatch.setattr(writing, "exchange", lambda *_: False)
    (tmp_path / "a").write_bytes(b"old")
    save(tmp_path, "a", b"ours", version_of("100644", b"old"))
    assert (tmp_path / "a").read_bytes() == b"ours"
    with pytest.raises(ChangedError):
        save(tmp_path, "a", b"more", version_of("100644", b"old"))
    assert _names(tmp_path) == ["a"]


def test_savers_in_a_race_lose_no_line(tmp_path: Path) -> None:
    """Of many that add a line to the same file at once, each one whose save was taken is in the file."""
    (tmp_path / "log").write_bytes(b"")
    taken: list[bytes] = []

    def add(name: bytes) -> None:
        for number in range(8):
            line = name + b"%d\n" % number
            for _ in range(200):
                found = read(tmp_path, "log")
                assert found.content is not None
                try:
                    save(tmp_path, "log", found.content + line, found.version)
                except ChangedError:
                    continue
                taken.append(line)
                break

    savers = [threading.Thread(target=add, args=(name,)) for name in (b"a", b"b", b"c")]
    for saver in savers:
        saver.start()
    for saver in savers:
        saver.join()
    assert taken
    assert sorted((tmp_path / "log").read_bytes().splitlines(keepends=True)) == sorted(taken)
    assert _names(tmp_path) == ["log"]


def test_a_removed_file_takes_its_empty_folders_along(tmp_path: Path) -> None:
    """A file or link that is what was seen goes, with folders that only it kept."""
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c").write_bytes(b"x")
    (tmp_path / "a/link").symlink_to("nowhere")
    assert remove(tmp_path, "a/b/c", version_of("100644", b"x")).content == b"x"
    assert _names(tmp_path / "a") == ["link"]
    remove(tmp_path, "a/link", version_of("120000", b"nowhere"))
    assert _names(tmp_path) == []


def test_what_is_not_what_was_seen_is_not_removed(tmp_path: Path) -> None:
    """A changed file, a missing one and a folder stay as they are."""
    (tmp_path / "a").write_bytes(b"theirs")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ChangedError):
        remove(tmp_path, "a", version_of("100644", b"old"))
    with pytest.raises(ChangedError, match="is gone"):
        remove(tmp_path, "none", "")
    with pytest.raises(UsageError):
        remove(tmp_path, "folder", "")
    assert _names(tmp_path) == ["a", "folder"]


@pytest.mark.parametrize("taken", [False, True])
def test_a_write_at_the_last_moment_stops_a_removal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    """What was written after our last look comes back; where its place is taken it stays beside it."""
    file = tmp_path / "a"
    file.write_bytes(b"old")
    rename = os.rename

    def late(one: str, other: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        file.write_bytes(b"theirs")
        rename(one, other, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        if taken:
            file.write_bytes(b"newer")

    monkeypatch.setattr(os, "rename", late)
    with pytest.raises(ConflictError):
        remove(tmp_path, "a", version_of("100644", b"old"))
    contents = sorted((tmp_path / name).read_bytes() for name in _names(tmp_path))
    assert contents == ([b"newer", b"theirs"] if taken else [b"theirs"])
