"""What errors say of the space that is left."""

import errno
import os
import re
import shutil
from pathlib import Path

import pytest

from constellagent import space

FREE = re.compile(r" \([\d,]+ bytes free\)")


def test_the_disk_of_what_is_there_and_of_what_is_not(tmp_path: Path) -> None:
    """A file that could not be made has the disk of the folder that is there, and so has one below a file."""
    file = tmp_path / "file"
    file.write_text("")
    for place in (tmp_path, file, tmp_path / "none" / "deeper", file / "below"):
        assert FREE.fullmatch(space.left(place))


@pytest.mark.parametrize("error", [PermissionError(), ValueError("null byte")])
def test_a_disk_that_nobody_can_look_at(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Where it cannot be said, nothing is said: the error that it belongs to comes first."""

    def refuse(_: Path) -> None:
        raise error

    monkeypatch.setattr(shutil, "disk_usage", refuse)
    assert space.left(Path("/")) == ""


def test_only_a_full_disk_is_measured(tmp_path: Path) -> None:
    """Whoever may not write there is not told of space."""
    full, shut = (OSError(number, os.strerror(number)) for number in (errno.ENOSPC, errno.EACCES))
    assert re.fullmatch(r"No space left on device \([\d,]+ bytes free\)", space.told(full, tmp_path))
    assert space.told(shut, tmp_path) == "Permission denied"
    assert space.told(OSError("odd"), tmp_path) == "odd"


def test_what_a_program_says_of_a_full_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The disk is that of the path that it names, and that of its folder where it names none."""
    looked: list[Path] = []

    def look(place: Path) -> str:
        looked.append(place)
        return " (1 bytes free)"

    monkeypatch.setattr(space, "left", look)
    said = space.of_program("fatal: could not write to '/tree/.git': No space left on device\n", tmp_path)
    assert said == "fatal: could not write to '/tree/.git': No space left on device (1 bytes free)"
    space.of_program("error: big.txt: No space left on device", tmp_path)
    assert looked == [Path("/tree/.git"), tmp_path]
    assert space.of_program("fatal: no such branch '/a'\n", tmp_path) == "fatal: no such branch '/a'\n"
