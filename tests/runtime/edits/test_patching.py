"""Hunks as values, and any subset of them."""

import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import ConflictError
from constellagent.runtime.edits.patching import Hunk, apply, parse, split

_LINES = st.lists(
    st.sampled_from(
        [b"a", b"b", b"", b"a\r", b"\xff\xfe", b"\\ No newline", b"@@ -1 +1 @@", b"-- x", b"++ y"]
    ),
    max_size=14,
)
_CONTENT = st.builds(
    lambda lines, end: b"\n".join(lines) + (b"\n" if lines and end else b""), _LINES, st.booleans()
)


def _diff(old: bytes, new: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "old").write_bytes(old)
        (Path(folder) / "new").write_bytes(new)
        done = subprocess.run(
            ["git", "diff", "-U0", "--text", "--no-index", "old", "new"],
            cwd=folder,
            capture_output=True,
            check=False,
            timeout=30,
        )
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


@given(_CONTENT, _CONTENT, st.data())
def test_any_hunks_and_then_the_rest_are_all(old: bytes, new: bytes, data: st.DataObject) -> None:
    """All hunks make the new side, backwards the old one, and any of them leave the rest to be applied."""
    hunks = parse(_diff(old, new))
    assert apply(old, hunks) == new
    assert apply(new, [hunk.turned() for hunk in hunks]) == old
    some = [hunk for hunk in hunks if data.draw(st.booleans())]
    part = apply(old, some)
    rest = parse(_diff(part, new))
    assert apply(part, rest) == new
    assert len(rest) <= len(hunks)


@given(st.binary(max_size=100))
def test_lines_joined_are_the_content(content: bytes) -> None:
    """Splitting loses nothing, and only a line feed ends a line."""
    lines = split(content)
    assert b"".join(lines) == content
    assert all(b"\n" not in line[:-1] for line in lines)
    assert all(line.endswith(b"\n") for line in lines[:-1])


def test_a_hunk_whose_lines_are_elsewhere_is_refused() -> None:
    """Old lines that are not in their place, or are meant twice, change nothing."""
    hunk = Hunk(2, 2, (b"two\n",), (b"2\n",))
    assert apply(b"one\ntwo\n", [hunk]) == b"one\n2\n"
    for content in (b"one\nthree\n", b"one\n", b""):
        with pytest.raises(ConflictError):
            apply(content, [hunk])
    with pytest.raises(ConflictError):
        apply(b"one\ntwo\n", [hunk, hunk])


def test_a_hunk_is_shown_as_a_patch_shows_it() -> None:
    """Signs, carriage returns, odd bytes and a missing last line feed are all visible."""
    hunk = Hunk(1, 1, (b"a\r\n", b"b"), (b"\xff\n",))
    assert hunk.lines() == ["-a\r", "-b", "\\ No newline at end of file", "+\udcff"]
    assert hunk.id("x") == hunk.id("x")
    assert len({hunk.id("x"), hunk.id("y"), hunk.turned().id("x")}) == 3


def test_binary_content_has_no_hunks() -> None:
    """What git calls binary is only ever staged whole."""
    assert parse(b"diff --git a/x b/x\nindex 1..2 100644\nBinary files a/x and b/x differ\n") == []
