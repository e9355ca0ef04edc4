"""A place with a repository and a state of its own for each test, in which whole commands run."""

import sys
from collections.abc import Iterator

import pytest

from tests.e2e.place import Place


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave these tests out where there is no /proc, by which a place finds what it must end."""
    if sys.platform != "linux":
        for item in items:
            if "/e2e/" in str(item.path):
                item.add_marker(pytest.mark.skip(reason="a place finds its processes in /proc"))


@pytest.fixture
def place() -> Iterator[Place]:
    """Give a place with one commit on `main`; nothing of it runs afterwards."""
    with Place(agents=0) as made:
        yield made
