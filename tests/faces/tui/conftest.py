"""A place whose clocks show UTC, and golden screens."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.golden_option import Golden, comparing

GOLDEN = Path(__file__).parent / "golden"

Screens = Golden
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
    return comparing(request, GOLDEN)
