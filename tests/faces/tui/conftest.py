"""A place whose clocks show UTC, and golden screens."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"

Screens = Callable[[str, str], None]
"""Compares what is seen with the golden screen of the given name."""


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand in a place whose clocks show UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def screens(request: pytest.FixtureRequest) -> Screens:
    """Give a function that compares a screen with its golden file, or rewrites it on `--update-golden`."""
    update = bool(request.config.getoption("--update-golden"))

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"{file} is missing; `pytest --update-golden` writes it"
        assert text == file.read_text(encoding="utf-8"), (
            f"{file} is stale; `pytest --update-golden` rewrites it"
        )

    return compare
