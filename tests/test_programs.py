"""Where the real coding agents lie that tests drive."""

import platform
import sys

import pytest

from tests.programs import prefix, program


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
