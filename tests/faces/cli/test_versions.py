"""Asking programs for their version: those that answer, and those that do not behave."""

import os
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.cli import versions as asking
from constellagent.faces.cli.versions import Told, standing, versions
from tests import programs
from tests.programs import needs
from tests.reliability.lab import wait_for


def program(folder: Path, body: str, name: str = "agent") -> str:
    """Write a program of these shell lines, and return its path."""
    place = folder / name
    place.write_text(f"#!/bin/sh\n{body}\n")
    place.chmod(0o755)
    return str(place)


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("2.1.330 (Claude Code)", "2.1.330"),
        ("codex-cli 0.169.0", "0.169.0"),
        ("GitHub Copilot CLI 1.0.102.\nRun 'copilot update' to check for updates.", "1.0.102"),
        ("0.62.0-preview.1", "0.62.0-preview.1"),
        ("aider 0.86.2", "0.86.2"),
    ],
)
def test_what_programs_say(tmp_path: Path, said: str, version: str) -> None:
    """The version is found in the words in which each of them says it."""
    (tmp_path / "words").write_text(said)
    argv = (program(tmp_path, f"cat '{tmp_path}/words'"), "--version")
    assert versions({"one": argv, "other": argv}) == {"one": Told(version), "other": Told(version)}


def test_nothing_to_ask() -> None:
    """Without programs there is nothing to do."""
    assert versions({}) == {}


def test_what_a_program_gets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its words, an empty folder to stand in, no input, and few variables: no secret of the shell."""
    monkeypatch.setenv("SOME_API_KEY", "canary")
    monkeypatch.setenv("HOME", str(tmp_path))
    line = f'{{ echo "$@"; pwd; ls; cat; env; }} > "{tmp_path}/seen"; echo 1.2.3'
    assert versions({"it": (program(tmp_path, line), "-v")}) == {"it": Told("1.2.3")}
    words, stood, *rest = (tmp_path / "seen").read_text().splitlines()
    assert words == "-v"
    assert stood.startswith(os.path.realpath(tempfile.gettempdir()))
    assert not Path(stood).exists()
    assert rest[:3] == ["codex_home", "gemini_cli_home", "said"]
    assert f"HOME={tmp_path}" in rest
    assert "canary" not in "\n".join(rest)
    # they write next to their settings even then, so they are shown other folders than the person's
    assert f"GEMINI_CLI_HOME={stood}/gemini_cli_home" in rest
    assert f"CODEX_HOME={stood}/codex_home" in rest


@needs("codex")
def test_codex_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person's configuration is as before, though codex puts links to itself beside its own."""
    home = tmp_path / ".codex"
    home.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    codex = programs.program("codex")
    assert versions({"it": (str(codex.path), "--version")}) == {"it": Told(codex.version)}
    assert list(home.iterdir()) == []


def test_those_that_do_not_say_it(tmp_path: Path) -> None:
    """A failure, silence and a file that is no program are each told, and hold up none of the others."""
    (tmp_path / "data").write_bytes(b"\0\1\2")
    (tmp_path / "data").chmod(0o755)
    told = versions(
        {
            "fails": (program(tmp_path, "echo 1.2.3; exit 3", "fails"),),
            "silent": (program(tmp_path, "true", "silent"),),
            "data": (str(tmp_path / "data"),),
            "good": (program(tmp_path, "echo 1.2.3", "good"),),
        }
    )
    assert told["good"] == Told("1.2.3")
    assert "status 3" in told["fails"].fault
    assert "said none" in told["silent"].fault
    assert "cannot be started" in told["data"].fault
    assert [one.version for name, one in told.items() if name != "good"] == ["", "", ""]


def test_one_that_hangs_is_ended_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the limit its whole group is killed, and doctor goes on."""
    written = tmp_path / "child"

    class Begun(subprocess.Popen[bytes]):
        """A program whose time begins once it has started something."""

        def __init__(self, *argv: Any, **options: Any) -> None:
            super().__init__(*argv, **options)
            wait_for(lambda: written.exists() and written.read_text().endswith("\n"), "the program to begin")

    monkeypatch.setattr(subprocess, "Popen", Begun)
    monkeypatch.setattr(asking, "LIMIT", 0.5)
    line = f'sleep 600 & echo $! > "{written}"; wait'
    (told,) = versions({"it": (program(tmp_path, line),)}).values()
    assert "within 0.5 seconds" in told.fault
    child = int(written.read_text())

    def gone() -> bool:
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return True
        with suppress(FileNotFoundError, ProcessLookupError):  # it may end just now
            return Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        return False

    wait_for(gone, "the child of the program to end")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.9.9", "older"),
        ("2.0", "tested"),
        ("2.0.5", "tested"),
        ("2.10.0", "tested"),
        ("2.10.1", "newer"),
        ("2.10.0-beta.3", "tested"),
        ("", "unknown"),
    ],
)
def test_where_a_version_stands(version: str, expected: str) -> None:
    """Numbers are compared as numbers, and both ends of the range belong to it."""
    assert standing(version, ("2.0", "2.10.0")) == expected
    assert standing(version, None) == "unknown"


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=4))
def test_any_version_that_is_found_can_be_compared(parts: list[int]) -> None:
    """What the pattern takes for a version is one that `standing` understands."""
    version = ".".join(map(str, parts))
    assert standing(version, (version, version)) == "tested"
