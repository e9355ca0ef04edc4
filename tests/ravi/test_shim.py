"""Where the `ravi` command of sessions is put, and that nothing an agent has changes what it runs."""

import json
import stat
import sys
from pathlib import Path

import pytest

from constellagent.errors import ConstellagentError
from constellagent.ravi.shim import install
from tests.ravi.shim_program.running import Shim, installed


async def test_variables_and_files_of_an_agent_do_not_change_the_program(tmp_path: Path) -> None:
    """Neither `PYTHONPATH` nor a module in the current folder gets loaded."""
    shim = installed(tmp_path)
    (tmp_path / "json.py").write_text("raise SystemExit('hijacked')")
    got = await shim.run("version", "--plain", env={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path)
    assert got.returncode == 0
    assert "hijacked" not in got.stderr


async def test_a_long_or_spaced_interpreter_path_works(tmp_path: Path) -> None:
    """Where the first line could not hold the interpreter, a small shell script starts it."""
    for name in ("with space's", "x" * 150):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "python").symlink_to(sys.executable)
        program = install(tmp_path / "bin", str(folder / "python"))
        assert program.read_text().startswith("#!/bin/sh\n")
        got = await Shim(program, tmp_path).run("auth", "status", "--json")
        assert (got.returncode, json.loads(got.stdout)) == (0, {"authenticated": False})


def test_installing_again_changes_nothing(tmp_path: Path) -> None:
    """The program is private, executable, and keeps its time stamp when it is the same."""
    program = install(tmp_path / "bin")
    before = program.stat()
    assert stat.S_IMODE(before.st_mode) == 0o700
    assert install(tmp_path / "bin").stat().st_mtime_ns == before.st_mtime_ns


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    """A link in place of the folder is refused."""
    (tmp_path / "bin").symlink_to("/nowhere")
    with pytest.raises(ConstellagentError):
        install(tmp_path / "bin")
