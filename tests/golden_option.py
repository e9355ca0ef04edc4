"""Golden files: what a person reads, kept as text so that a change of it is seen in review.

`pytest --update-golden` rewrites the files under `tests/golden` that a test compares with.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"

Golden = Callable[[str, str], None]
"""Compares a text with the golden file of the given name (relative to `tests/golden`)."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-golden`."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Give a function that compares a text with a golden file, or rewrites it when asked to."""
    return comparing(request, GOLDEN)


def comparing(request: pytest.FixtureRequest, folder: Path) -> Golden:
    """Return the same for the golden files of another folder."""
    update = bool(request.config.getoption("--update-golden"))

    def compare(name: str, text: str) -> None:
        file = folder / name
        if update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"{file} is missing; `pytest --update-golden` writes it"
        assert text == file.read_text(encoding="utf-8"), (
            f"{file} is stale; `pytest --update-golden` rewrites it"
        )

    return compare
