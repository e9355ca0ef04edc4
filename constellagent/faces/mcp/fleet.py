"""The daemon as a model may ask it about all agents: over its API, as who started the server or has a token.

What is allowed is decided by the daemon, call for call. Nothing here knows an identity's key.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from constellagent.errors import RefusedError, UsageError
from constellagent.faces.calling import call
from constellagent.spec.suggest import did_you_mean

LONGEST = 180.0
"""Seconds for one answer: a text may wait for its agent to be ready, and a run for its worktree."""


class Fleet:
    """All agents of this user, as far as the daemon lets the caller see and act."""

    def __init__(self, socket: Path, token: str = "") -> None:
        """`socket` is the API's; without a token the daemon's own user is asking."""
        self._socket = socket
        self._token = token

    async def may_act(self) -> bool:
        """Return whether the caller may do more than look.

        Raises:
            RefusedError: the token is that of one agent, and no fleet.
            ConstellagentError: the daemon knows no such token, or cannot be reached.
        """
        me = await self.ask("GET", "/me")
        if me["agent"]:
            raise RefusedError(
                f"the token is for {me['agent']} alone, and not for the fleet",
                hint="`constellagent token create NAME --scope read` (or admin) makes one that is",
            )
        return bool(me["scope"] == "admin")

    async def ask(self, method: str, place: str, body: Mapping[str, Any] | None = None, **query: Any) -> Any:
        """Return what the API answers; query parameters that are None or empty are left out.

        Raises:
            ConstellagentError: what the daemon says, such as that the caller may not.
        """
        chosen = {name: value for name, value in query.items() if value}
        target = f"{place}?{urlencode(chosen, doseq=True)}" if chosen else place
        return await asyncio.to_thread(
            call, self._socket, method, target, body, token=self._token, timeout=LONGEST
        )

    async def constellations(self, name: str = "") -> list[dict[str, Any]]:
        """Return all constellations, or the one of this name or id, with their agents.

        Raises:
            UsageError: there is none of that name.
        """
        rows: list[dict[str, Any]] = (await self.ask("GET", "/constellations"))["data"]
        if not name:
            return rows
        found = [row for row in rows if name in {row["id"], row["name"]}]
        if not found:
            known = [row["name"] for row in rows]
            raise UsageError(
                f"there is no constellation {name!r}{did_you_mean(name, known)}",
                hint=f"there are: {', '.join(known) or 'none'}",
            )
        return found

    async def subject(self, given: Mapping[str, Any]) -> str:
        """Return the path in the API of the `session` that is given, else of the agent.

        Raises:
            UsageError: as `agent` does.
        """
        place, _ = await self.agent(given)
        if not given.get("session"):
            return place
        return f"{place.partition('/agents/')[0]}/sessions/{quote(given['session'], safe='')}"

    async def agent(self, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return the path of the agent in the API, and how it is now.

        Raises:
            UsageError: there is none of that name, or there are several.
        """
        name = given["agent"]
        rows = await self.constellations(given.get("constellation", ""))
        found = [(row, one) for row in rows for one in row["agents"] if one["name"] == name]
        if not found:
            known = [one["name"] for row in rows for one in row["agents"]]
            raise UsageError(
                f"there is no agent {name!r}{did_you_mean(name, known)}",
                hint="fleet_list_agents shows all there are",
            )
        if len(found) > 1:
            raise UsageError(
                f"{len(found)} constellations have an agent {name!r}",
                hint=f"give `constellation`: {_ids(found)}",
            )
        row, one = found[0]
        return f"/constellations/{quote(row['id'], safe='')}/agents/{quote(name, safe='')}", one


def _ids(found: Sequence[tuple[Mapping[str, Any], object]]) -> str:
    return ", ".join(f"{row['id']} ({row['file']})" for row, _ in found)
