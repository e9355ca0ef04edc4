"""The files: private, whole or as they were, and nothing else is ever taken for one."""

import errno
import os
import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from constellagent.errors import WorldError
from constellagent.ravi.audit.files import Addition, Files
from constellagent.ravi.audit.lines import LONGEST_LINE, AuditError
from tests.ravi.audit.kept import uuid

A, B = uuid(1), uuid(2)


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Let the kernel refuse to make any file longer, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """The files in a folder that is not there yet."""
    return Files(tmp_path / "audit")


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_all_is_private_whatever_the_umask(files: Files, tmp_path: Path, umask: int) -> None:
    """Folder 0700 and files 0600, also where somebody had opened them wider."""
    folder = tmp_path / "audit"
    old = os.umask(umask)
    try:
        files.append([Addition(A, 0, b"one\n")])
        folder.chmod(0o777)
        files.place(A).chmod(0o666)
        files.append([Addition(A, 4, b"two\n")])
    finally:
        os.umask(old)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(files.place(A).stat().st_mode) == 0o600
    assert list(files.read(A, 0, 8)) == [b"one\n", b"two\n"]
    assert list(files.read(A, 4, 6)) == [b"tw"]
    assert (files.size(A), files.size(B)) == (8, 0)
    assert files.identities() == {A}


def test_nothing_is_there_before_the_first_line(files: Files, tmp_path: Path) -> None:
    """Looking makes neither folder nor file; strange names beside ours are passed over."""
    assert (files.identities(), files.size(A), list(files.read(A, 0, 9)), files.look(A)) == (set(), 0, [], ())
    files.cut(A, 0)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "notes.jsonl").touch()
    assert files.identities() == set()


@pytest.mark.parametrize("name", ["", "..", "../x", "A" * 36, "/etc/passwd", f"{A}\n", f"{A}.x"])
def test_only_a_uuid_names_a_file(files: Files, name: str) -> None:
    """Whatever comes over the wire, no path is made of it."""
    with pytest.raises(AuditError, match="no uuid"):
        files.append([Addition(name, 0, b"x\n")])


def odd_link(place: Path, other: Path) -> None:
    """A link to a file."""
    place.symlink_to(other)


def odd_name(place: Path, other: Path) -> None:
    """Another name of a file."""
    place.hardlink_to(other)


def odd_folder(place: Path, _: Path) -> None:
    """A folder."""
    place.mkdir()


def odd_fifo(place: Path, _: Path) -> None:
    """A fifo, opening which could hang."""
    os.mkfifo(place)


@pytest.mark.parametrize("odd", [odd_link, odd_name, odd_folder, odd_fifo])
def test_what_is_no_file_of_ours_is_refused(
    files: Files, tmp_path: Path, odd: Callable[[Path, Path], None]
) -> None:
    """Neither written to nor read, and what it leads to stays as it was."""
    other = tmp_path / "other"
    other.touch()
    files.append([Addition(B, 0, b"x\n")])
    odd(files.place(A), other)
    calls: tuple[Callable[[], object], ...] = (
        lambda: files.append([Addition(A, 0, b"x\n")]),
        lambda: files.size(A),
        lambda: list(files.read(A, 0, 9)),
    )
    for call in calls:
        with pytest.raises(AuditError, match="not a plain file") as raised:
            call()
        assert raised.value.identity == A
    assert other.read_bytes() == b""


def test_a_link_in_place_of_the_folder_is_refused(files: Files, tmp_path: Path) -> None:
    """The folder is never followed through a link."""
    (tmp_path / "other").mkdir()
    (tmp_path / "audit").symlink_to(tmp_path / "other")
    with pytest.raises(WorldError):
        files.append([Addition(A, 0, b"x\n")])
    assert list((tmp_path / "other").iterdir()) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_of_another_user_is_refused(files: Files, tmp_path: Path) -> None:
    """Whoever owns the folder could exchange every file in it."""
    (tmp_path / "audit").mkdir()
    os.chown(tmp_path / "audit", 54321, 54321)
    with pytest.raises(AuditError, match="another user"):
        files.append([Addition(A, 0, b"x\n")])


