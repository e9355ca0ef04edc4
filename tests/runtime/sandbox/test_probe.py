"""Whether bubblewrap works, asked of stand-ins that fail as it does."""

import sys
import tempfile
from pathlib import Path

import pytest

from constellagent.runtime.sandbox.probe import Probe, _advice


def fake(folder: Path, script: str) -> Probe:
    """Return a probe that finds this script instead of bubblewrap."""
    program = folder / "bwrap"
    program.write_text(f"#!/bin/sh\necho asked >>{folder}/asked\n{script}\n")
    program.chmod(0o755)
    return Probe(str(folder))


async def test_one_that_works_is_asked_once_a_minute(tmp_path: Path) -> None:
    """No trouble, and one look for many questions."""
    probe = fake(tmp_path, "exit 0")
    assert [await probe.trouble() for _ in range(3)] == [None] * 3
    assert (tmp_path / "asked").read_text() == "asked\n"
    assert probe.program == str(tmp_path / "bwrap")


async def test_one_that_fails_is_quoted(tmp_path: Path) -> None:
    """Its last line says why; there is always something to do."""
    trouble = await fake(
        tmp_path, "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1"
    ).trouble()
    assert trouble is not None
    assert trouble.why == (
        "bubblewrap cannot make a sandbox here: bwrap: setting up uid map: Permission denied"
    )
    assert trouble.error().hint == trouble.hint != ""


async def test_one_that_is_missing_is_to_be_installed(tmp_path: Path) -> None:
    """The words of three systems."""
    trouble = await Probe(str(tmp_path)).trouble()
    assert trouble is not None
    assert "apt install bubblewrap" in trouble.hint


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor"),
        ("proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
        ("proc/sys/user/max_user_namespaces", "0", "sysctl user.max_user_namespaces"),
        (".dockerenv", "", "in a container"),
        ("proc/sys/kernel/other", "0", "an administrator"),
    ],
)
def test_the_advice_is_for_what_is_in_the_way(tmp_path: Path, name: str, value: str, words: str) -> None:
    """The system's own settings tell which lock it is."""
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(value)
    assert words in _advice("Permission denied", tmp_path)


def test_an_old_one_is_to_be_renewed(tmp_path: Path) -> None:
    """It does not know an option of ours."""
    assert "0.5 or newer" in _advice("bwrap: Unknown option --perms", tmp_path)


@pytest.mark.usefixtures("bwrap")
async def test_an_interpreter_among_temporary_files_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it lies does not matter: a sandbox gives it back."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        link = Path(folder, "python")
        link.symlink_to(sys.executable)
        monkeypatch.setattr(sys, "executable", str(link))
        assert await Probe().trouble() is None


async def test_each_system_has_one_kind(tmp_path: Path) -> None:
    """The other's is refused with the one to declare; macOS's is tried as well."""
    mac = Probe(str(tmp_path), "darwin")
    assert mac.kind == "seatbelt"
    other, missing = await mac.trouble("bwrap"), await mac.trouble("seatbelt")
    assert other is not None
    assert (other.why, other.hint) == ("`sandbox: bwrap` needs Linux", "declare `sandbox: seatbelt` on macOS")
    assert missing is not None
    assert "not here" in missing.why
    program = tmp_path / "sandbox-exec"
    program.write_text("#!/bin/sh\necho 'sandbox_apply: Operation not permitted' >&2\nexit 71\n")
    program.chmod(0o755)
    nested = await Probe(str(tmp_path), "darwin").trouble()
    assert nested is not None
    assert nested.why.endswith("Operation not permitted")
    program.write_text("#!/bin/sh\nexit 0\n")
    assert await Probe(str(tmp_path), "darwin").trouble("seatbelt") is None
    (tmp_path / "bwrap").symlink_to(program)
    bsd = await Probe(str(tmp_path), "freebsd14").trouble()
    assert bsd is not None
    assert bsd.hint == "there is no sandbox for this system"
