"""The programs of ours on a session's PATH."""

import stat
import subprocess
from pathlib import Path

import pytest

from constellagent.errors import ConstellagentError
from constellagent.runtime import programs
from constellagent.runtime.paths import Paths
from tests.runtime.reporting import least


def test_three_programs_are_installed_once(tmp_path: Path) -> None:
    """They are private, executable, where `Paths` says, and left alone when they are there."""
    paths = Paths(tmp_path)
    installed = programs.install(paths)
    assert installed == (paths.bin / "ravi", paths.hook_program, paths.mcp_program)
    assert {stat.S_IMODE(program.stat().st_mode) for program in installed} == {0o700}
    before = [program.stat().st_mtime_ns for program in installed]
    assert [program.stat().st_mtime_ns for program in programs.install(paths)] == before


@pytest.mark.parametrize(
    ("index", "words", "code", "says"),
    [
        (1, ("working", "--verbose"), 0, b"not reported: this is no session of constellagent"),
        (2, (), 64, b"no identity to speak as"),
        (2, ("--help",), 0, b"MCP server"),
    ],
)
def test_each_starts_from_anywhere(
    tmp_path: Path, index: int, words: tuple[str, ...], code: int, says: bytes
) -> None:
    """With hardly an environment, in any folder, and with the exit code of the command it stands for."""
    program = programs.install(Paths(tmp_path))[index]
    done = subprocess.run(
        [str(program), *words],
        env=least({"HOME": str(tmp_path), "PYTHONPATH": "/nowhere"}),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert says in done.stdout + done.stderr


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    """A link in place of the folder is refused."""
    (tmp_path / "bin").symlink_to("/nowhere")
    with pytest.raises(ConstellagentError):
        programs.install(Paths(tmp_path))
