"""The composition as faces meet it: each question goes to the part that answers it."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import constellagent
from constellagent.runtime.adoption import adopt
from constellagent.runtime.assembly import Assembly
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
from constellagent.runtime.terminals import named
from constellagent.runtime.usage_views import ResumeRequest, UsageReport, UsageRequest


class Daemon(Assembly):
    """The one background process of a user; meets `runtime.control.Control`."""

    async def info(self) -> InfoView:
        """Say who the daemon is."""
        return InfoView(
            protocol=PROTOCOL,
            version=constellagent.__version__,
            pid=os.getpid(),
            started_at=self._started_at,
            home=str(self._settings.paths.home),
            provider_url=self._provider_url,
            constellations=len(await self._constellations.all()),
            sessions=len(await self._registry.live()),
        )

    async def plan(self, request: PlanRequest) -> PlanReply:
        """Compare declared and observed; writes nothing."""
        return await self._reconciler.plan(request)

    def apply(self, request: ApplyRequest) -> AsyncIterator[StreamItem]:
        """Make it so: events as they happen, then an `ApplyResult`."""
        return self._lookout.told(request["file"], self._reconciler.apply(request))

    async def status(self, file: str | None) -> list[ConstellationView]:
        """Show one constellation, or all that were ever applied."""
        return await self._lookout.status(file)

    async def adopt(self, file: str, agent: str, path: str | None, identity: str | None) -> list[str]:
        """Take over an existing worktree or identity for a declared agent."""
        context = await self._contexts.of_file(file)
        named(context, agent, services=False)
        return await adopt(context, agent, Path(path) if path else None, identity)

    async def trust(self, file: str, *, revoke: bool) -> str:
        """Record (or withdraw) approval of this file's present content."""
        path = await asyncio.to_thread(Path(file).resolve)
        if revoke:
            await self._constellations.distrust(path, self._clock.now())
            return ""
        context = await self._contexts.of_file(file)
        await self._constellations.trust(context.file, context.content_hash, self._clock.now())
        return context.content_hash

    async def session(self, file: str, subject: str) -> SessionView:
        """Return a session by its id, or the newest of an agent or service (else of its runs)."""
        return await self._terminals.session(file, subject)

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
        return await self._terminals.send(
            file, agent, text, enter=enter, wait=wait, force=force, over_limit=over_limit
        )

    async def stop(self, file: str, subject: str) -> str:
        """Stop the session of an agent or service, or the runs of a schedule."""
        return await self._terminals.stop(file, subject)

    async def restart(self, request: RestartRequest) -> RestartView:
        """End the session of an agent or service, if it has one, and start it again as it was applied."""
        return await self._reviver.restart(request, self._supervisor)

    async def run(self, request: RunRequest) -> SessionView:
        """Start a run of an agent and return its session."""
        return await self._terminals.run(request)

    async def usage(self, request: UsageRequest) -> UsageReport:
        """Return what agents have used, and the limits in effect."""
        return await self._limits.report(request)

    async def resume(self, request: ResumeRequest) -> list[str]:
        """Let paused runs go on; returns which."""
        return await self._limits.resume(request)

    async def identities(self, file: str) -> list[IdentityView]:
        """Show the identity of each agent, also of those that were put away."""
        return await self._desk.identities(file)

    async def identity(self, request: IdentityRequest) -> Any:
        """Answer a person about an agent's identity."""
        return await self._desk.identity(request)

    async def audit(self, request: AuditRequest) -> list[AuditView]:
        """Return lines of the audit by time, oldest first."""
        return await self._desk.audit(request)

    async def audit_verify(self) -> AuditReport:
        """Check the audit of every identity; writes nothing."""
        return await self._desk.audit_verify()

    async def provider(self, request: ProviderRequest) -> Any:
        """Look at the local provider or tell it something."""
        return await self._desk.provider(request)

    async def schedule(self, request: ScheduleRequest) -> Any:
        """Answer a person about schedules and their runs."""
        return await self._roster.desk.answer(request)

    async def race(self, request: RaceRequest) -> Any:
        """Start, show or decide races of agents."""
        try:
            return await self._races.answer(request)
        finally:
            self._lookout.poke()

    async def sandbox(self, request: SandboxRequest) -> SandboxReport:
        """Prove an agent's sandbox by trying everything that it must prevent."""
        return await self._verifier.verify(request)

    async def screen(self, request: ScreenRequest) -> ScreenView:
        """Return what the terminal of a session shows, or showed when it ended."""
        return await self._terminals.screen(request)

    async def diff(self, request: DiffRequest) -> DiffView:
        """Compare an agent's worktree with its base, or another commit."""
        return await self._review.diff(request)

    async def browse(self, request: BrowseRequest) -> Any:
        """Show something of an agent's worktree."""
        return await self._review.browse(request)

    async def change(self, request: ChangeRequest) -> Any:
        """Change something in an agent's worktree."""
        try:
            return await self._review.change(request)
        finally:
            self._lookout.poke()

    async def comments(self, request: CommentRequest) -> Any:
        """Answer a reviewer about comments."""
        return await self._review.comments(request)

    def watch(self, file: str | None) -> AsyncIterator[LiveItem]:
        """Tell what changes in one constellation, or all, until the caller leaves."""
        return self._lookout.watch(file)

    async def shutdown(self, *, stop_sessions: bool) -> None:
        """End the daemon; sessions go on unless `stop_sessions`."""
        if stop_sessions:
            rows = await self._registry.live()
            await asyncio.gather(*(self._registry.stop(row.id) for row in rows))
        self.ended.set()
