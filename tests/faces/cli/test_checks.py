"""The checks of `doctor`, each on a world that is fine and on one that is not."""

import os
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from constellagent.errors import UnavailableError
from constellagent.faces.cli import checks
from constellagent.ravi.vault import KEY_FILE, key_files, open_root_key
from constellagent.runtime.locks import exclusive
from constellagent.runtime.paths import Paths
from constellagent.runtime.settings import Settings
from constellagent.term import screen
from tests.faces.fake_control import FakeControl


def test_programs_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Python, git and SQLite are told by version; without git on PATH that check fails."""
    assert [check.level for check in (checks.python(), checks.git(), checks.sqlite())] == ["ok"] * 3
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 30, 0))
    assert checks.sqlite().level == "fail"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert checks.git().level == "fail"


def test_the_sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Bubblewrap is tried, not only looked for; what is in the way is a warning with what to do."""
    monkeypatch.setattr("constellagent.runtime.sandbox.probe._PLACES", str(tmp_path))
    missing = checks.sandbox()
    assert (missing.level, "apt install bubblewrap" in missing.advice) == ("warn", True)
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    assert checks.sandbox() == checks.Check("sandbox", "ok", f"`sandbox: bwrap` works here ({program})")
    program.write_text("#!/bin/sh\necho 'bwrap: no namespaces' >&2\nexit 1\n")
    assert checks.sandbox().found.endswith("bwrap: no namespaces")


def test_the_terminal_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told by its release; other cells than were expected are a warning, none at all a failure."""
    assert checks.engine() == checks.Check("terminals", "ok", f"engine {screen.ENGINE}")
    # mocked: it takes another build of the library to have other cells
    monkeypatch.setattr(screen, "fault", lambda: "a cell has 16 bytes, not 8")
    found = checks.engine()
    assert (found.level, "16 bytes" in found.found, "slower" in found.advice) == ("warn", True, True)
    monkeypatch.setitem(sys.modules, "constellagent.term.screen", None)
    monkeypatch.delattr("constellagent.term.screen")
    assert checks.engine().level == "fail"


def test_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that cannot be read fails; names are told, values are not."""
    monkeypatch.setenv("CONSTELLAGENT_RAVI_API_KEY", "hunter2")
    found = checks.settings()
    assert found.level == "ok"
    assert "CONSTELLAGENT_RAVI_API_KEY" in found.found
    assert "hunter2" not in found.found
    monkeypatch.setenv("CONSTELLAGENT_PARALLEL", "many")
    assert checks.settings().level == "fail"


