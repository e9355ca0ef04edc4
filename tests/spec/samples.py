"""Texts and shortcuts that the tests of the language share."""

from pathlib import Path

import pytest

from constellagent.errors import Problem, SpecError
from constellagent.spec.load import load
from constellagent.spec.models import Constellation

EXAMPLE = (Path(__file__).parent.parent / "data" / "spec" / "example.yaml").read_text(encoding="utf-8")
"""The example of the documentation, with comments in every spot."""


def loaded(text: str) -> Constellation:
    """Return what a valid text says."""
    return load(text.encode(), "f.yaml").constellation


def problems(text: str | bytes) -> tuple[Problem, ...]:
    """Return the problems of a text that has some."""
    with pytest.raises(SpecError) as caught:
        load(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"), "f.yaml")
    return caught.value.problems


def lines(text: str | bytes) -> list[str]:
    """Return the problems of a text as they are shown, without the file's name."""
    return [problem.render("f.yaml").removeprefix("f.yaml:") for problem in problems(text)]


def only(text: str | bytes) -> str:
    """Return the one problem of a text as it is shown."""
    (line,) = lines(text)
    return line


def agent(settings: str) -> str:
    """Return a file with one agent `a` of these flow-style settings."""
    return f"version: 1\nagents:\n  a: {{{settings}}}\n"
