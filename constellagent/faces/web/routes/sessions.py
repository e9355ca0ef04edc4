"""Sessions: what an agent's terminal shows, giving it text, starting and ending it."""

from typing import Literal, NotRequired, TypedDict

from constellagent.errors import ConflictError, UsageError
from constellagent.faces.web.ranges import History, Seconds, Side
from constellagent.faces.web.routing import Call, Route
from constellagent.runtime.control import (
    RestartRequest,
    RestartView,
    RunRequest,
    SendView,
    SessionView,
)
from constellagent.runtime.screen_views import ScreenRequest, ScreenView


class ScreenQuery(TypedDict, total=False):
    """How to show it: as plain `text` (default) or drawn (`ansi`), with so many rows of scrollback."""

    form: Literal["text", "ansi"]
    history: History


class SendBody(TypedDict):
    """Text for the agent, as if it were pasted; with `enter` (default) the Enter key follows.

    An agent that asks for a permission takes it for the answer, so it gets it with `force` only; and one that
    reached a limit with `over_limit` only.
    """

    text: str
    enter: NotRequired[bool]
    force: NotRequired[bool]
    over_limit: NotRequired[bool]


class RunBody(TypedDict):
    """What to run: the agent with a prompt, or a command in its place, in a terminal of this size.

    It is ended after `timeout` seconds. Where a limit is reached it starts with `over_limit` only.
    """

    prompt: NotRequired[str]
    argv: NotRequired[list[str]]
    rows: NotRequired[Side]
    columns: NotRequired[Side]
    timeout: NotRequired[Seconds]
    over_limit: NotRequired[bool]


class RestartBody(TypedDict):
    """How to start it: with `new` it begins a new conversation; the old one is kept."""

    new: NotRequired[bool]


class StoppedView(TypedDict):
    """How it ended, in words."""

    outcome: str


async def newest(call: Call) -> SessionView:
    """Show an agent's newest session."""
    return await call.control.session(call.file, call.path["agent"])


async def session(call: Call) -> SessionView:
    """Show the session with an id."""
    return await call.control.session(call.file, call.path["session"])


async def screen(call: Call) -> ScreenView:
    """Show what an agent's terminal shows."""
    return await _screen(call, call.path["agent"])


async def session_screen(call: Call) -> ScreenView:
    """Show what a session's terminal shows."""
    return await _screen(call, call.path["session"])


async def send(call: Call) -> SendView:
    """Give text to an agent, and say whether it was seen to take it.

    Raises:
        ConflictError: it asks for a permission now, and the text would answer that.
    """
    body: SendBody = call.body
    if not body.get("force") and await _asks(call):
        raise ConflictError(
            f"{call.path['agent']} asks for a permission, and what is sent would answer that",
            hint="look at its terminal first; `force` sends it all the same",
        )
    return await call.control.send(
        call.file,
        call.path["agent"],
        body["text"],
        enter=body.get("enter", True),
        force=body.get("force", False),
        over_limit=body.get("over_limit", False),
    )


async def stop(call: Call) -> StoppedView:
    """End an agent's session."""
    return StoppedView(outcome=await call.control.stop(call.file, call.path["agent"]))


async def restart(call: Call) -> RestartView:
    """Start an agent again, as it was applied; it goes on with its conversation where that is there."""
    body: RestartBody = call.body
    return await call.control.restart(RestartRequest(file=call.file, subject=call.path["agent"], **body))


async def stop_session(call: Call) -> StoppedView:
    """End the session with an id."""
    return StoppedView(outcome=await call.control.stop(call.file, call.path["session"]))


async def run(call: Call) -> SessionView:
    """Start a run.

    Raises:
        UsageError: both a prompt and a command were given, or neither.
    """
    body: RunBody = call.body
    if ("prompt" in body) == bool(body.get("argv")):
        raise UsageError("a run takes either `prompt` or `argv`")
    return await call.control.run(RunRequest(file=call.file, agent=call.path["agent"], **body))


async def _asks(call: Call) -> bool:
    """Say whether the agent asks for a permission now."""
    row = await call.board.row(call.path["constellation"])
    return any(
        (one["name"], one["state"], one["reason"]) == (call.path["agent"], "waiting", "permission")
        for one in row["agents"]
    )


async def _screen(call: Call, subject: str) -> ScreenView:
    history = call.query.get("history", 0)
    form = call.query.get("form", "text")
    return await call.control.screen(
        ScreenRequest(file=call.file, subject=subject, form=form, history=history)
    )


_AGENT = "/constellations/{constellation}/agents/{agent}"
_SESSION = "/constellations/{constellation}/sessions/{session}"

ROUTES: tuple[Route, ...] = (
    Route("GET", f"{_AGENT}/session", newest, "Show an agent's newest session", SessionView, own=True),
    Route(
        "GET",
        f"{_AGENT}/screen",
        screen,
        "Show what an agent's terminal shows",
        ScreenView,
        query=ScreenQuery,
        own=True,
        statuses=(502,),
    ),
    Route(
        "POST",
        f"{_AGENT}/send",
        send,
        "Give text to an agent, as if it were pasted",
        SendView,
        body=SendBody,
        scope="admin",
        statuses=(409, 502),
    ),
    Route(
        "POST",
        f"{_AGENT}/runs",
        run,
        "Run an agent once with a prompt, or a command in its place",
        SessionView,
        body=RunBody,
        scope="admin",
        status=201,
        statuses=(502,),
    ),
    Route(
        "POST", f"{_AGENT}/stop", stop, "End an agent's session", StoppedView, scope="admin", statuses=(502,)
    ),
    Route(
        "POST",
        f"{_AGENT}/restart",
        restart,
        "Start an agent again, as it was applied",
        RestartView,
        body=RestartBody,
        scope="admin",
        statuses=(409, 502),
    ),
    Route("GET", _SESSION, session, "Show a session", SessionView, statuses=(502,)),
    Route(
        "GET",
        f"{_SESSION}/screen",
        session_screen,
        "Show what a session's terminal shows, or showed when it ended",
        ScreenView,
        query=ScreenQuery,
        statuses=(502,),
    ),
    Route(
        "POST", f"{_SESSION}/stop", stop_session, "End a session", StoppedView, scope="admin", statuses=(502,)
    ),
)
