"""A place with a repository and a state of its own for each test, in which whole commands run."""

import sys
from collections.abc import Iterator

import pytest

from tests.e2e.place import Place
from tests.reliability.lab import git


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave these tests out where there is no /proc, by which a place finds what it must end.

    Each may take longer than others may: it waits for whole programs, for each of them as long as need be.
    """
    for item in items:
        if "/e2e/" not in str(item.path):
            continue
        if sys.platform != "linux":
            item.add_marker(pytest.mark.skip(reason="a place finds its processes in /proc"))
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture
def place() -> Iterator[Place]:
    """Give a place with one commit on `main`; afterwards nothing of it runs, and its repository is sound."""
    with Place(agents=0) as made:
        yield made
        if (made.repo / ".git").is_dir():
            git(made.repo, "fsck", "--no-dangling")
