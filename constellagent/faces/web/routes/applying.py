"""Plan and apply from afar: what would change, and making it so, told step by step."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, NotRequired, TypedDict

from constellagent.errors import ConstellagentError
from constellagent.faces.web.routing import Call, Route
from constellagent.runtime.control import ApplyRequest, PlanReply, PlanRequest, StreamItem
from constellagent.runtime.tasks import spawn

MOST_WAITING = 4096
"""Items that wait for a client that does not read; it is told that more were left out."""


class PlanBody(TypedDict):
    """What to plan: all, or `agents`. `env_names` are the variables that an apply would be given."""

    agents: NotRequired[list[str]]
    restart: NotRequired[list[str]]
    prune: NotRequired[bool]
    destroy: NotRequired[bool]
    force: NotRequired[bool]
    env_names: NotRequired[list[str]]


class ApplyBody(TypedDict):
    """What to apply. `approved` repeats `content_hash` of the plan, `plan` the plan that must still hold.

    `env` gives the values of the plan's `wants_env` as the caller's shell has them. What it leaves out stays
    as the last apply kept it.
    """

    approved: str
    plan: NotRequired[dict[str, Any]]
    agents: NotRequired[list[str]]
    restart: NotRequired[list[str]]
    prune: NotRequired[bool]
    destroy: NotRequired[bool]
    force: NotRequired[bool]
    env: NotRequired[dict[str, str]]


async def plan(call: Call) -> PlanReply:
    """Compare declared and observed."""
    asked: dict[str, Any] = {"env_names": [], "keep_env": True, **call.body}
    request = PlanRequest(file=call.file, **asked)  # type: ignore[typeddict-item] # its shape was checked
    return await call.control.plan(request)


async def apply(call: Call) -> AsyncIterator[StreamItem]:
    """Make it so, whether or not the client stays to hear of it."""
    asked: dict[str, Any] = {"env": {}, "keep_env": True, **call.body}
    request = ApplyRequest(file=call.file, **asked)  # type: ignore[typeddict-item] # its shape was checked
    items = _Items()
    spawn(items.fill(call.control.apply(request)), name="apply from afar")
    async for item in items:
        yield item


class _Items:
    """What an apply tells, between the apply and a client that may be slow or gone."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[StreamItem | ConstellagentError | None] = asyncio.Queue()
        self._left_out = 0

    async def fill(self, source: AsyncIterator[StreamItem]) -> None:
        """Take all that the apply tells; never waits for the client."""
        last: ConstellagentError | None = None
        try:
            async for item in source:
                if "result" in item or self._queue.qsize() < MOST_WAITING:
                    self._queue.put_nowait(item)
                else:
                    self._left_out += 1
        except ConstellagentError as error:
            last = error
        except BaseException:
            last = ConstellagentError("the apply ended before it said how it went", hint="look at the plan")
            raise
        finally:
            self._queue.put_nowait(last)

    async def __aiter__(self) -> AsyncIterator[StreamItem]:
        """Yield the items; raises the error with which the apply ended, if any."""
        while (item := await self._queue.get()) is not None:
            if isinstance(item, ConstellagentError):
                raise item
            if "result" in item and self._left_out:
                text = f"{self._left_out} lines were left out: the reader was too slow"
                yield StreamItem(event={"subject": "", "text": text, "level": "warning", "data": {}})
            yield item


_ONE = "/constellations/{constellation}"

ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        f"{_ONE}/plan",
        plan,
        "Compare what is declared with what is there; changes nothing",
        PlanReply,
        body=PlanBody,
        scope="admin",
        statuses=(409, 502),
    ),
    Route(
        "POST",
        f"{_ONE}/apply",
        apply,
        "Make it as declared, and tell each step",
        StreamItem,
        body=ApplyBody,
        scope="admin",
        stream=True,
        statuses=(409, 423, 502),
    ),
)
