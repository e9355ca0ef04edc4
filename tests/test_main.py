"""The beginning of the program."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(flag: str) -> None:
    """The version is one line, and neither typer nor a model is loaded for it."""
    code = """
import sys
from constellagent.__main__ import main
code = main()
assert not {'typer', 'pydantic', 'json'} & set(sys.modules)
sys.exit(code)
"""
    ran = subprocess.run([sys.executable, "-c", code, flag], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("constellagent 0.")


def test_exit_code_reaches_the_shell() -> None:
    """What a command returns is what the process exits with."""
    ran = subprocess.run(
        [sys.executable, "-m", "constellagent", "zzz"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 64
    assert ran.stderr.startswith("error: no such command")


def test_interrupt_while_loading(tmp_path: Path) -> None:
    """Ctrl-C before anything is loaded ends with 130 and no traceback."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'constellagent.faces.cli.boundary':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
    )
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-m", "constellagent", "status"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (128 + signal.SIGINT, "", "")
