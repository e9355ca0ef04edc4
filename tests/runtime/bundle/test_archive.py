"""The archive is private, the same each time, and replaces nothing."""

import os
import tarfile
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, WorldError
from constellagent.runtime.bundle import archive

FILES = {"b/two.json": b"2", "a.json": b"1"}


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_it_is_private_and_in_order(tmp_path: Path, umask: int) -> None:
    """Its mode is 0600 whatever the umask, its files lie in one folder, and nobody's name is in it."""
    place = tmp_path / "r.tar.gz"
    before = os.umask(umask)
    try:
        size = archive.write(place, "report", FILES, 1_700_000_000)
    finally:
        os.umask(before)
    assert place.stat().st_mode & 0o777 == 0o600
    assert place.stat().st_size == size
    with tarfile.open(place) as opened:
        entries = opened.getmembers()
    assert [entry.name for entry in entries] == ["report/a.json", "report/b/two.json"]
    assert {(entry.mode, entry.mtime, entry.uname, entry.uid) for entry in entries} == {
        (0o600, 1_700_000_000, "", 0)
    }


def test_the_same_content_is_the_same_archive(tmp_path: Path) -> None:
    """Byte for byte, in whatever order the files come."""
    archive.write(tmp_path / "one", "report", FILES, 5)
    archive.write(tmp_path / "two", "report", dict(reversed(FILES.items())), 5)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_nothing_is_replaced_or_followed(tmp_path: Path) -> None:
    """Neither a file nor a link that leads nowhere gives way."""
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("file", "link"):
        with pytest.raises(ConflictError, match="exists already"):
            archive.refuse_taken(tmp_path / name)
        with pytest.raises(ConflictError, match="exists already"):
            archive.write(tmp_path / name, "report", FILES, 5)
    assert (tmp_path / "file").read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """The error names the place and what to do."""
    with pytest.raises(WorldError, match="No such file or directory") as failed:
        archive.write(tmp_path / "no" / "r.tar.gz", "report", FILES, 5)
    assert "--out" in failed.value.hint
