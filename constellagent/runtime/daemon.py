"""The composition root: builds every adapter, keeps the sessions, answers what faces ask."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import constellagent
from constellagent.ravi import shim
from constellagent.ravi.client import RaviClient
from constellagent.ravi.local.provider import LocalProvider
from constellagent.ravi.vault import open_root_key
from constellagent.runtime.adoption import adopt
from constellagent.runtime.belongings import Desk
from constellagent.runtime.browsing import Browser
from constellagent.runtime.changes import Changes
from constellagent.runtime.clock import Clock, SystemClock
from constellagent.runtime.comment_views import CommentRequest
from constellagent.runtime.comments import Comments
from constellagent.runtime.contexts import LOCAL_DOUBT, Contexts, Provider, load_once
from constellagent.runtime.control import (
    PROTOCOL,
    ApplyRequest,
    ConstellationView,
    InfoView,
    PlanReply,
    PlanRequest,
    RunRequest,
    SendView,
    SessionView,
    StreamItem,
)
from constellagent.runtime.diff_views import DiffRequest, DiffView
from constellagent.runtime.diffs import Diffs
from constellagent.runtime.edits import Author, Editor
from constellagent.runtime.git import Git
from constellagent.runtime.hosted import Hosted
from constellagent.runtime.identities.creation import held
from constellagent.runtime.identity_views import (
    AuditReport,
    AuditRequest,
    AuditView,
    IdentityRequest,
    IdentityView,
    ProviderRequest,
)
from constellagent.runtime.live import Lookout
from constellagent.runtime.live_views import LiveItem
from constellagent.runtime.objects import Objects
from constellagent.runtime.provider_options import owner, provider_options
from constellagent.runtime.reconcile import Reconciler
from constellagent.runtime.review import Review, Traces, runs_of
from constellagent.runtime.review_views import BrowseRequest, ChangeRequest
from constellagent.runtime.roster import Roster, tzdata_version
from constellagent.runtime.schedule_views import ScheduleRequest
from constellagent.runtime.scheduler import Alarm, Runner
from constellagent.runtime.screen_views import ScreenRequest, ScreenView
from constellagent.runtime.screens import Screens
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.settings import Settings
from constellagent.runtime.statuses import Statuses
from constellagent.runtime.store.bindings import Bindings
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.sessions import SessionRow, SessionRows
from constellagent.runtime.supervisor import Supervisor
from constellagent.runtime.terminals import Terminals, named
from constellagent.spec.models import Restart
from constellagent.term.activity import Activity

_log = logging.getLogger(__name__)


class Daemon:
    """The one background process of a user; meets `runtime.control.Control`."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        alarm: Alarm | None = None,
        runner: Runner | None = None,
    ) -> None:
        """Nothing happens before `start`; `alarm` and `runner` stand in for what waits and what runs."""
        self._alarm = alarm
        self._runner = runner
        self._settings = settings
        self._clock = clock or SystemClock()
        self._stack = AsyncExitStack()
        self._started_at = self._clock.now()
        self.ended = asyncio.Event()
        """Set when somebody asked the daemon to end."""

    async def start(self) -> None:
        """Open the state, start the provider, adopt what runs. The caller holds the daemon's lock."""
        paths = self._settings.paths
        paths.create()
        self._key = await asyncio.to_thread(open_root_key, paths.ravi, self._settings)
        self._database = Database(paths.database)
        await self._database.open()
        self._stack.push_async_callback(self._database.close)
        self._constellations = Constellations(self._database)
        local = await self._start_provider()
        await asyncio.to_thread(shim.install, paths.bin)
        rows = SessionRows(self._database)
        self._supervisor = Supervisor(rows, self._clock, self._restart_policy, self._start_again)
        self._screens = Screens(self._settings, self._clock, self._state_changed)
        self._registry = SessionRegistry(
            rows, self._settings, self._clock, self._provider, self._session_ended, self._session_started
        )
        self._stack.push_async_callback(self._screens.close)
        self._stack.push_async_callback(self._registry.close)
        self._stack.push_async_callback(self._supervisor.close)
        hosted = Hosted(self._settings, self._clock)
        self._stack.push_async_callback(hosted.close)
        self._contexts = Contexts(
            self._database, self._settings, self._clock, self._key, self._registry, local, hosted
        )
        self._desk = await self._open_desk()
        self._roster = Roster(
            contexts=self._contexts,
            constellations=self._constellations,
            registry=self._registry,
            database=self._database,
            key=self._key,
            audit=self._client.audit,
            settings=self._settings,
            clock=self._clock,
            alarm=self._alarm,
            runner=self._runner,
        )
        git = Git(paths.home, timeout=self._settings.git_timeout)
        self._objects = Objects(git)
        self._stack.push_async_callback(self._objects.close)
        self._terminals = Terminals(
            self._contexts, self._registry, self._supervisor, self._screens, self._roster.of_agents
        )
        self._lookout = Lookout(
            contexts=self._contexts,
            constellations=self._constellations,
            bindings=Bindings(self._database, ""),
            statuses=Statuses(self._registry, self._supervisor, self._objects, self._screens),
            runs=self._roster.of_agents,
            changes=Changes(git, self._clock),
            count=self._client.audit.counts,
            clock=self._clock,
        )
        self._review = self._open_review(git)
        self._roster.scheduler.on_end.append(self._lookout.run_ended)
        self._stack.push_async_callback(self._lookout.close)
        self._reconciler = Reconciler(
            self._contexts,
            self._constellations,
            self._supervisor,
            self._roster.runs,
            self._settings,
            self._clock,
            self._roster.refresh,
        )
        begin = self._clock.monotonic()
        await self._registry.adopt()
        live = await self._registry.live()
        _log.info("adopted %d sessions in %.3f s", len(live), self._clock.monotonic() - begin)
        self._screens.start(live)
        await self._supervisor.resume()
        self._stack.push_async_callback(self._roster.close)
        await self._roster.start()
        self._lookout.start()

    async def close(self) -> None:
        """Let go of everything; sessions go on."""
        await self._stack.aclose()

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
            await self._constellations.distrust(path)
            return ""
        context = await self._contexts.of_file(file)
        await self._constellations.trust(context.file, context.content_hash, self._clock.now())
        return context.content_hash

    async def session(self, file: str, subject: str) -> SessionView:
        """Return a session by its id, or the newest of an agent or service (else of its runs)."""
        return await self._terminals.session(file, subject)

    async def send(self, file: str, agent: str, text: str, *, enter: bool) -> SendView:
        """Deliver text to the agent's session, and say how it went."""
        return await self._terminals.send(file, agent, text, enter=enter)

    async def stop(self, file: str, subject: str) -> str:
        """Stop the session of an agent or service, or the runs of a schedule."""
        return await self._terminals.stop(file, subject)

    async def run(self, request: RunRequest) -> SessionView:
        """Start a run of an agent and return its session."""
        return await self._terminals.run(request)

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

    def _state_changed(self, row: SessionRow, activity: Activity, before: Activity) -> None:
        _log.debug("%s is %s now, was %s", row.subject, activity.state, before.state)
        self._lookout.state_changed(row, activity.state, activity.reason)

    async def _session_started(self, row: SessionRow) -> None:
        await self._screens.started(row)
        self._lookout.session_started(row)

    async def _session_ended(self, row: SessionRow) -> None:
        try:
            await self._supervisor.ended(row)
            await self._roster.session_ended(row)
        finally:
            await self._screens.ended(row)
            await self._lookout.session_ended(row)

    async def _start_provider(self) -> Provider:
        """Start the local provider; it keeps its port, since running agents hold its address."""
        settings = self._settings
        provider = LocalProvider(
            settings.paths.ravi, self._key, owner=owner(), options=provider_options(settings)
        )
        url = await provider.start("127.0.0.1", settings.provider_port)
        self._stack.push_async_callback(provider.stop)
        self._provider_url = url
        self._provider = provider
        self._client = RaviClient(url, await provider.management_key(), actor="daemon")
        self._stack.push_async_callback(self._client.close)
        reachable = {"CONSTELLAGENT_SMTP_URL": provider.smtp_url, "CONSTELLAGENT_SMS_URL": provider.sms_url}
        return Provider(held(self._client), url, reachable=reachable, doubt=LOCAL_DOUBT)

    def _open_review(self, git: Git) -> Review:
        """Return who answers a person about the work of agents."""
        runs = runs_of(Ledger(self._database, tzdata_version()))
        traces = Traces(self._lookout.reviewed, self._database, self._client)
        return Review(
            self._contexts,
            Diffs(git, runs),
            Browser(git, runs),
            Editor(git, self._clock, self._author, traces),
            Comments(self._database, self._clock, self._terminals.prompt, traces),
        )

    async def _open_desk(self) -> Desk:
        """Return who answers a person about identities, in that person's name."""
        person = RaviClient(self._provider_url, await self._provider.management_key(), actor="person")
        self._stack.push_async_callback(person.close)
        return Desk(
            self._contexts,
            self._registry,
            Bindings(self._database, ""),
            self._provider,
            person,
        )

    async def _author(self, file: str, agent: str) -> Author | None:
        context = await self._contexts.of_file(file)
        found = await context.identities.author(agent)
        return Author(*found) if found else None

    async def _restart_policy(self, row: SessionRow) -> Restart:
        applied = await self._constellations.get(row.constellation)
        if applied is None:
            return "never"
        loaded = await asyncio.to_thread(load_once, applied.text.encode(), str(applied.file))
        specs = loaded.constellation.services if row.role == "service" else loaded.constellation.agents
        spec = specs.get(row.subject)
        return spec.restart if spec else "never"

    async def _start_again(self, row: SessionRow) -> None:
        applied = await self._constellations.get(row.constellation)
        newest = {(r.role, r.subject): r.id for r in await self._registry.newest(row.constellation)}
        if applied is None or newest.get((row.role, row.subject)) != row.id:
            return
        context = await self._contexts.of_applied(applied)
        if row.role == "service":
            launch = await context.launches.service(context.desired.services[row.subject])
        else:
            agent = context.desired.agents[row.subject]
            record = (await context.world.records.all())[agent.name]
            launch = await context.launches.agent(agent, record.path)
        await self._registry.start(row.constellation, launch)
