"""Where state lies: the platform's place, private, and short enough for sockets."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from constellagent.errors import ConstellagentError, UsageError
from constellagent.runtime.paths import Paths, default_home, locate, private_folder
from constellagent.runtime.settings import Settings


@pytest.mark.parametrize(
    ("platform", "environ", "below"),
    [
        ("linux", {}, "~/.local/state/constellagent"),
        ("linux", {"XDG_STATE_HOME": "/var/my/state"}, "/var/my/state/constellagent"),
        ("linux", {"XDG_STATE_HOME": ""}, "~/.local/state/constellagent"),
        ("linux", {"XDG_STATE_HOME": "relative"}, "~/.local/state/constellagent"),
        ("darwin", {"XDG_STATE_HOME": "/x"}, "~/Library/Application Support/constellagent"),
    ],
)
def test_the_platform_says_where(platform: str, environ: dict[str, str], below: str) -> None:
    """Linux follows the XDG specification, which ignores a relative folder; macOS has its own place."""
    assert default_home(platform, environ) == Path(below).expanduser()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_folders_are_private_whatever_the_umask(home: Settings, umask: int) -> None:
    """Every folder of the layout has mode 0700, and creating them again is harmless."""
    paths = Paths(home.paths.home / "h")
    before = os.umask(umask)
    try:
        paths.create()
    finally:
        os.umask(before)
    paths.create()

    folders = (paths.home, paths.sessions, paths.ravi, paths.bin, paths.logs, paths.locks, paths.run)
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
    assert all(folder.is_relative_to(paths.home) for folder in folders)


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    """Whoever else may write into it could plant something: the error says what to do."""
    folder = tmp_path / "home"
    folder.mkdir()
    folder.chmod(mode)

    with pytest.raises(ConstellagentError, match="only you can write to") as caught:
        private_folder(folder)

    assert caught.value.hint.startswith(f"chmod 700 {folder}")


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    """A file, a link to a folder and a link to nothing in its place are refused, and stay as they are."""
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")

    for name in ("file", "link", "dangling"):
        with pytest.raises(ConstellagentError, match="is not a folder"):
            private_folder(tmp_path / name)
    assert not (tmp_path / "nothing").exists()


def test_a_place_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The error names the folder and the variable that chooses another one."""
    (tmp_path / "file").touch()

    with pytest.raises(ConstellagentError, match="cannot create") as caught:
        private_folder(tmp_path / "file" / "home")

    assert "CONSTELLAGENT_HOME" in caught.value.hint


def test_sockets_fit() -> None:
    """However deep the home, a session's socket fits into macOS's 104 bytes, and two homes share none."""
    session = "0" * 32
    for length in range(1, 200):
        one, two = Paths(Path("/" + "h" * length)), Paths(Path("/" + "i" * length))

        assert len(os.fsencode(one.session_socket(session))) < 104
        assert one.session_socket(session) != two.session_socket(session)


def test_sockets_do_not_depend_on_who_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command finds the daemon's socket though the daemon was started with another `TMPDIR`."""
    deep = Paths(Path("/" + "h" * 150))
    before = deep.control_socket
    monkeypatch.setenv("TMPDIR", "/var/tmp")
    monkeypatch.setattr(tempfile, "tempdir", None)

    assert deep.control_socket == before


def test_a_relative_home_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would mean another state in each folder, and a daemon for each."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", "state")

    with pytest.raises(UsageError, match="relative"):
        locate()
