"""Two names exchange what they name."""

import ctypes
import errno
import os
from pathlib import Path

import pytest

from constellagent.runtime.files import swapping


def test_two_names_exchange_their_files(tmp_path: Path) -> None:
    """Afterwards each name has the other's file."""
    (tmp_path / "one").write_text("1")
    (tmp_path / "other").write_text("2")
    folder = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        assert swapping.exchange(folder, "one", "other")
    finally:
        os.close(folder)
    assert ((tmp_path / "one").read_text(), (tmp_path / "other").read_text()) == ("2", "1")


def test_a_missing_name_is_an_error(tmp_path: Path) -> None:
    """With only one of the two there nothing is exchanged."""
    (tmp_path / "one").write_text("1")
    folder = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with pytest.raises(FileNotFoundError):
            swapping.exchange(folder, "one", "none")
    finally:
        os.close(folder)
    assert (tmp_path / "one").read_text() == "1"


@pytest.mark.parametrize("answer", [None, errno.ENOSYS, errno.EINVAL])
def test_a_system_that_cannot_says_so(monkeypatch: pytest.MonkeyPatch, answer: int | None) -> None:
    """Without the call, or where the file system refuses it, the answer is no and no error."""

    def refuse(*_: object) -> int:
        ctypes.set_errno(answer or 0)
        return -1

    monkeypatch.setattr(swapping, "_call", lambda: refuse if answer else None)
    assert not swapping.exchange(0, "a", "b")
