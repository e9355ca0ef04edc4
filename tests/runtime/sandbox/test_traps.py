"""Tests for what is put up outside while the battery runs."""

import socket
from pathlib import Path

from constellagent.runtime.sandbox.traps import set_up


def test_everything_is_there_for_as_long_as_it_is_needed(tmp_path: Path) -> None:
    """Files, and a listener; nothing is left of them. A folder that takes no file has none."""
    with set_up([tmp_path, tmp_path / "not-there"]) as traps:
        (file,) = traps.files
        assert file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0
        assert traps.name in file.name
        with socket.create_connection(("127.0.0.1", traps.port), 5):
            pass

    assert list(tmp_path.iterdir()) == []


def test_no_two_have_the_same_name(tmp_path: Path) -> None:
    """Two batteries may run at once."""
    with set_up([tmp_path]) as one, set_up([tmp_path]) as other:
        assert one.name != other.name
        assert len(list(tmp_path.iterdir())) == 2
