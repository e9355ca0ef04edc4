"""Where the management key comes from: three places, one order, and never a word of the key itself."""

import json
import os
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, ConstellagentError, UnavailableError
from constellagent.runtime import hosted_key

SETTING, SHELL, LOGIN = "ravi_mgmt_setting", "ravi_mgmt_shell", "ravi_mgmt_login"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file as the vendor's client writes it."""
    path = tmp_path / "config.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps({"management_key": LOGIN, "identity_key": "ravi_id_x", "user_email": "a@b"}))
    return path


@pytest.mark.parametrize(
    ("setting", "shell", "value", "source"),
    [
        (SETTING, SHELL, SETTING, "CONSTELLAGENT_RAVI_API_KEY"),
        ("", SHELL, SHELL, "RAVI_API_KEY of the shell"),
        ("", "", LOGIN, "config.json"),
    ],
)
def test_the_order(file: Path, setting: str, shell: str, value: str, source: str) -> None:
    """The daemon's setting wins over the shell's variable, and that over the file of the login."""
    found = hosted_key.find(setting, shell, file)
    assert found.value == value
    assert source in found.source
    assert value not in repr(found)


def test_a_login_counts_at_once_and_a_logout_too(tmp_path: Path) -> None:
    """The file is read each time; without it there is no key, and the three ways to give one are said."""
    file = tmp_path / ".ravi" / "config.json"
    with pytest.raises(UnavailableError) as raised:
        hosted_key.find("", "", file)
    for way in ("ravi auth login", "RAVI_API_KEY set", "CONSTELLAGENT_RAVI_API_KEY"):
        assert way in raised.value.hint
    file.parent.mkdir()
    file.write_text(json.dumps({"management_key": LOGIN}))
    assert hosted_key.find("", "", file).value == LOGIN
    file.unlink()
    assert hosted_key.look("", "", file) is None


def test_a_key_of_one_identity_is_refused(file: Path) -> None:
    """It manages nothing, wherever it was found; the refusal names the place and not the key."""
    one = "ravi_id_secret"
    file.write_text(json.dumps({"management_key": one}))
    for setting, shell, place in (
        (one, "", "CONSTELLAGENT_RAVI"),
        ("", one, "RAVI_API_KEY"),
        ("", "", "json"),
    ):
        with pytest.raises(ConflictError, match="opens one identity only") as raised:
            hosted_key.find(setting, shell, file)
        assert place in raised.value.message
        assert one not in raised.value.message + raised.value.hint


def test_what_a_shell_gives() -> None:
    """A management key is taken from the shell; that of one identity, which every session has, is not."""
    assert hosted_key.of_shell({"RAVI_API_KEY": SHELL}) == SHELL
    assert hosted_key.of_shell({"RAVI_API_KEY": "ravi_id_x"}) == ""
    assert hosted_key.of_shell({"RAVI_API_KEY": ""}) == ""
    assert hosted_key.of_shell({}) == ""


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o604])
def test_a_file_that_others_may_read_is_used_with_a_warning(file: Path, mode: int) -> None:
    """The file is not ours to mend: it counts, and what is wrong with it is said."""
    file.chmod(mode)
    found = hosted_key.find("", "", file)
    assert found.value == LOGIN
    assert (found.warning == "") is (mode == 0o600)


@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b"3", b'{"management_key": 7}', b'{"management_key": ""}', b"null"]
)
def test_a_login_without_a_management_key(file: Path, content: bytes) -> None:
    """A file that names none is as good as none."""
    file.write_bytes(content)
    assert hosted_key.look("", "", file) is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b'{"management_key": "ravi_mgmt_x', b"[" * 90_000]
)
def test_a_file_that_is_broken_is_said(file: Path, content: bytes) -> None:
    """What cannot be parsed is never repeated, since it may hold the key."""
    file.write_bytes(content)
    with pytest.raises(UnavailableError, match="not JSON") as raised:
        hosted_key.look("", "", file)
    assert "ravi_mgmt_x" not in raised.value.message
    assert raised.value.__cause__ is None


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """A folder in its place is no absence: nothing is decided on what could not be looked at."""
    with pytest.raises(ConstellagentError, match="cannot be read"):
        hosted_key.look("", "", tmp_path)


def test_the_file_of_the_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It lies in the home folder, as the vendor's client has it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert os.fspath(hosted_key.login_file()) == f"{tmp_path}/.ravi/config.json"
