"""What is known to be secret without asking anybody: in addresses of git, and in the words of a file."""

from pathlib import Path

import pytest

from constellagent.runtime.bundle import known
from constellagent.runtime.paths import Paths

FILE = """\
version: 1
name: x
agents:
  a:
    command: [sh, -c, "echo pw=tiger-lily-77; python3.11 -m x"]
"""


def test_words_of_commands_are_known(tmp_path: Path) -> None:
    """A word with a digit is a secret without what is around it; names of programs are none."""
    file = tmp_path / "constellation.yaml"
    file.write_text(FILE)
    secrets = known.gather(Paths(tmp_path / "home"), {}, file).secrets
    assert "tiger-lily-77" in secrets
    assert "python3.11" not in secrets


def test_passwords_in_the_settings_of_git_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they are written, and as they are."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".git-credentials").write_text("https://bob:sword%20fish99@example.com\n")
    found = known.gather(Paths(tmp_path / "home"), {})
    assert {"sword%20fish99", "sword fish99"} <= found.secrets
    assert found.faults == []
