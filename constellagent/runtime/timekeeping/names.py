"""Which schedules a person means: `agent/name`, or an agent for what it has."""

import asyncio
from collections.abc import Collection
from pathlib import Path

from constellagent.errors import SpecError, UsageError
from constellagent.runtime.contexts import load_once
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.timekeeping.requests import Asked
from constellagent.spec.suggest import did_you_mean

_READ_AT_MOST = (1 << 20) + 1
"""One byte more than a file may have, so that the loader sees that it is too large."""


class Names:
    """Finds schedules by what people call them."""

    def __init__(self, ledger: Ledger) -> None:
        """Use an open ledger, which knows of schedules that are not in effect any more."""
        self._ledger = ledger

    async def one(self, asked: Asked) -> str:
        """Return the key of the schedule that is meant.

        Raises:
            UsageError: there is none in effect, or the agent has several.
        """
        name = asked.request["schedule"]
        found = find(name, asked.rows)
        if not found:
            raise await self._unknown(asked, name)
        if len(found) > 1:
            raise UsageError(f"{name} has {len(found)} schedules", hint=f"say which: {', '.join(found)}")
        return found[0]

    async def several(self, asked: Asked) -> list[str]:
        """Return the keys of the schedules that are meant, in the order of their coming; for no name all.

        Raises:
            UsageError: one of them is not in effect.
        """
        wanted: set[str] = set()
        for name in (words := asked.request.get("schedules", [])):
            found = find(name, asked.rows)
            if not found:
                raise await self._unknown(asked, name)
            wanted.update(found)
        return [key for key in asked.rows if key in wanted or not words]

    async def ever(self, asked: Asked) -> list[str]:
        """Return the keys that are meant, also of the past, of which only the ledger knows; none for all.

        Raises:
            UsageError: one of them never was in effect.
        """
        words, wanted = asked.request.get("schedules", []), set[str]()
        past = await self._ledger.schedules(asked.constellation) if words else []
        for name in words:
            found = find(name, {*asked.rows, *past})
            if not found:
                raise await self._unknown(asked, name)
            wanted.update(found)
        return sorted(wanted)

    async def _unknown(self, asked: Asked, name: str) -> UsageError:
        """Return the error that says what to do about a schedule that is not in effect."""
        if find(name, await asyncio.to_thread(_declared, Path(asked.request["file"]))):
            return UsageError(
                f"{name} is declared and not in effect yet", hint="`constellagent apply` puts it into effect"
            )
        words = {*asked.rows, *map(agent_of, asked.rows)}
        if not words:
            hint = "`constellagent apply` puts the schedules of the file into effect"
            return UsageError("no schedule is in effect", hint=hint)
        return UsageError(
            f"no schedule {name!r} is in effect{did_you_mean(name, words)}",
            hint="`constellagent schedule show` lists those that are",
        )


def find(name: str, keys: Collection[str]) -> list[str]:
    """Return the keys that a word means: that very one, or all of an agent."""
    return [key for key in keys if name in {key, agent_of(key)}]


def agent_of(key: str) -> str:
    """Return whose schedule a key names."""
    return key.partition("/")[0]


def _declared(file: Path) -> list[str]:
    """Return the schedules that the file declares as it reads now; none where it cannot be used."""
    try:
        with file.open("rb") as opened:
            agents = load_once(opened.read(_READ_AT_MOST), str(file)).constellation.agents
    except (OSError, SpecError):
        return []
    return [f"{agent}/{name}" for agent, spec in agents.items() for name in spec.schedules]
