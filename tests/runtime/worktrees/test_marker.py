"""The marker in git's folder of a worktree."""

import json
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constellagent.errors import ConflictError, WorldError
from constellagent.runtime.worktrees import marker
from constellagent.runtime.worktrees.marker import Marker

NAMES = st.text(max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.builds(
        Marker,
        NAMES,
        NAMES,
        st.booleans(),
        st.booleans(),
        st.dictionaries(NAMES, NAMES),
        st.lists(NAMES).map(tuple),
    )
)
def test_what_is_written_is_read(tmp_path: Path, written: Marker) -> None:
    """Every marker comes back as it was, in a private file, whatever names of files are in it."""
    marker.write(tmp_path, written)
    assert marker.read(tmp_path) == written
    assert stat.S_IMODE((tmp_path / "constellagent.json").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["constellagent.json"]


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """Names of files that are no text survive."""
    written = Marker("c", "a", included={"odd\udcff": "x"})
    marker.write(tmp_path, written)
    assert marker.read(tmp_path) == written


def test_absent(tmp_path: Path) -> None:
    """No file, no marker."""
    assert marker.read(tmp_path) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=60)
    | st.recursive(st.none() | st.booleans() | NAMES, st.lists).map(lambda v: json.dumps(v).encode())
)
def test_damage_is_never_taken_for_absence(tmp_path: Path, content: bytes) -> None:
    """A file that is no marker is an error, because nothing is known of the worktree then."""
    (tmp_path / "constellagent.json").write_bytes(content)
    with pytest.raises(ConflictError):
        marker.read(tmp_path)


def test_folder_that_is_gone(tmp_path: Path) -> None:
    """A marker that cannot be written is an error that names the file."""
    with pytest.raises(WorldError, match=r"gone/constellagent\.json"):
        marker.write(tmp_path / "gone", Marker("c", "a"))
