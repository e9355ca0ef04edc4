"""A bench for headless runs."""

from pathlib import Path

import pytest

from tests.runtime.headless.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give a session's folder and a worktree."""
    return Bench(tmp_path)
