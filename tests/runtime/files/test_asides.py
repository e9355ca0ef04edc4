"""What a death left beside a file is swept, unless somebody wrote there."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.runtime.files import asides
from constellagent.runtime.files.reading import version_of
from constellagent.runtime.files.writing import remove, save


def _dead() -> int:
    """Return the pid of a process that has ended."""
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    """Open the folder of the test."""
    descriptor = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


def _names(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()]


def _left(monkeypatch: pytest.MonkeyPatch, pid: int, *contents: bytes) -> str:
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: pid)
        patch.setattr(asides, "_LIFE", "0" * 8)
        return asides.name(*contents)


def test_what_the_dead_left_goes(tmp_path: Path, folder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Either content that the name tells of is safe elsewhere; a pid that is ours again is dead too."""
    for pid, content in ((_dead(), b"old"), (_dead(), b"new"), (os.getpid(), b"old")):
        (tmp_path / _left(monkeypatch, pid, b"old", b"new")).write_bytes(content)
    asides.sweep(folder)
    assert _names(tmp_path) == []


def test_what_may_be_needed_stays(tmp_path: Path, folder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another content, a process that lives, this one, and names that are not ours are left alone."""
    names = [
        _left(monkeypatch, _dead(), b"other"),
        _left(monkeypatch, os.getppid(), b"old"),
        asides.name(b"old"),
        ".constellagent-1.tmp",
    ]
    for one in names:
        (tmp_path / one).write_bytes(b"old")
    (tmp_path / _left(monkeypatch, _dead(), b"old")).mkdir()
    asides.sweep(folder)
    assert len(_names(tmp_path)) == len(names) + 1


def test_every_change_sweeps_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A save and a removal both tidy up after one that was killed."""
    for change in ("save", "remove"):
        (tmp_path / _left(monkeypatch, _dead(), b"old")).write_bytes(b"old")
        if change == "save":
            save(tmp_path, "a", b"new", "")
            assert _names(tmp_path) == ["a"]
        else:
            remove(tmp_path, "a", version_of("100644", b"new"))
            assert _names(tmp_path) == []
