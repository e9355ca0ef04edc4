"""What the daemon puts together so that agents wake."""

import importlib.metadata
import zoneinfo
from pathlib import Path

import pytest

from constellagent.runtime.roster import tzdata_version


def test_the_zones_of_the_system_say_their_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python takes the system's zones first, so theirs is the version that the ledger keeps."""
    (tmp_path / "tzdata.zi").write_text("# version 2026b\n# redo posix_only\n")
    monkeypatch.setattr(zoneinfo, "TZPATH", ("/nowhere", str(tmp_path)))
    assert tzdata_version() == "2026b"


def test_without_zones_of_the_system_those_of_the_package_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without them uses the package that comes with us."""
    monkeypatch.setattr(zoneinfo, "TZPATH", ("/nowhere",))
    assert tzdata_version() == importlib.metadata.version("tzdata")


def test_zones_that_do_not_say_their_version_have_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not known is not guessed."""
    monkeypatch.setattr(zoneinfo, "TZPATH", (str(tmp_path),))
    assert tzdata_version() == ""
