"""The API with a fake control behind it."""

from collections.abc import AsyncIterator

import pytest

from constellagent.runtime.settings import Settings
from tests.faces.fake_control import FakeControl
from tests.faces.web.asking import Api, asking, constellation_view


@pytest.fixture
async def api(home: Settings, control: FakeControl) -> AsyncIterator[Api]:
    """Serve one constellation, `acme`."""
    control.views = [constellation_view()]
    async with asking(control, home) as client:
        yield Api(client, control)