def test_state(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state is fine when it is ours alone or not there yet; anything else fails, with what helps."""
    assert checks.state(paths).level == "ok"
    assert checks.state(Paths(paths.home / "later")).level == "ok"
    paths.home.chmod(0o755)
    assert checks.state(paths).advice == f"chmod 700 {paths.home}"
    paths.home.chmod(0o700)
    (paths.home / "file").touch()
    assert checks.state(Paths(paths.home / "file")).level == "fail"
    assert checks.state(Paths(paths.home / "file" / "x")).level == "fail"
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert checks.state(paths).level == "fail"


def test_the_key_of_the_hosted_provider(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where it comes from is said, and never the key; a file that others may read is a warning."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RAVI_API_KEY", raising=False)
    monkeypatch.delenv("CONSTELLAGENT_RAVI_API_KEY", raising=False)
    assert (checks.hosted().level, "no key" in checks.hosted().found) == ("ok", True)
    file = tmp_path / ".ravi" / "config.json"
    file.parent.mkdir()
    file.write_text('{"management_key": "ravi_mgmt_canary"}')
    file.chmod(0o644)
    assert (checks.hosted().level, checks.hosted().advice) == ("warn", f"chmod 600 {file}")
    file.chmod(0o600)
    seen = [checks.hosted()]
    monkeypatch.setenv("RAVI_API_KEY", "ravi_mgmt_canary")
    seen.append(checks.hosted())
    monkeypatch.setenv("CONSTELLAGENT_RAVI_API_KEY", "ravi_mgmt_canary")
    seen.append(checks.hosted())
    sources = [str(file), "RAVI_API_KEY of the shell", "CONSTELLAGENT_RAVI_API_KEY"]
    assert [check.found for check in seen] == [f"management key from {source}" for source in sources]
    monkeypatch.setenv("CONSTELLAGENT_RAVI_API_KEY", "ravi_id_canary")
    assert checks.hosted().level == "warn"
    assert "canary" not in str(checks.hosted())


def test_sockets(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket path that some kernel would refuse fails."""
    assert checks.socket(paths).level == "ok"
    monkeypatch.setattr(checks, "LONGEST_SOCKET", 10)
    assert checks.socket(paths).level == "fail"


def test_disk(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Little space is a warning, none a failure; a folder that is not there is looked for upwards.

    The limits are moved, because the disk of a test cannot be filled.
    """
    assert checks.disk(Paths(paths.home / "not" / "there")).level in {"ok", "warn"}
    monkeypatch.setattr(checks, "_LITTLE_SPACE", 1 << 62)
    assert checks.disk(paths).level == "warn"
    monkeypatch.setattr(checks, "_NO_SPACE", 1 << 62)
    assert checks.disk(paths).level == "fail"


def test_root_key(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking never creates a key; where it is kept is told with what that is good for."""
    monkeypatch.delenv("CONSTELLAGENT_KEY_FILE", raising=False)
    assert checks.root_key(paths).level == "ok"
    assert list(paths.ravi.iterdir()) == []
    key_files.create_own(paths.ravi, bytes(32))
    check = checks.root_key(paths)
    assert check.level == "ok"
    assert str(paths.ravi / KEY_FILE) in check.found
    assert "not a thief of the whole folder" in check.found
    assert [path.name for path in paths.ravi.iterdir()] == [KEY_FILE]
    monkeypatch.setenv("CONSTELLAGENT_KEY_FILE", str(paths.home / "missing"))
    assert checks.root_key(paths).level == "fail"


def test_root_key_under_a_passphrase(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the passphrase doctor asks nobody and says that it did not try; with a wrong one it fails."""
    monkeypatch.setattr("constellagent.ravi.vault.passphrases.MEMORY_KIB", 64)
    monkeypatch.delenv("CONSTELLAGENT_KEY_FILE", raising=False)
    settings = Settings(key_source="passphrase", passphrase=SecretStr("correct horse battery"))
    open_root_key(paths.ravi, settings, {})
    check = checks.root_key(paths)
    assert check.level == "ok"
    assert "was not tried" in check.found
    monkeypatch.setenv("CONSTELLAGENT_PASSPHRASE", "something else")
    assert checks.root_key(paths).level == "fail"


def test_no_daemon(paths: Paths) -> None:
    """A daemon that does not run is fine; one that holds the lock and does not answer is not."""
    (check,) = checks.daemon(paths)
    assert check.level == "ok"
    with exclusive(paths.daemon_lock, "the daemon"):
        (check,) = checks.daemon(paths)
    assert check.level == "fail"
    assert str(os.getpid()) in check.found


def test_a_daemon(daemon: FakeControl, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that answers is told with its provider; another version is a warning."""
    check, provider = checks.daemon(paths)
    assert (check.level, provider.found) == ("ok", "http://127.0.0.1:1")
    monkeypatch.setattr("constellagent.__version__", "9.9")
    assert next(checks.daemon(paths)).level == "warn"
    daemon.fail("info", UnavailableError("gone"))
    assert next(checks.daemon(paths)).level == "ok"


def test_a_state_that_cannot_be_made(tmp_path: Path) -> None:
    """A place below a file is found out before the first command fails on it."""
    (tmp_path / "file").touch()
    assert checks.state(Paths(tmp_path / "file" / "home")).level == "fail"
    assert checks.state(Paths(tmp_path / "new" / "home")).level == "ok"
