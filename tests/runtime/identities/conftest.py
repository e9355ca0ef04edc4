"""One constellation over the embedded provider."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.ravi.provided import Provided, provided
from tests.runtime.identities.bench import ROOT, Bench, bench


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[Provided]:
    """A local provider that listens on a free port."""
    folder = tmp_path / "ravi"
    folder.mkdir(mode=0o700)
    async with provided(folder, ROOT) as running:
        yield running


@pytest.fixture
async def b(tmp_path: Path, local: Provided) -> AsyncIterator[Bench]:
    """The constellation `c1` over it."""
    async with bench(tmp_path, local.url, local.key) as made:
        yield made
