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


TELLING = """\
version: 1
name: x
agents:
  a:
    command: [run, --db-password, hunter-of-hares, "--token=moonlight", "--pass=$TOLD"]
    setup: [{shell: "PGPASS=nightingale psql; echo secret='over the hill'"}]
    env:
      set:
        DB_PASSWORD: swordfish
        PIN: "493817"
        CARD_PIN: 271828
        mysql_pwd: tournament
        API_TOKEN: hunterhunter
        SESSION_KEY: /swordfish
        GREETING: welcome
        VERIFY_AUTH: disabled
        AUTH_METHOD: password
        GIT_ASKPASS: /usr/bin/askpass
        KEY_FILE: secrets
        MAX_TOKENS: "128000"
        KEYBOARD: qwertyui
        SPINNING: "314159"
        PWD: somewhere
"""
TAKEN = {"swordfish", "493817", "271828", "tournament", "hunterhunter", "/swordfish"}
TAKEN_OF_COMMANDS = {"hunter-of-hares", "moonlight", "nightingale", "over the hill"}


def test_a_plain_word_is_known_where_its_name_tells(tmp_path: Path) -> None:
    """An everyday word is a secret under such a name; a switch, a path, a file and a number are not."""
    file = tmp_path / "constellation.yaml"
    file.write_text(TELLING)
    secrets = known.gather(Paths(tmp_path / "home"), {}, file).secrets
    values = known.parse(TELLING)["agents"]["a"]["env"]["set"]
    assert {str(value) for value in values.values()} & secrets == TAKEN
    assert secrets >= TAKEN_OF_COMMANDS
    assert not {"$TOLD", "welcome", "-of-"} & secrets


def test_a_plain_word_of_the_shell_is_known_where_its_name_tells(tmp_path: Path) -> None:
    """The variables of the person's shell are judged by the same names."""
    environ = {name: str(value) for name, value in known.parse(TELLING)["agents"]["a"]["env"]["set"].items()}
    environ |= {
        "PGPASSWORD": "correcthorse",
        "SSH_ASKPASS": "/usr/lib/ssh/ssh-askpass",
        "A_TOKEN": "sw0rd-fish",
    }
    found = known.gather(Paths(tmp_path / "home"), environ)
    assert found.secrets & set(environ.values()) == TAKEN | {"correcthorse", "sw0rd-fish"}


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
