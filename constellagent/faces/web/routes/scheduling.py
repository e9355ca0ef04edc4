"""Schedules, and the ledger of their runs."""

from typing import Any, NotRequired, TypedDict, cast

from constellagent.errors import UsageError
from constellagent.faces.web.ranges import MOST_ROWS, Limit
from constellagent.faces.web.routes.paging import cursor, limit_of, parts
from constellagent.faces.web.routes.sessions import StoppedView
from constellagent.faces.web.routing import Call, Page, Route
from constellagent.runtime.schedule_views import ChangedView, RunView, ScheduleRequest, ScheduleView

_SLACK = 10
"""Rows that may have come before the place of a cursor since it was given; one tells that there are more."""


class RunsQuery(TypedDict, total=False):
    """Which runs: of some schedules (`agent/name`, or `agent`), in some states, within nominal times.

    `schedule` and `state` may be given several times. Times are as in a constellation file, in UTC where they
    name no offset, and included.
    """

    schedule: list[str]
    state: list[str]
    since: str
    until: str
    limit: Limit
    cursor: str


class PauseBody(TypedDict):
    """Why, in words for who wonders later."""

    why: NotRequired[str]


class ResumeBody(TypedDict):
    """With `catch_up` it makes up for what it missed while paused, as its declaration allows."""

    catch_up: NotRequired[bool]


async def schedules(call: Call) -> Page:
    """List the schedules in effect, in the order of their coming."""
    found: list[ScheduleView] = await _ask(call, "list", schedules=[])
    return Page([*found])


async def run_now(call: Call) -> RunView:
    """Let a schedule fire now."""
    started: RunView = await _ask(call, "run", schedule=_schedule(call))
    return started


async def pause(call: Call) -> ChangedView:
    """Let a schedule not fire until it is resumed."""
    changed: ChangedView = await _ask(call, "pause", schedules=[_schedule(call)], **call.body)
    return changed


async def resume(call: Call) -> ChangedView:
    """Let a schedule fire again."""
    changed: ChangedView = await _ask(call, "resume", schedules=[_schedule(call)], **call.body)
    return changed


async def runs(call: Call) -> Page:
    """List runs by nominal time, newest first.

    Raises:
        UsageError: the limit, the cursor or a time is none.
    """
    query, limit = call.query, limit_of(call.query.get("limit"))
    asked: dict[str, Any] = {"schedules": query.get("schedule", []), "states": query.get("state", [])}
    asked |= {name: query[name] for name in ("since", "until") if name in query}
    given, last = 0, ""
    if after := query.get("cursor"):
        asked["until"], given, last = _place(after)
    asked["limit"] = min(given + limit + _SLACK, MOST_ROWS)
    found: list[RunView] = await _ask(call, "history", **asked)
    begin = next((number + 1 for number, row in enumerate(found) if row["run"] == last), given)
    shown = found[begin : begin + limit]
    more = len(found) > begin + limit or len(found) == MOST_ROWS
    return Page([*shown], _after(found[: begin + limit]) if shown and more else "")


async def run(call: Call) -> RunView:
    """Show one run."""
    found: list[RunView] = await _ask(call, "history", run=call.path["run"])
    return found[0]


async def stop_run(call: Call) -> StoppedView:
    """End a run."""
    return StoppedView(outcome=await call.control.stop(call.file, call.path["run"]))


def _after(given: list[RunView]) -> str:
    """Return the cursor behind these rows: their last nominal time, how many have it, and the last one."""
    last = given[-1]
    same = sum(1 for row in given if row["fire_at"] == last["fire_at"])
    return cursor([last["fire_at"], str(same), last["run"]])


def _place(after: str) -> tuple[str, int, str]:
    """Return what a cursor of `_after` holds.

    Raises:
        UsageError: it is none.
    """
    fire_at, same, last = parts(after, 3)
    if not (same.isascii() and same.isdigit() and len(same) <= 4 and 0 < int(same) <= MOST_ROWS):
        raise UsageError("this cursor is none of this list", hint="begin without a cursor")
    return fire_at, int(same), last


def _schedule(call: Call) -> str:
    return f"{call.path['agent']}/{call.path['name']}"


async def _ask(call: Call, action: str, **more: Any) -> Any:
    return await call.control.schedule(cast("ScheduleRequest", {"file": call.file, "action": action, **more}))


_ONE = "/constellations/{constellation}"
_SCHEDULE = f"{_ONE}/schedules/{{agent}}/{{name}}"


def _post(path: str, handler: Any, summary: str, reply: Any, body: Any = None) -> Route:
    return Route("POST", path, handler, summary, reply, body=body, scope="admin", statuses=(409, 502))


ROUTES: tuple[Route, ...] = (
    Route("GET", f"{_ONE}/schedules", schedules, "List the schedules in effect", list[ScheduleView]),
    _post(f"{_SCHEDULE}/run", run_now, "Let a schedule fire now", RunView),
    _post(f"{_SCHEDULE}/pause", pause, "Let a schedule not fire until it is resumed", ChangedView, PauseBody),
    _post(f"{_SCHEDULE}/resume", resume, "Let a schedule fire again", ChangedView, ResumeBody),
    Route(
        "GET",
        f"{_ONE}/runs",
        runs,
        "List runs of schedules by nominal time, newest first",
        list[RunView],
        query=RunsQuery,
    ),
    Route("GET", f"{_ONE}/runs/{{run}}", run, "Show a run", RunView),
    _post(f"{_ONE}/runs/{{run}}/stop", stop_run, "End a run", StoppedView),
)
