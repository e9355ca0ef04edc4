"""The file that describes a sandbox, written by the daemon and read by the outer half."""

from pathlib import Path

import pytest

from constellagent.runtime.sandbox import outline
from constellagent.runtime.sandbox.entering import read
from constellagent.runtime.sandbox.outline import Forward, Limit, Outline

LIMITS = (Limit("/g", {"pids.max": "9", "cpu.max": "1"}), Limit("/h", {"memory.max": "5"}))


@pytest.mark.parametrize("leads", [True, False])
def test_an_outline_comes_back(tmp_path: Path, *, leads: bool) -> None:
    """Every part of what is written is read, in its order; names need not be text."""
    odd = "\udcff"
    told = Outline(
        "/usr/bin/bwrap", ("--a", "", f"b{odd}"), LIMITS, (Forward(80, "/s"), Forward(81, "/t")), leads
    )
    place = tmp_path / outline.NAME
    place.write_text(outline.write(told), errors="surrogateescape")
    program, how, limits, forwards, words = read(str(place))
    assert (program, how) == ("/usr/bin/bwrap", "leading" if leads else "inside")
    assert limits == [("/g", "pids.max", "9"), ("/g", "cpu.max", "1"), ("/h", "memory.max", "5")]
    assert forwards == ["80=/s", "81=/t"]
    assert words == [b"--a", b"", b"b\xff"]


def test_the_least_that_can_be_said(tmp_path: Path) -> None:
    """No limits and no ways out."""
    (tmp_path / "told").write_text(outline.write(Outline("/b", ("-x",))))
    assert read(str(tmp_path / "told")) == ("/b", "inside", [], [], [b"-x"])


@pytest.mark.parametrize("text", ["", "/b", "/b\0inside", "/b\0inside\0x", "/b\0inside\09", "/b\0inside\00"])
def test_what_is_none_is_refused(tmp_path: Path, text: str) -> None:
    """Nothing is guessed."""
    (tmp_path / "told").write_text(text)
    with pytest.raises((ValueError, IndexError)):
        read(str(tmp_path / "told"))
