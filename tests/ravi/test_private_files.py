"""Private files: modes, atomic replacement, and links that somebody planted."""

import os
import stat
from pathlib import Path

import pytest

from constellagent.errors import ConstellagentError
from constellagent.ravi.private_files import create_private, read_private, write_private


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_modes_do_not_depend_on_the_umask(tmp_path: Path, umask: int) -> None:
    """A new folder gets 0700 and a new file the mode that was asked for."""
    old = os.umask(umask)
    try:
        assert write_private(tmp_path / "p", "secret", b"1")
        assert write_private(tmp_path / "p", "program", b"2", mode=0o700)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "p").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "p" / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "p" / "program").stat().st_mode) == 0o700


def test_equal_content_is_not_written_again(tmp_path: Path) -> None:
    """The time stamp and the inode stay, and nothing is left beside the file."""
    write_private(tmp_path / "p", "f", b"same")
    before = (tmp_path / "p" / "f").stat()
    assert not write_private(tmp_path / "p", "f", b"same")
    after = (tmp_path / "p" / "f").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert [entry.name for entry in (tmp_path / "p").iterdir()] == ["f"]


def test_modes_that_were_loosened_are_mended(tmp_path: Path) -> None:
    """Equal content with a readable mode is made private again, folder and file."""
    write_private(tmp_path / "p", "f", b"same")
    (tmp_path / "p" / "f").chmod(0o644)
    (tmp_path / "p").chmod(0o755)
    assert write_private(tmp_path / "p", "f", b"same")
    assert stat.S_IMODE((tmp_path / "p" / "f").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "p").stat().st_mode) == 0o700


def test_replaced_content_can_be_kept(tmp_path: Path) -> None:
    """What somebody else wrote survives under another name, as private as the new file."""
    write_private(tmp_path / "p", "f", b"theirs")
    write_private(tmp_path / "p", "f", b"ours", keep="f.before")
    assert (tmp_path / "p" / "f").read_bytes() == b"ours"
    assert (tmp_path / "p" / "f.before").read_bytes() == b"theirs"
    assert stat.S_IMODE((tmp_path / "p" / "f.before").stat().st_mode) == 0o600


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    """Neither a linked folder nor a linked file leads a write or a read elsewhere."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "f").write_bytes(b"victim")
    (tmp_path / "linked").symlink_to(outside)
    for use in (
        lambda: write_private(tmp_path / "linked", "f", b"x"),
        lambda: read_private(tmp_path / "linked", "f"),
    ):
        with pytest.raises(ConstellagentError):
            use()
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "f").symlink_to(outside / "f")
    with pytest.raises(ConstellagentError):
        write_private(tmp_path / "p", "f", b"x")
    assert (outside / "f").read_bytes() == b"victim"


def test_a_planted_fifo_does_not_hang(tmp_path: Path) -> None:
    """Something that is no plain file is refused at once."""
    (tmp_path / "p").mkdir()
    os.mkfifo(tmp_path / "p" / "f")
    with pytest.raises(ConstellagentError, match="plain file"):
        read_private(tmp_path / "p", "f")


def test_what_is_missing_reads_as_none(tmp_path: Path) -> None:
    """A missing file and a missing folder are both just absent."""
    assert read_private(tmp_path, "f") is None
    assert read_private(tmp_path / "gone", "f") is None


def test_the_first_creation_stays(tmp_path: Path) -> None:
    """A second creation returns what the first one wrote."""
    assert create_private(tmp_path / "p", "f", b"first") == b"first"
    assert create_private(tmp_path / "p", "f", b"second") == b"first"


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    """An error of the disk names the file and says what to look at."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConstellagentError, match="cannot write") as raised:
        write_private(tmp_path / "file" / "p", "f", b"x")
    assert raised.value.hint


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the data cannot be made durable, neither the file nor a part of it remains.

    `os.fsync` is replaced because a disk that is full at that moment cannot be arranged.
    """

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    write_private(tmp_path / "p", "f", b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConstellagentError, match="No space left"):
        write_private(tmp_path / "p", "f", b"new")
    assert [entry.name for entry in (tmp_path / "p").iterdir()] == ["f"]
    assert (tmp_path / "p" / "f").read_bytes() == b"old"
