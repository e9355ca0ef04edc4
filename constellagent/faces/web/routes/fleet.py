"""The daemon and its constellations: what there is, read from the board without asking anybody anew."""

from typing import Any, NotRequired, TypedDict, cast

from constellagent.faces.web.live.frames import ConstellationRow, encode
from constellagent.faces.web.problems import UnknownError
from constellagent.faces.web.routing import Call, Encoded, Route
from constellagent.runtime.control import AgentView, ServiceView
from constellagent.spec.suggest import did_you_mean


class DaemonView(TypedDict):
    """The daemon itself; only an admin is told where its state lies. `started_at` is epoch seconds."""

    protocol: int
    version: str
    pid: int
    started_at: float
    home: NotRequired[str]
    provider_url: str
    constellations: int
    sessions: int


async def info(call: Call) -> DaemonView:
    """Say who the daemon is."""
    known: dict[str, Any] = {**await call.control.info()}
    if call.scope != "admin":
        del known["home"]
    return cast("DaemonView", known)


async def constellations(call: Call) -> Encoded:
    """List all that were ever applied."""
    rows = await call.board.rows()
    return await _list(call, "", ("constellations",), rows)


async def constellation(call: Call) -> Encoded:
    """Show one."""
    row = await _row(call)
    return Encoded(*await call.board.encoded(call.file, ("constellation",), lambda: encode(row)))


async def agents(call: Call) -> Encoded:
    """List the agents of one."""
    row = await _row(call)
    return await _list(call, call.file, ("agents",), row["agents"])


async def services(call: Call) -> Encoded:
    """List the services of one."""
    row = await _row(call)
    return await _list(call, call.file, ("services",), row["services"])


async def agent(call: Call) -> Encoded:
    """Show one agent.

    Raises:
        UnknownError: there is none of that name.
    """
    row, name = await _row(call), call.path["agent"]
    found = next((one for one in row["agents"] if one["name"] == name), None)
    if found is None:
        known = [one["name"] for one in row["agents"]]
        raise UnknownError(f"there is no agent {name!r}{did_you_mean(name, known)}")
    return Encoded(*await call.board.encoded(call.file, ("agent", name), lambda: encode(found)))


async def _row(call: Call) -> ConstellationRow:
    for row in await call.board.rows():
        if row["file"] == call.file:
            return row
    return await call.board.row(call.path["constellation"])


async def _list(call: Call, file: str, what: tuple[str, ...], rows: object) -> Encoded:
    return Encoded(*await call.board.encoded(file, what, lambda: encode({"data": rows, "next": ""})))


_ONE = "/constellations/{constellation}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/info", info, "Say who the daemon is", DaemonView),
    Route("GET", "/constellations", constellations, "List all constellations", list[ConstellationRow]),
    Route("GET", _ONE, constellation, "Show one constellation", ConstellationRow),
    Route("GET", f"{_ONE}/agents", agents, "List the agents of a constellation", list[AgentView]),
    Route("GET", f"{_ONE}/agents/{{agent}}", agent, "Show one agent", AgentView, own=True),
    Route("GET", f"{_ONE}/services", services, "List the services of a constellation", list[ServiceView]),
)
