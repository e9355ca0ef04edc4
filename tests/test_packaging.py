"""What is published: a wheel with the package and nothing else, and an sdist that can build it again."""

import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

import constellagent
from tests.checkout import clone_tree, tracked_files

pytestmark = pytest.mark.timeout(180)

PAGE = "constellagent/faces/web/page/"
SOURCES = "constellagent/faces/web/ui/"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, built from a fresh clone."""
    folder = tmp_path_factory.mktemp("packaging")
    clone_tree(folder).run(sys.executable, "-m", "hatchling", "build", "-d", str(folder / "dist"))
    return folder / "dist"


@pytest.fixture(scope="module")
def wheel(built: Path) -> Iterator[zipfile.ZipFile]:
    """The wheel."""
    with zipfile.ZipFile(next(built.glob("*.whl"))) as opened:
        yield opened


def _metadata(wheel: zipfile.ZipFile) -> Message:
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    """Every tracked file of the package is in the wheel; tests, caches and the page's sources are not."""
    names = {name for name in wheel.namelist() if ".dist-info/" not in name and not name.startswith(PAGE)}

    assert names == {
        name for name in tracked_files() if name.startswith("constellagent/") and not name.startswith(SOURCES)
    }


def test_the_wheel_holds_the_built_page(wheel: zipfile.ZipFile) -> None:
    """The page is in the wheel, with the licences of what it is made of, and asks no other host."""
    names = {name.removeprefix(PAGE) for name in wheel.namelist() if name.startswith(PAGE)}

    assert {"build.json", "index.html", "licenses.md"} <= names
    assert any(name.endswith(".js") for name in names)
    assert not any("node_modules" in name or name.endswith((".ts", ".tsx", ".map")) for name in names)
    assert b"://" not in wheel.read(f"{PAGE}index.html")


def test_the_wheel_is_typed_and_licensed(wheel: zipfile.ZipFile) -> None:
    """The wheel tells type checkers that it is typed, and carries its licence."""
    assert "constellagent/py.typed" in wheel.namelist()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel.namelist())
    assert _metadata(wheel)["License-Expression"] == "Apache-2.0"


def test_the_wheel_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    """Version, supported Python and the README are in the metadata."""
    metadata = _metadata(wheel)

    assert metadata["Version"] == constellagent.__version__
    assert metadata["Requires-Python"] == ">=3.11"
    assert str(metadata.get_payload()).startswith("# constellagent\n")


def test_the_wheel_installs_one_program(wheel: zipfile.ZipFile) -> None:
    """Installing puts `constellagent` on the path, and no name that could hide another program."""
    name = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))

    assert wheel.read(name).decode().split() == [
        "[console_scripts]",
        "constellagent",
        "=",
        "constellagent.__main__:main",
    ]


def test_the_sdist_builds_the_same_wheel(built: Path, wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """A wheel built from the sdist has the same files, so nothing needed is left out of it."""
    subprocess.run(["tar", "-xzf", str(next(built.glob("*.tar.gz")))], cwd=tmp_path, check=True)
    source = next(tmp_path.iterdir())

    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")],
        cwd=source,
        check=True,
        capture_output=True,
    )

    with zipfile.ZipFile(next((tmp_path / "dist").glob("*.whl"))) as again:
        assert sorted(again.namelist()) == sorted(wheel.namelist())


def test_the_sdist_has_what_its_reader_needs(built: Path) -> None:
    """The sdist carries README, licence, changelog, example, schemas, tests, and how the page is built."""
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "constellation.example.yaml",
        "schemas/constellation.schema.json",
        "schemas/openapi.json",
        "hatch_build.py",
        "constellagent/faces/web/ui/package-lock.json",
        "constellagent/faces/web/page/build.json",
        "tests/test_packaging.py",
    } <= names
