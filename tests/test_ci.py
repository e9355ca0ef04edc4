"""CI is one script, and the README's test line is what it runs."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.checkout import ROOT
from tests.e2e.agents.witness import KINDS
from tests.programs import PROGRAMS

SCRIPT = ROOT / ".ci" / "run"


def _workflow() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(ROOT / ".github" / "workflows" / "ci.yaml")
    return loaded


def _function(name: str) -> str:
    """Return one function of `.ci/run`, so that a test can call it alone."""
    found = re.search(
        rf"^{name}\(\) \{{\n.*?^\}}$", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found, f".ci/run has no function {name}"
    return found.group()


def _call(name: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    script = f"set -eu -o pipefail\n{_function(name)}\n{name}\n"
    return subprocess.run(["bash", "-c", script], cwd=cwd, capture_output=True, text=True, check=False)


def test_the_script_is_valid_bash_and_executable() -> None:
    """`.ci/run` parses and can be started by its name."""
    checked = subprocess.run(["bash", "-n", str(SCRIPT)], capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stderr
    assert SCRIPT.stat().st_mode & 0o111


def test_the_workflow_only_calls_the_script() -> None:
    """No logic hides in the workflow: one line runs `.ci/run`, and what the page looked like is kept."""
    steps = _workflow()["jobs"]["run"]["steps"]

    assert [step["run"] for step in steps if "run" in step] == ["bash .ci/run"]
    assert [step["uses"].partition("@")[0] for step in steps if "uses" in step] == [
        "actions/checkout",
        "actions/setup-python",
        "actions/upload-artifact",
    ]


def test_the_workflow_has_no_rights_to_spare() -> None:
    """Every action is pinned to a commit, and the token may only read."""
    workflow = _workflow()
    steps = workflow["jobs"]["run"]["steps"]

    assert workflow["permissions"] == {}
    assert workflow["jobs"]["run"]["permissions"] == {"contents": "read"}
    for step in steps:
        assert "uses" not in step or re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"])


def test_the_workflow_runs_what_the_package_promises() -> None:
    """The matrix is every Python and both systems that the package's classifiers name."""
    matrix = _workflow()["jobs"]["run"]["strategy"]["matrix"]
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "classifiers"
    ]
    pythons = [c.rpartition(" ")[2] for c in classifiers if re.search(r":: 3\.\d+$", c)]

    assert matrix["python"] == pythons
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "macos"}


def test_the_script_runs_the_line_that_the_readme_gives() -> None:
    """`.ci/run` reads its test line from the README, finds exactly one, and has no copy of it."""
    found = _call("test_line").stdout.splitlines()

    assert len(found) == 1
    assert found[0] in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert found[0] not in SCRIPT.read_text(encoding="utf-8")


def test_the_coding_agents_are_there_before_the_tests() -> None:
    """Each kind that has a test of a whole day in every run is installed by a step of its own."""
    script = SCRIPT.read_text(encoding="utf-8")
    named = re.search(r'^AGENTS="([a-z ]+)"', script, re.MULTILINE)
    assert named
    kinds = named.group(1).split()

    assert kinds == [kind for kind, long in KINDS.items() if not long]
    assert set(kinds) <= {program.kind for program in PROGRAMS}
    assert script.index('"environment" environment') < script.index('"real coding agents" coding_agents')
    assert script.index('"real coding agents" coding_agents') < script.index('"README\'s test line" tests')


def test_the_environment_is_made_by_the_line_of_the_readme(tmp_path: Path) -> None:
    """What installs is the first half of the test line, and nothing is run of the second one."""
    (tmp_path / "README.md").write_text(
        "<!-- test line -->\n```sh\ntouch installed && .venv/bin/python -m pytest -n auto\n```\n"
    )
    script = f"set -eu -o pipefail\n{_function('test_line')}\n{_function('environment')}\nenvironment\n"

    subprocess.run(["bash", "-c", script], cwd=tmp_path, check=True)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "installed"]


def test_the_script_needs_nothing_outside_the_checkout() -> None:
    """No absolute path but the null device and bash itself stands in `.ci/run`."""
    paths = set(re.findall(r"(?<![\w.$}*)\"])/(?:[\w.-]+/?)+", SCRIPT.read_text(encoding="utf-8")))

    assert paths <= {"/dev/null", "/usr/bin/env"}


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ("resolved: https:/" + "/registry.npm" + "js.org/left-pad", False),
        ("pip install --index" + "-url https://mirror.example/simple x", False),
        ("see https://example.com/ for more", True),
    ],
)
def test_a_named_registry_is_found(tmp_path: Path, line: str, clean: bool) -> None:
    """A tracked or new file that names a package registry fails the gate, with its place."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "notes.txt").write_text(line + "\n")

    looked = _call("no_registry", tmp_path)

    assert (looked.returncode == 0) is clean
    assert clean or "notes.txt:1:" in looked.stdout
