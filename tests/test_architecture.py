"""The tree is the architecture: what the design promises of its shape, checked against the files."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import constellagent
from constellagent.spec.schema import render
from tests.unmirrored import TESTS, UNMIRRORED

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "constellagent"
MODULES = sorted(PACKAGE.rglob("*.py"))
CONTRACTS: dict[str, dict[str, Any]] = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
}

LONGEST_FILE = 400
LONGEST_FUNCTION = 80
MEANINGLESS = {"base", "common", "helper", "helpers", "manager", "misc", "tools", "util", "utils"}

SPAWNING = {
    "demo/agents/both.py": "asks `ravi`, as any program of an agent may",
    "demo/agents/clerk.py": "asks `ravi` and git, as any program of an agent may",
    "faces/cli/pager.py": "starts the user's pager",
    "faces/cli/versions.py": "asks the coding agents' programs for their version",
    "faces/launching.py": "starts the daemon",
    "faces/opening.py": "starts this person's browser",
    "faces/tui/copying/clipboard.py": "starts the desktop's clipboard program",
    "ravi/shim_program/aside.py": "becomes the vendor's `ravi` where the service is theirs",
    "runtime/bridge_program.py": "becomes opencode, and calls our hook for what its server says",
    "runtime/git.py": "the one helper that runs git",
    "runtime/headless/child.py": "forks the program of a run that nobody watches",
    "runtime/holder/child.py": "forks the program of a session",
    "runtime/holder/launch.py": "starts the holder of a session",
    "runtime/holder/start.py": "detaches the holder from the daemon",
    "runtime/objects.py": "starts the worker that reads git objects",
    "runtime/occupants.py": "asks lsof where there is no /proc",
    "runtime/processes.py": "asks ps where there is no /proc",
    "runtime/sandbox/entering.py": "becomes bubblewrap",
    "runtime/sandbox/forward.py": "leaves behind what forwards to the provider, in a sandbox without network",
    "runtime/sandbox/inside.py": "becomes the program in a sandbox, or starts it there",
    "runtime/sandbox/battery_program/commands.py": "runs git and our programs as an agent would",
    "runtime/sandbox/battery_program/kernel.py": "forks what tries to leave the sandbox",
    "runtime/sandbox/battery_program/processes.py": "forks what tries to trace others",
    "runtime/sandbox/battery_program/working.py": "starts the MCP server as an agent would",
    "runtime/sandbox/probe.py": "finds out whether bubblewrap works",
    "runtime/worktrees/setup.py": "runs the setup steps of the file",
}
"""Every module that may start a process, and what for."""

_SPAWNS = re.compile(
    r"^(subprocess\.(?!DEVNULL$|PIPE$|STDOUT$|TimeoutExpired$|CompletedProcess$|Process$)\w+"
    r"|asyncio\.create_subprocess_\w+|asyncio\.subprocess\.create_\w+"
    r"|os\.(system|popen|fork|forkpty|posix_spawnp?|spawn\w+|exec\w+)"
    r"|pty\.(fork|spawn)|PtyProcess\w*\.spawn|multiprocessing\.\w+|ProcessPoolExecutor)$"
)
_SHELLS = re.compile(
    r"^(os\.(system|popen)|asyncio\.create_subprocess_shell|subprocess\.get(status)?output)$"
)


def name(module: Path) -> str:
    """Return a module's path inside the package."""
    return module.relative_to(PACKAGE).as_posix()


def tree(module: Path) -> ast.Module:
    """Return the parsed module."""
    return ast.parse(module.read_text(encoding="utf-8"))


def calls(module: Path) -> Iterator[ast.Call]:
    """Yield every call of a module."""
    return (node for node in ast.walk(tree(module)) if isinstance(node, ast.Call))


def is_only_a_docstring(module: Path) -> bool:
    """Whether a module holds nothing that could be tested: docstring, imports and `__all__`."""
    harmless = (ast.Import, ast.ImportFrom, ast.Expr)
    return module.name == "__init__.py" and all(
        isinstance(node, harmless) or ast.unparse(node).startswith(("__all__", "__version__"))
        for node in tree(module).body
    )


def test_imports_keep_the_contracts() -> None:
    """The import contracts of pyproject.toml hold, for every module there is."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_picture_is_the_contract() -> None:
    """The layers that the package's docstring draws are those of the contract, in its order."""
    drawn = re.findall(r"^    (\w+)/? ", constellagent.__doc__ or "", re.MULTILINE)
    layers = [set(re.split(r"\s*\|\s*", layer)) for layer in CONTRACTS["layers"]["layers"]]
    heights = {module: height for height, layer in enumerate(layers) for module in layer}
    assert {"__main__", *drawn} == set(heights)
    assert [heights[module] for module in drawn] == sorted(heights[module] for module in drawn)


def test_layers_are_exhaustive() -> None:
    """No module can be added outside the layers: every contract of layers is exhaustive."""
    layered = [contract for contract in CONTRACTS.values() if contract["type"] == "layers"]
    assert {container for contract in layered for container in contract["containers"]} == {
        "constellagent",
        "constellagent.faces",
        "constellagent.ravi",
        "constellagent.runtime",
    }
    assert all(contract["exhaustive"] is True for contract in layered)