@pytest.mark.parametrize("size", [0, 3, 5])
def test_a_file_that_was_touched_is_not_added_to(files: Files, size: int) -> None:
    """Longer, shorter or gone: the line is refused, and the file stays what it is."""
    files.append([Addition(A, 0, b"one\n")])
    with pytest.raises(AuditError, match="where"):
        files.append([Addition(A, size, b"two\n")])
    assert files.place(A).read_bytes() == b"one\n"
    files.place(A).unlink()
    with pytest.raises(AuditError, match="has 0 bytes where 4"):
        files.append([Addition(A, 4, b"two\n")])
    assert not files.place(A).exists()


def test_several_files_are_all_or_nothing(files: Files) -> None:
    """Where the last of them is refused, the first ones are taken back."""
    files.append([Addition(A, 0, b"one\n"), Addition(B, 0, b"one\n")])
    with pytest.raises(AuditError):
        files.append([Addition(A, 4, b"two\n"), Addition(B, 0, b"two\n")])
    assert (files.size(A), files.size(B)) == (4, 4)


def test_a_full_disk_leaves_the_file_as_it_was(files: Files) -> None:
    """A write that is cut short is taken back, said in words, and works again with space."""
    files.append([Addition(A, 0, b"x" * 99 + b"\n"), Addition(B, 0, b"one\n")])
    with no_file_beyond(110), pytest.raises(WorldError) as raised:
        files.append([Addition(B, 4, b"two\n"), Addition(A, 100, b"y" * 99 + b"\n")])
    assert "is there space" in raised.value.hint
    assert (files.size(A), files.size(B)) == (100, 4)
    files.append([Addition(B, 4, b"two\n"), Addition(A, 100, b"y" * 99 + b"\n")])
    assert files.size(A) == 200


def test_cutting_and_setting_aside(files: Files) -> None:
    """Half a line can be removed; a whole file only gets another name, a new one each time."""
    files.append([Addition(A, 0, b"one\ntw")])
    files.cut(A, 4)
    assert files.place(A).read_bytes() == b"one\n"
    first = files.set_aside(A)
    files.append([Addition(A, 0, b"new\n")])
    second = files.set_aside(A)
    assert first is not None
    assert second is not None
    assert (first.read_bytes(), second.read_bytes()) == (b"one\n", b"new\n")
    assert files.set_aside(A) is None
    assert files.identities() == set()


def test_a_hostile_line_does_not_fill_the_memory(files: Files) -> None:
    """A file without line ends comes in pieces."""
    files.append([Addition(A, 0, b"x" * (5 * LONGEST_LINE))])
    assert {len(piece) for piece in files.read(A, 0, 5 * LONGEST_LINE)} == {LONGEST_LINE}


def test_a_folder_that_cannot_be_read_is_unknown(files: Files, tmp_path: Path) -> None:
    """What cannot be looked at is an error, and not an empty audit."""
    (tmp_path / "audit").touch()
    calls: tuple[Callable[[], object], ...] = (files.identities, lambda: files.size(A))
    for call in calls:
        with pytest.raises(WorldError):
            call()


def test_a_disk_that_fails_late_takes_all_back(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several files are waited for at once; where the disk fails for one of them, none keeps its lines."""
    uuids = [uuid(number) for number in range(1, 21)]
    files.append([Addition(name, 0, b"one\n") for name in uuids])
    bad, sync = files.place(uuids[13]).stat().st_ino, os.fsync

    def fsync(descriptor: int) -> None:
        if os.fstat(descriptor).st_ino == bad:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)  # no real disk fails on request
    with pytest.raises(WorldError, match=uuids[13]):
        files.append([Addition(name, 4, b"two\n") for name in uuids])
    assert {files.size(name) for name in uuids} == {4}
    monkeypatch.undo()
    files.append([Addition(name, 4, b"two\n") for name in uuids])
    assert {files.size(name) for name in uuids} == {8}
