"""Real sessions behind the API."""

from tests.faces.web.live.conftest import api
from tests.runtime.holder.conftest import place, start

__all__ = ["api", "place", "start"]
