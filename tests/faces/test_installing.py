"""The service file of `daemon install`."""

import plistlib
import sys
from pathlib import Path

import pytest

from constellagent.errors import RefusedError, UsageError
from constellagent.faces import installing
from constellagent.runtime.paths import Paths
from tests.faces.conftest import Cli


@pytest.fixture(autouse=True)
def places(tmp_path: Path, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep service files and state away from the real ones."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(paths.home))


def test_systemd_unit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The unit starts this Python's daemon, leaves sessions alone, and gives way to another daemon."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "executable", '/o%d "py$thon')
    told = installing.install(Paths(tmp_path / "state"))
    file = tmp_path / ".config/systemd/user/constellagent.service"
    text = file.read_text()
    assert 'ExecStart="/o%%d \\"py$$thon" -m constellagent daemon run' in text
    assert "KillMode=process" in text
    assert "RestartPreventExitStatus=75" in text
    assert f'Environment="CONSTELLAGENT_HOME={tmp_path}/state"' in text
    assert any("systemctl --user enable --now constellagent" in line for line in told)


def test_launchd_plist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The property list parses, starts this Python's daemon, and leaves sessions alone."""
    monkeypatch.setattr(sys, "platform", "darwin")
    told = installing.install(Paths(tmp_path / "state"))
    plist = plistlib.loads((tmp_path / "Library/LaunchAgents/constellagent.plist").read_bytes())
    assert plist["ProgramArguments"] == [sys.executable, "-m", "constellagent", "daemon", "run"]
    assert plist["AbandonProcessGroup"] is True
    assert plist["EnvironmentVariables"]["CONSTELLAGENT_HOME"] == str(tmp_path / "state")
    assert "launchctl bootstrap" in told[-1]


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_uninstall_takes_only_our_file(cli: Cli, monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    """Installing twice is fine, uninstalling removes our file, and a foreign one is never touched."""
    monkeypatch.setattr(sys, "platform", platform)
    assert cli("daemon", "install").code == 0
    assert cli("daemon", "install").code == 0
    assert installing.service_file().exists()
    assert cli("daemon", "install", "--uninstall").code == 0
    assert not installing.service_file().exists()
    with pytest.raises(UsageError):
        installing.uninstall()
    installing.service_file().write_text("mine")
    assert cli("daemon", "install").code == RefusedError.exit_code
    assert cli("daemon", "install", "--uninstall").code == RefusedError.exit_code
    assert installing.service_file().read_text() == "mine"


def test_a_place_that_cannot_be_written(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A configuration folder that is a file is an error in words."""
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / ".config").write_text("")
    ran = cli("daemon", "install")
    assert ran.code == 1
    assert "cannot be written" in ran.err
