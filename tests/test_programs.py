"""Where the real coding agents lie that tests drive."""

import base64
import hashlib
import json
import platform
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.programs import LOCKS, PROGRAMS, Program, hashes, npm, prefix, program


@pytest.mark.parametrize(
    ("system", "machine", "folder"),
    [
        ("linux", "x86_64", "codex-linux-x64/vendor/x86_64-unknown-linux-musl"),
        ("linux", "aarch64", "codex-linux-arm64/vendor/aarch64-unknown-linux-musl"),
        ("darwin", "x86_64", "codex-darwin-x64/vendor/x86_64-apple-darwin"),
        ("darwin", "arm64", "codex-darwin-arm64/vendor/aarch64-apple-darwin"),
    ],
)
def test_codex_has_the_names_of_two_worlds(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, folder: str
) -> None:
    """Its package is named as node names machines, and what is in it as compilers do."""
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    codex = program("codex")
    assert codex.path == prefix() / f"codex-{codex.version}/node_modules/@openai/{folder}/bin/codex"


@pytest.mark.parametrize("one", [one for one in PROGRAMS if one.kind != "aider"], ids=str)
def test_every_file_that_npm_brings_has_a_hash(one: Program) -> None:
    """The lock is for this version, has a strong hash for each package, and names no registry."""
    lock = json.loads(one.lock.read_text(encoding="utf-8"))
    assert lock["packages"][""]["dependencies"] == {one.package: one.version}
    assert lock["packages"][f"node_modules/{one.package}"]["version"] == one.version
    listed = hashes(one.lock)
    assert all(value.startswith("sha512-") for value in listed.values())
    assert "resolved" not in one.lock.read_text(encoding="utf-8")
    inside = {place for place in listed if one.file.startswith("node_modules/")}
    assert any(one.file.startswith(f"{place.rpartition('-')[0]}") for place in inside)


def test_every_package_that_pip_brings_has_a_hash() -> None:
    """Each line is one package at one version with the hash of its file, and the program is among them."""
    lines = program("aider").lock.read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[a-z0-9.-]+==[\w.+!]+ --hash=sha256:[0-9a-f]{64}", line) for line in lines)
    assert any(line.startswith(f"aider-chat=={program('aider').version} ") for line in lines)
    assert lines == sorted(set(lines))


def test_no_lock_is_left_of_a_program_that_is_gone() -> None:
    """Each folder of locks is that of a program that is driven."""
    assert {place.parent.name for place in LOCKS.glob("*/*")} == {
        f"{one.kind}-{one.version}" for one in PROGRAMS
    }


def test_a_file_with_another_hash_is_not_installed(tmp_path: Path) -> None:
    """Npm refuses a package that is not the one whose hash is in the lock, and nothing of it is there."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "package.json").write_text('{"name": "thing", "version": "1.0.0"}')
    with tarfile.open(tmp_path / "thing.tgz", "w:gz") as archive:
        archive.add(package, "package")
    right = base64.b64encode(hashlib.sha512((tmp_path / "thing.tgz").read_bytes()).digest()).decode()
    wrong = base64.b64encode(hashlib.sha512(b"another file").digest()).decode()
    (tmp_path / "package.json").write_text('{"dependencies": {"thing": "file:thing.tgz"}}')

    def install(digest: str) -> None:
        entry = {"version": "1.0.0", "resolved": "file:thing.tgz", "integrity": f"sha512-{digest}"}
        root = {"dependencies": {"thing": "file:thing.tgz"}}
        lock = {"lockfileVersion": 3, "packages": {"": root, "node_modules/thing": entry}}
        (tmp_path / "package-lock.json").write_text(json.dumps(lock))
        npm(tmp_path, "ci")

    with pytest.raises(subprocess.CalledProcessError):
        install(wrong)
    assert not (tmp_path / "node_modules" / "thing").exists()
    install(right)
    assert (tmp_path / "node_modules" / "thing" / "package.json").exists()
