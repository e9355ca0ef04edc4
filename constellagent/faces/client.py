"""`Control` over the daemon's socket for asyncio callers: the remote twin of the daemon itself.

Each call has a connection of its own, so calls never wait for each other and a caller that goes away
in the middle of one disturbs nobody.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from constellagent.errors import UnavailableError
from constellagent.faces import wire
from constellagent.runtime.comment_views import CommentRequest
from constellagent.runtime.control import (
    PROTOCOL,
    SEND_WAIT,
    ApplyRequest,
    ConstellationView,
    InfoView,
    PlanReply,
    PlanRequest,
    RestartRequest,
    RestartView,
    RunRequest,
    SendView,
    SessionView,
    StreamItem,
)
from constellagent.runtime.diff_views import DiffRequest, DiffView
from constellagent.runtime.identity_views import (
    AuditReport,
    AuditRequest,
    AuditView,
    IdentityRequest,
    IdentityView,
    ProviderRequest,
)
from constellagent.runtime.live_views import LiveItem
from constellagent.runtime.race_views import RaceRequest
from constellagent.runtime.review_views import BrowseRequest, ChangeRequest
from constellagent.runtime.sandbox_views import SandboxReport, SandboxRequest
from constellagent.runtime.schedule_views import ScheduleRequest
from constellagent.runtime.screen_views import ScreenRequest, ScreenView
from constellagent.runtime.usage_views import ResumeRequest, UsageReport, UsageRequest

CONNECT_TIMEOUT = 5.0
"""Seconds for the connection and the daemon's greeting."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class DaemonClient:
    """`Control` met over the socket at `path`.

    Each method raises the error that the daemon raised, as the same class of `constellagent.errors`, and
    UnavailableError where no daemon listens or it goes away.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def info(self) -> InfoView:
        """Say who the daemon is."""
        reply: InfoView = await self._call("info", {})
        return reply

    async def plan(self, request: PlanRequest) -> PlanReply:
        """Compare declared and observed; writes nothing."""
        reply: PlanReply = await self._call("plan", {"request": request})
        return reply

    async def apply(self, request: ApplyRequest) -> AsyncIterator[StreamItem]:
        """Make it so: events as they happen, then one result."""
        async with self._connected("apply") as streams:
            await _ask(streams, "apply", {"request": request})
            while not (answer := await _answer(streams)).get("end"):
                yield answer["item"]

    async def status(self, file: str | None) -> list[ConstellationView]:
        """Show one constellation, or all where `file` is None."""
        reply: list[ConstellationView] = await self._call("status", {"file": file})
        return reply

    async def adopt(self, file: str, agent: str, path: str | None, identity: str | None) -> list[str]:
        """Take over an existing worktree or identity; returns what was done, in words."""
        params = {"file": file, "agent": agent, "path": path, "identity": identity}
        reply: list[str] = await self._call("adopt", params)
        return reply

    async def trust(self, file: str, *, revoke: bool) -> str:
        """Record or withdraw approval of the file's present content; returns its hash."""
        return str(await self._call("trust", {"file": file, "revoke": revoke}))

    async def session(self, file: str, subject: str) -> SessionView:
        """Return the newest session of an agent or service."""
        reply: SessionView = await self._call("session", {"file": file, "subject": subject})
        return reply

    async def send(
        self,
        file: str,
        agent: str,
        text: str,
        *,
        enter: bool,
        wait: float = SEND_WAIT,
        force: bool = False,
        over_limit: bool = False,
    ) -> SendView:
        """Deliver text to the agent's session, and say how it went."""
        params = {
            "file": file,
            "agent": agent,
            "text": text,
            "enter": enter,
            "wait": wait,
            "force": force,
            "over_limit": over_limit,
        }
        reply: SendView = await self._call("send", params)
        return reply

    async def stop(self, file: str, subject: str) -> str:
        """Stop the session of an agent or service; returns how it ended."""
        return str(await self._call("stop", {"file": file, "subject": subject}))

    async def restart(self, request: RestartRequest) -> RestartView:
        """Start an agent or service again."""
        reply: RestartView = await self._call("restart", {"request": request})
        return reply

    async def run(self, request: RunRequest) -> SessionView:
        """Start a run of an agent and return its session."""
        reply: SessionView = await self._call("run", {"request": request})
        return reply

    async def usage(self, request: UsageRequest) -> UsageReport:
        """Return what agents have used, and the limits in effect."""
        reply: UsageReport = await self._call("usage", {"request": request})
        return reply

    async def resume(self, request: ResumeRequest) -> list[str]:
        """Let paused runs go on; returns which."""
        reply: list[str] = await self._call("resume", {"request": request})
        return reply

    async def identities(self, file: str) -> list[IdentityView]:
        """Show the identity of each agent."""
        reply: list[IdentityView] = await self._call("identities", {"file": file})
        return reply

    async def identity(self, request: IdentityRequest) -> Any:
        """Answer a person about an agent's identity."""
        return await self._call("identity", {"request": request})

    async def audit(self, request: AuditRequest) -> list[AuditView]:
        """Return lines of the audit by time, oldest first."""
        reply: list[AuditView] = await self._call("audit", {"request": request})
        return reply

    async def audit_verify(self) -> AuditReport:
        """Check the audit of every identity."""
        reply: AuditReport = await self._call("audit_verify", {})
        return reply

    async def provider(self, request: ProviderRequest) -> Any:
        """Look at the local provider or tell it something."""
        return await self._call("provider", {"request": request})

    async def schedule(self, request: ScheduleRequest) -> Any:
        """Answer a person about schedules and their runs."""
        return await self._call("schedule", {"request": request})

    async def race(self, request: RaceRequest) -> Any:
        """Start, show or decide races."""
        return await self._call("race", {"request": request})

    async def sandbox(self, request: SandboxRequest) -> SandboxReport:
        """Prove an agent's sandbox by trying everything that it must prevent."""
        reply: SandboxReport = await self._call("sandbox", {"request": request})
        return reply

    async def screen(self, request: ScreenRequest) -> ScreenView:
        """Return what the terminal of a live session shows."""
        reply: ScreenView = await self._call("screen", {"request": request})
        return reply

    async def diff(self, request: DiffRequest) -> DiffView:
        """Compare an agent's worktree with its base, or another commit."""
        reply: DiffView = await self._call("diff", {"request": request})
        return reply

    async def browse(self, request: BrowseRequest) -> Any:
        """Show something of an agent's worktree."""
        return await self._call("browse", {"request": request})

    async def change(self, request: ChangeRequest) -> Any:
        """Change something in an agent's worktree."""
        return await self._call("change", {"request": request})

    async def comments(self, request: CommentRequest) -> Any:
        """Answer a reviewer about comments."""
        return await self._call("comments", {"request": request})

    async def watch(self, file: str | None) -> AsyncIterator[LiveItem]:
        """Tell what changes, until the caller leaves or the daemon ends."""
        async with self._connected("watch") as streams:
            await _ask(streams, "watch", {"file": file})
            while not (answer := await _answer(streams)).get("end"):
                yield answer["item"]

    async def shutdown(self, *, stop_sessions: bool) -> None:
        """End the daemon; sessions go on unless `stop_sessions`."""
        await self._call("shutdown", {"stop_sessions": stop_sessions})

    async def _call(self, method: str, params: Mapping[str, Any]) -> Any:
        async with self._connected(method) as streams:
            await _ask(streams, method, params)
            return (await _answer(streams)).get("result")

    @asynccontextmanager
    async def _connected(self, method: str) -> AsyncIterator[Streams]:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                streams = await asyncio.open_unix_connection(str(self._path), limit=wire.MAX_LINE + 1)
        except OSError as error:
            raise UnavailableError(
                f"no daemon answers at {self._path}: {error.strerror or 'it takes too long'}",
                hint="run `constellagent doctor`",
            ) from error
        try:
            greeting = await _answer(streams)
            if method not in wire.ANSWERED_ACROSS_VERSIONS:
                wire.check_greeting(greeting, PROTOCOL)
            yield streams
        finally:
            streams[1].close()


async def _ask(streams: Streams, method: str, params: Mapping[str, Any]) -> None:
    try:
        streams[1].write(wire.encode({"id": 1, "method": method, "params": params}))
        await streams[1].drain()
    except OSError as error:
        raise UnavailableError(f"the daemon went away: {error.strerror}") from error


async def _answer(streams: Streams) -> dict[str, Any]:
    try:
        line = await streams[0].readuntil(b"\n")
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise UnavailableError("the daemon closed the connection before it answered") from error
    answer = wire.decode(line)
    if "error" in answer:
        raise wire.error_from(answer["error"])
    return answer
