"""The README cannot lie: its tables come from the code, its picture from the package, and its tour is run."""

import doctest
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import constellagent
from constellagent.spec.load import load
from tests.checkout import ROOT, Clone, clone_tree, free_the_port, lived_in
from tests.readme_tables import README, TABLES, rewrite

TEXT = README.read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_VARYING = (
    (re.compile(r"\b\d+(\.\d)?[smh]\b"), "AGE"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d\b"), "MOMENT"),
    (re.compile(r"\b\d{6}\b"), "CODE"),
    (re.compile(r"\bdemo-\w{4}\.test\b"), "DOMAIN"),
    (re.compile(r"\b\d+ lines\b"), "LINES"),
    (re.compile(r"\b[0-9a-f]{7,40}\b"), "COMMIT"),
    (re.compile(r"(?<=127\.0\.0\.1:)\d+"), "PORT"),
)
"""What differs from run to run: the README shows true values, and any other value matches them."""


def _blocks(language: str) -> list[str]:
    """Return the fenced blocks of one language, in order."""
    return [body for name, body in _BLOCK.findall(TEXT) if name == language]


def _tour() -> Iterator[tuple[str, str]]:
    """Yield each command of the console blocks with the output that is shown for it."""
    for block in _blocks("console"):
        for entry in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = entry.partition("\n")
            yield command, shown


def _settled(text: str) -> str:
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return text


def test_the_tables_are_what_the_code_says(request: pytest.FixtureRequest) -> None:
    """Keys, defaults, commands, exit codes and settings are all in the README, as they are in the code."""
    if request.config.getoption("--update-golden", default=False):
        README.write_text(rewrite(TEXT), encoding="utf-8")
    text = README.read_text(encoding="utf-8")

    assert set(re.findall(r"^<!-- table: ([a-z ]+) -->$", text, re.MULTILINE)) == set(TABLES)
    assert text == rewrite(text), "`pytest tests/test_readme.py --update-golden` rewrites the tables"


def test_the_picture_is_the_packages_own() -> None:
    """The layers in the README are those that the package's docstring draws."""
    doc = constellagent.__doc__ or ""
    picture = "".join(line for line in doc.splitlines(keepends=True) if line.startswith("    "))

    assert f"```\n{picture}```" in TEXT


def test_setting_up_takes_one_line_each() -> None:
    """Trying it out and testing it are one line each, which needs nothing but Python."""
    lines = [block for block in _blocks("sh") if block.startswith("python3 -m venv .venv && ")]

    assert [block.count("\n") for block in lines] == [1, 1]
    assert "apply -f constellation.example.yaml" in lines[0]
    assert "pytest" in lines[1]


def test_the_language_examples_load() -> None:
    """Every YAML block is a whole constellation without a problem in it."""
    blocks = _blocks("yaml")

    assert blocks
    for block in blocks:
        load(block.encode(), "README.md")


def test_links_lead_somewhere() -> None:
    """Every relative link names a file of this tree."""
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", TEXT) if "://" not in target]

    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.fixture
def stranger() -> Iterator[Clone]:
    """A fresh clone in which the quick start's last command was run; its path is short, as a person's is."""
    install, _, start = _blocks("sh")[0].rpartition(" && ")
    assert install == "python3 -m venv .venv && .venv/bin/pip install -q ."
    with (
        TemporaryDirectory(dir=Path("/tmp").resolve()) as folder,
        lived_in(clone_tree(Path(folder))) as clone,
    ):
        free_the_port(clone)
        clone.run(*start.removeprefix(".venv/bin/").split())
        yield clone


@pytest.mark.timeout(240)
def test_the_tour_happens_as_shown(stranger: Clone) -> None:
    """Each command of the tour, run in order in a fresh clone, says what is shown (`...` is anything)."""
    checker = doctest.OutputChecker()
    home = str(stranger.repo.parent)
    steps = list(_tour())
    assert steps

    for command, shown in steps:
        done = stranger.run("bash", "-c", f"exec 2>&1; {command}", status=None)
        got = done.stdout.replace(home, "/home/you")

        told = f"$ {command}\nshown:\n{shown}\ngot:\n{got}"
        assert checker.check_output(_settled(shown), _settled(got), _FLAGS), told
