"""SECURITY.md promises only what a test shows."""

import ast
import re

import pytest

from tests.checkout import ROOT

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
PROMISED = TEXT.partition("## What is promised\n")[2].partition("## What is not promised\n")[0]


@pytest.fixture(scope="module")
def tests() -> set[str]:
    """Give the names of all tests."""
    return {
        node.name
        for place in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(place.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_every_promise_names_a_test() -> None:
    """Each line of what is promised ends with at least one test."""
    lines = [line for line in PROMISED.splitlines() if line.startswith("- ")]
    assert len(lines) > 30
    assert [line for line in lines if not re.search(r": `test_\w+`(, `test_\w+`)*\.$", line)] == []


def test_every_named_test_is_there(tests: set[str]) -> None:
    """No promise stands on a test that was renamed or removed."""
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    assert named - tests == set()


def test_what_is_named_is_there() -> None:
    """Links lead to files and headings of this tree, and there is one such document only."""
    headings = {title.lower().replace(" ", "-") for title in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)}
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        name, _, heading = target.partition("#")
        assert not name or (ROOT / name).exists(), target
        assert not heading or heading in headings, target
    assert not (ROOT / ".github" / "SECURITY.md").exists()
