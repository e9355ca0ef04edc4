"""A yard for each test, in a short folder, because sockets lie in it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.sandbox.yard import Yard


@pytest.fixture
def yard() -> Iterator[Yard]:
    """Return a repository, a person and our state."""
    folder = Path(tempfile.mkdtemp(prefix="ca-yard-"))
    yield Yard.build(folder)
    shutil.rmtree(folder)


@pytest.fixture
def bwrap() -> str:
    """Return bubblewrap's file; the test is skipped where there is none."""
    found = shutil.which("bwrap")
    if found is None:
        pytest.skip("bubblewrap is not installed")
    return found
