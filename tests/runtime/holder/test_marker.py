"""The mark that a session was begun: one writer wins, durably, and whoever asks is told."""

import json
import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from constellagent.runtime.holder import marker


def test_the_first_one_begins_and_nobody_after_it(tmp_path: Path) -> None:
    """The mark names who wrote it, and a second writer changes nothing."""
    assert not marker.begun(str(tmp_path))

    assert marker.begin(str(tmp_path), 4711, "boot 12")
    assert not marker.begin(str(tmp_path), 4712, "boot 13")

    assert marker.begun(str(tmp_path))
    assert json.loads((tmp_path / marker.NAME).read_text()) == {"pid": 4711, "start": "boot 12"}


def test_it_is_private_whatever_the_umask(tmp_path: Path) -> None:
    """Nobody else reads or writes it."""
    before = os.umask(0)
    try:
        marker.begin(str(tmp_path), 1, "")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / marker.NAME).stat().st_mode) == 0o600


def _begin(folder: str, number: int) -> bool:
    return marker.begin(folder, number, "")


def test_of_many_processes_one_begins(tmp_path: Path) -> None:
    """However many start at once, one of them may run the session."""
    for round_ in range(2):
        folder = tmp_path / str(round_)
        folder.mkdir()
        with multiprocessing.get_context("spawn").Pool(4) as pool:
            won = pool.starmap(_begin, [(str(folder), number) for number in range(20)])
        assert won.count(True) == 1


def test_it_is_on_the_disk_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both the mark and its folder are flushed; power loss cannot be had in a test."""
    flushed = []
    monkeypatch.setattr(os, "fsync", lambda fd: flushed.append(os.fstat(fd).st_ino))

    marker.begin(str(tmp_path), 1, "")

    assert flushed == [(tmp_path / marker.NAME).stat().st_ino, tmp_path.stat().st_ino]


def test_a_link_in_its_place_is_a_mark(tmp_path: Path) -> None:
    """Nothing is written through what somebody put there."""
    (tmp_path / marker.NAME).symlink_to(tmp_path / "elsewhere")

    assert not marker.begin(str(tmp_path), 1, "")
    assert not (tmp_path / "elsewhere").exists()


def test_without_a_folder_nothing_was_begun_and_nothing_begins(tmp_path: Path) -> None:
    """A folder that is gone, or is none, holds no mark; writing one fails aloud."""
    (tmp_path / "file").touch()
    for place in ("gone", "file"):
        assert not marker.begun(str(tmp_path / place))
        with pytest.raises(OSError, match=place):
            marker.begin(str(tmp_path / place), 1, "")


def test_a_look_that_fails_is_no_answer(tmp_path: Path) -> None:
    """What cannot be looked at is neither begun nor not begun."""
    (tmp_path / "loop").symlink_to("loop")

    with pytest.raises(OSError, match="symbolic links"):
        marker.begun(str(tmp_path / "loop"))
