"""Which agents' programs are on PATH."""

from pathlib import Path
from typing import get_args

import pytest

from constellagent.agents.start import KINDS
from constellagent.faces.cli import programs
from constellagent.spec.models import Kind


def test_found_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only programs that can be started count."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "claude").touch(mode=0o755)
    (tmp_path / "codex").touch(mode=0o644)
    assert programs.found() == {"claude": str(tmp_path / "claude")}


def test_every_kind_is_looked_for() -> None:
    """Each kind of the language has its program, but for `command`, which names its own."""
    assert set(programs.PROGRAMS) == set(get_args(Kind)) - {"command"}
    assert {name: kind.program for name, kind in KINDS.items() if kind.program} == programs.PROGRAMS
