"""What the provider says about itself."""

import pytest

from constellagent.ravi.local.provider import all_routes


@pytest.fixture
def local_routes() -> set[tuple[str, str]]:
    """Every method and path that the provider takes."""
    return {(route.method, route.path) for route in all_routes()}