def mirrors(module: Path) -> Path:
    """Return the test file that mirrors a module."""
    place = module.relative_to(PACKAGE)
    stem = place.parent.name if place.name == "__init__.py" else place.stem.strip("_")
    folder = place.parent.parent if place.name == "__init__.py" else place.parent
    return ROOT / "tests" / folder / f"test_{stem}.py"


def test_every_module_has_its_tests() -> None:
    """Each module has a test file in the same place of tests/, or a reason why another one tests it."""
    missing = {name(m) for m in MODULES if not is_only_a_docstring(m) and not mirrors(m).exists()}
    assert missing - UNMIRRORED.keys() == set(), "add a test file, or a reason to tests/unmirrored.py"
    assert UNMIRRORED.keys() - missing == set(), (
        "these reasons of tests/unmirrored.py are not needed any more"
    )


def test_every_test_file_has_its_module() -> None:
    """Each test file in a folder that mirrors the package tests the module of its name, or is explained."""
    mirrored = {mirrors(module) for module in MODULES}
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    found = {path for folder in folders for path in (ROOT / "tests" / folder).rglob("test_*.py")}
    odd = {path.relative_to(ROOT / "tests").as_posix() for path in found - mirrored}
    assert odd - TESTS.keys() == set(), (
        "name it after its module, or say in tests/unmirrored.py what it tests"
    )
    assert TESTS.keys() - odd == set(), "these entries of tests/unmirrored.py are not needed any more"


@pytest.mark.parametrize("folder", ["constellagent", "tests"])
def test_files_and_functions_are_short(folder: str) -> None:
    """No file is longer than 400 lines and no function longer than 80."""
    for module in sorted((ROOT / folder).rglob("*.py")):
        lines = len(module.read_text(encoding="utf-8").splitlines())
        assert lines <= LONGEST_FILE, f"{module} has {lines} lines"
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= LONGEST_FUNCTION, f"{module}:{node.lineno} {node.name} has {length} lines"


def test_names_say_something() -> None:
    """No module is called after nothing in particular."""
    assert [name(module) for module in MODULES if module.stem in MEANINGLESS] == []


def test_processes_are_started_in_their_homes_only() -> None:
    """Only the listed modules start a process, and each of them does."""
    found = {
        name(module)
        for module in MODULES
        if any(_SPAWNS.match(ast.unparse(call.func)) for call in calls(module))
    }
    assert found == SPAWNING.keys()


def test_no_shell_is_started() -> None:
    """No process is started through a shell of the language's own making."""
    for module in MODULES:
        for call in calls(module):
            function, place = ast.unparse(call.func), f"{name(module)}:{call.lineno}"
            assert not _SHELLS.match(function), place
            if _SPAWNS.match(function):
                assert "shell" not in {keyword.arg for keyword in call.keywords}, place


def test_every_child_is_given_its_environment() -> None:
    """What the daemon starts never has the daemon's own environment, in which secrets may stand."""
    for module in MODULES:
        if not name(module).startswith(("ravi/", "runtime/")) or "battery_program" in name(module):
            continue  # the faces act for a person, in whose environment they are; the battery is an agent
        for call in calls(module):
            if ast.unparse(call.func).endswith(("create_subprocess_exec", "subprocess.run", "Popen")):
                assert "env" in {keyword.arg for keyword in call.keywords}, f"{name(module)}:{call.lineno}"


def test_git_is_run_by_one_helper() -> None:
    """No other module names git as a program to run."""
    for module in MODULES:
        for call in calls(module):
            if not _SPAWNS.match(ast.unparse(call.func)) or name(module) == "runtime/git.py":
                continue
            words = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant)]
            assert "git" not in words, f"{name(module)}:{call.lineno}"


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("constellagent.runtime.holder.start", {"constellagent", "ptyprocess"}),
        ("constellagent.runtime.hook_program", {"constellagent"}),
        ("constellagent.ravi.shim_program", {"constellagent"}),
        ("constellagent.runtime.headless.run", {"constellagent"}),
        ("constellagent.runtime.sandbox.entering", {"constellagent"}),
        ("constellagent.runtime.sandbox.inside", {"constellagent"}),
        ("constellagent.runtime.sandbox.forward", {"constellagent"}),
    ],
)
def test_what_starts_for_every_session_stays_light(module: str, allowed: set[str]) -> None:
    """The holder, the hook and the `ravi` command load the standard library alone, and the holder its pty."""
    code = (
        "import json, sys; before = set(sys.modules); "
        f"import {module}; print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {entry.split(".")[0] for entry in json.loads(done.stdout)}
    assert loaded - set(sys.stdlib_module_names) == allowed
    assert not loaded & {"asyncio", "logging", "subprocess"}, "dear to import, once for each session or call"


def test_the_schema_is_fresh() -> None:
    """The published schema is the one that the models give."""
    published = ROOT / "schemas" / "constellation.schema.json"
    assert published.read_text(encoding="utf-8") == render(), "`constellagent schema` prints the fresh one"
