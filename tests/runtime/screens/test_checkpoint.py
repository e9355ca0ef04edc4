"""Checkpoints on disk: whole or not at all, private, and never trusted when damaged."""

import json
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constellagent.runtime.screens import checkpoint
from constellagent.runtime.screens.checkpoint import Checkpoint

ONE = Checkpoint(7, 24, 80, "engine", "release 1", b"\x00\n\xff" * 100, {"Title": {"at": 1.5, "text": "x"}})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A checkpoint comes back as it was, from a file that only its user may read."""
    checkpoint.write(tmp_path, ONE)
    checkpoint.write(tmp_path, replace(ONE, offset=8))

    assert checkpoint.read(tmp_path) == replace(ONE, offset=8)
    assert [path.name for path in tmp_path.iterdir()] == ["screen"]
    assert (tmp_path / "screen").stat().st_mode & 0o777 == 0o600


def test_none_is_none(tmp_path: Path) -> None:
    """Without a file there is no checkpoint."""
    assert checkpoint.read(tmp_path) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_is_none(tmp_path: Path, data: st.DataObject) -> None:
    """A file that was cut, or in which a byte has changed, counts as no checkpoint."""
    checkpoint.write(tmp_path, ONE)
    path = tmp_path / "screen"
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(2, len(content) - 1))  # the first two bytes only tell how it was packed
    cut = data.draw(st.booleans())
    if cut:
        del content[at:]
    else:
        content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    found = checkpoint.read(tmp_path)

    assert found is None or (found == ONE and not cut)  # the packed form ends in a few bits that mean nothing


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"screen",
        zlib.compress(b"no json\n"),
        zlib.compress(b"[]\n"),
        zlib.compress(b'{"format": 1}\n'),
        zlib.compress(json.dumps({"format": 2}).encode()),
    ],
)
def test_what_another_release_wrote_is_none(tmp_path: Path, content: bytes) -> None:
    """A file that makes no sense to this release counts as no checkpoint."""
    (tmp_path / "screen").write_bytes(content)

    assert checkpoint.read(tmp_path) is None


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Neither a planted link is read nor written through."""
    (tmp_path / "elsewhere").write_bytes(b"")
    (tmp_path / "screen").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "screen.new").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="screen"):
        checkpoint.read(tmp_path)
    with pytest.raises(OSError, match="screen"):
        checkpoint.write(tmp_path, ONE)
    assert (tmp_path / "elsewhere").read_bytes() == b""


def test_a_disk_that_refuses_leaves_the_one_before(tmp_path: Path) -> None:
    """Nothing is lost where the new file cannot be put in place."""
    (tmp_path / "screen").mkdir()

    with pytest.raises(OSError, match="screen"):
        checkpoint.write(tmp_path, ONE)
    assert [path.name for path in tmp_path.iterdir()] == ["screen"]
