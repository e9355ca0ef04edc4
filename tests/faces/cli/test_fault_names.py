"""Faults at points that there are not: told, and nothing is begun."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from constellagent.errors import UsageError
from constellagent.faces.cli.fault_names import check
from constellagent.failpoints import VARIABLE


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "worktree.add:after",
        "file.commit.state:before=full@9, file.backup.provider:after",
        "holder.status:before@2,provider.key.mint:after=error",
    ],
)
def test_points_of_the_program_are_taken(asked: str) -> None:
    """Names of all enumerations, with a kind and a count or without, and of the durable files."""
    check(asked)


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("nonsense:before", ""),
        ("worktree.ad:after", "worktree.add"),
        ("worktree.add", ""),
        ("worktree.add:during", ""),
        ("worktree.add:after,file.commit.stat:before", "file.commit.state"),
        ("file.commit:before", ""),
    ],
)
def test_others_are_refused(asked: str, near: str) -> None:
    """What is no point is named, with the nearest that is one."""
    with pytest.raises(UsageError, match="there is no point") as refused:
        check(asked)
    assert near in refused.value.message.partition("did you mean ")[2]


@pytest.mark.parametrize("words", [("daemon", "run"), ("status",)])
def test_a_process_with_a_misspelt_fault_does_not_start(words: tuple[str, ...]) -> None:
    """Exit 64, and not even the state folder is made."""
    with tempfile.TemporaryDirectory(prefix="ca-") as folder:
        home = Path(folder) / "home"
        done = subprocess.run(
            [sys.executable, "-m", "constellagent", *words],
            env={**os.environ, "CONSTELLAGENT_HOME": str(home), VARIABLE: "worktree.ad:before"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 64, done.stderr
        assert "did you mean worktree.add?" in done.stderr
        assert not home.exists()
