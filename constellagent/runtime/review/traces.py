"""The traces of a reviewer: an event for those who watch, and a line of the audit for a commit as the agent.

The audit is kept by the local provider, so only an agent with an identity there has such lines.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from constellagent.errors import ConstellagentError
from constellagent.ravi.client import RaviClient
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.store.bindings import Bindings
from constellagent.runtime.store.database import Database

_COMMIT = "commit.made"
_LONGEST = 1000
"""Characters that a line of the audit may say."""

_log = logging.getLogger(__name__)


class Traces:
    """Meets `live_views.Trace`."""

    def __init__(
        self,
        told: Callable[[str, str, str], None],
        database: Database,
        client: RaviClient,
    ) -> None:
        """`told` takes file, agent and text for those who watch."""
        self._told = told
        self._database = database
        self._client = client

    async def __call__(self, file: str, agent: str, text: str, *, as_agent: bool = False) -> None:
        """Tell of something done; what cannot be told of is done all the same, so that is only logged."""
        place = str(await asyncio.to_thread(Path(file).resolve))
        self._told(place, agent, text)
        if not as_agent:
            return
        try:
            binding = await Bindings(self._database, constellation_id(Path(place))).get(agent, "local")
            if binding is not None and not binding.archived:
                await self._client.audit.note(binding.uuid, _COMMIT, about=text[:_LONGEST])
        except ConstellagentError as error:
            _log.warning("%s: the audit was not told: %s", agent, error.message)
