"""The composition root: builds every adapter, binds them to each other, and lets go of them in reverse."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack

from constellagent.ravi.client import RaviClient
from constellagent.ravi.local.provider import LocalProvider
from constellagent.ravi.vault import open_root_key
from constellagent.runtime import left_keys, programs, survivors
from constellagent.runtime.alerts import Alerts, Post
from constellagent.runtime.belongings import Desk
from constellagent.runtime.browsing import Browser
from constellagent.runtime.changes import Changes
from constellagent.runtime.clock import Clock, SystemClock
from constellagent.runtime.comments import Comments
from constellagent.runtime.contexts import LOCAL_DOUBT, Contexts, Provider, load_once
from constellagent.runtime.delivery import Courier, Later, Turns
from constellagent.runtime.diffs import Diffs
from constellagent.runtime.edits import Author, Editor
from constellagent.runtime.farewell import tell
from constellagent.runtime.git import Git
from constellagent.runtime.hosted import Hosted
from constellagent.runtime.identities.creation import held
from constellagent.runtime.limits import Limits
from constellagent.runtime.live import Lookout
from constellagent.runtime.objects import Objects
from constellagent.runtime.provider_options import owner, provider_options
from constellagent.runtime.races import Races
from constellagent.runtime.races import runs_of as runs_of_races
from constellagent.runtime.reconcile import Reconciler
from constellagent.runtime.reports import Metering, Reports
from constellagent.runtime.review import Review, Traces, runs_of
from constellagent.runtime.reviving import Reviver
from constellagent.runtime.roster import Roster, tzdata_version
from constellagent.runtime.scheduler import Alarm, Runner
from constellagent.runtime.screens import KnownSigns, Screens
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.settings import Settings
from constellagent.runtime.statuses import Statuses
from constellagent.runtime.store.alerts import AlertRows
from constellagent.runtime.store.bindings import Bindings
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.store.conversations import ConversationRows
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.races import RaceRows
from constellagent.runtime.store.sessions import SessionRow, SessionRows
from constellagent.runtime.store.waiting import WaitingRows
from constellagent.runtime.supervisor import Supervisor
from constellagent.runtime.terminals import Terminals
from constellagent.runtime.verifying import Verifier
from constellagent.runtime.waiters import Waiters
from constellagent.spec.models import Restart
from constellagent.term.activity import Activity

_log = logging.getLogger(__name__)


class Assembly:
    """The parts of one daemon, and what they tell each other."""

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
        self.page: Callable[[], str] = _nowhere
        """Returns the address of the page, empty where it is not on; set by who serves it."""

    async def start(self) -> None:
        """Open the state, start the provider, adopt what runs. The caller holds the daemon's lock."""
        paths = self._settings.paths
        await asyncio.to_thread(survivors.refuse_lost, paths)
        paths.create()
        self._key = await asyncio.to_thread(open_root_key, paths.ravi, self._settings)
        await self._open_state()
        local = await self._start_provider()
        await asyncio.to_thread(programs.install, paths)
        signs = self._open_sessions()
        self._open_contexts(local)
        self._open_delivery(signs)
        self._desk = await self._open_desk()
        self._roster = self._open_roster()
        git = Git(paths.home, timeout=self._settings.git_timeout, around=self._contexts.confinement)
        self._open_terminals(git)
        self._verifier = Verifier(self._contexts, self._registry, self._database, self._settings)
        self._lookout = self._open_lookout(git)
        self._waiters = self._open_waiters()
        self._alerts = self._open_alerts()
        editor = Editor(git, self._clock, self._author, self._open_traces())
        self._races = self._open_races(editor)
        self._review = self._open_review(git, editor)
        self._roster.scheduler.on_end.append(self._lookout.run_ended)
        self._stack.push_async_callback(self._lookout.close)
        self._stack.push_async_callback(self._alerts.close)
        self._reconciler = Reconciler(
            self._contexts,
            self._constellations,
            self._supervisor,
            self._roster.runs,
            self._settings,
            self._clock,
            self._applied,
            self._waiters.set,
        )
        await self._take_over()

    async def close(self) -> None:
        """Let go of everything; sessions go on."""
        await self._stack.aclose()

    def _state_changed(self, row: SessionRow, activity: Activity, before: Activity) -> None:
        if (activity.state, activity.reason) == (before.state, before.reason):
            self._lookout.poke(whole=False)  # only who says so is another: shown, but no event
            return
        _log.debug("%s is %s now, was %s", row.subject, activity.state, before.state)
        self._lookout.state_changed(row, activity.state, activity.reason)
        self._metering.state_changed(row, activity.state)
        self._alerts.state(row, activity)
        if activity.state not in {"starting", "working"}:
            self._roster.scheduler.look()  # where only so many may work, one is done

    def _prompted(self, row: SessionRow, text: str) -> None:
        self._lookout.prompted(row, text)
        self._alerts.prompted(row, text)

    def _open_waiters(self) -> Waiters:
        """Return what starts agents once others are done, and let it hear of that."""
        waiters = Waiters(self._contexts, self._constellations, WaitingRows(self._database))
        waiters.on_change = lambda *_: self._lookout.poke()
        self._roster.triggers.turns.on_turn = waiters.look
        self._reports.attend(self._roster.triggers.turns)
        return waiters

    async def _applied(self, constellation: str) -> None:
        self._limits.refresh(constellation)
        await self._roster.refresh(constellation)

    def _paused(self, row: SessionRow, why: str) -> None:
        if why:
            self._lookout.state_changed(row, "waiting", f"paused: {why}")
        self._alerts.paused(row, why)
        self._limits_changed()

    def _limits_changed(self) -> None:
        self._roster.scheduler.look()
        self._lookout.poke()

    async def _session_started(self, row: SessionRow) -> None:
        await self._screens.started(row)
        self._lookout.session_started(row)
        self._later.take_up(row)

    async def _session_ended(self, row: SessionRow) -> None:
        first = {
            "restarts": self._supervisor.ended,  # it owes a decision
            "reports": self._reports.catch_up,
            "usage": self._metering.ended,
            "limits": self._limits.ended,  # before the schedules: what starts next must find what is left
            "schedules": self._roster.scheduler.session_ended,
            "triggers": self._roster.triggers.session_ended,
            "races": self._races.session_ended,
            "waiters": self._waiters.session_ended,
            "sandboxes": lambda row: self._contexts.sandboxes.ended(row.id),
        }
        last = {"screens": self._screens.ended, "views": self._lookout.session_ended}
        try:
            await tell(row, first)
        finally:
            self._later.forget(row.id)
            await tell(row, last)
            self._alerts.ended(row)

    async def _open_state(self) -> None:
        """Open the database."""
        self._database = Database(self._settings.paths.database)
        await self._database.open()
        self._stack.push_async_callback(self._database.close)
        self._constellations = Constellations(self._database)

    def _open_sessions(self) -> KnownSigns:
        """Make what holds sessions, shows them and starts them again; returns what knows their signs."""
        rows = SessionRows(self._database)
        self._supervisor = Supervisor(rows, self._clock, self._restart_policy, self._start_again)
        signs = KnownSigns(self._constellations, ConversationRows(self._database), load_once)
        self._reports = Reports(self._settings.paths, ConversationRows(self._database))
        self._screens = Screens(self._settings, self._clock, self._state_changed, self._reports, signs.of)
        self._registry = SessionRegistry(
            rows, self._settings, self._clock, self._provider, self._session_ended, self._session_started
        )
        self._stack.push_async_callback(self._screens.close)
        self._stack.push_async_callback(self._registry.close)
        self._stack.push_async_callback(self._supervisor.close)
        return signs

    def _open_contexts(self, local: Provider) -> None:
        """Make what puts constellations together."""
        hosted = Hosted(self._settings, self._clock)
        self._stack.push_async_callback(hosted.close)
        self._contexts = Contexts(
            self._database, self._settings, self._clock, self._key, self._registry, local, hosted
        )
        self._reviver = Reviver(
            self._contexts, self._constellations, self._registry, ConversationRows(self._database)
        )

    def _open_roster(self) -> Roster:
        """Return who wakes agents, within what these may use."""
        self._limits = Limits(
            self._database, self._constellations, self._registry, self._screens, self._clock
        )
        self._reports.attend(self._limits.recorder)
        self._stack.push_async_callback(self._limits.close)
        self._metering = Metering(self._limits.recorder.hear, self._settings.paths)
        self._reports.listeners.append(self._metering.hear)
        self._stack.push_async_callback(self._metering.close)
        return Roster(
            contexts=self._contexts,
            constellations=self._constellations,
            registry=self._registry,
            database=self._database,
            key=self._key,
            audit=self._client.audit,
            settings=self._settings,
            clock=self._clock,
            courier=self._courier,
            permits=self._limits.permits,
            alarm=self._alarm,
            runner=self._runner,
        )

    def _open_terminals(self, git: Git) -> None:
        """Make what looks at branches, and what looks at terminals and types into them."""
        self._objects = Objects(git)
        self._stack.push_async_callback(self._objects.close)
        self._terminals = Terminals(
            self._contexts,
            self._registry,
            self._supervisor,
            self._screens,
            self._roster.of_agents,
            self._courier,
            self._limits.gate,
        )

    def _open_lookout(self, git: Git) -> Lookout:
        """Return who shows agents to people, and tells what they do."""
        return Lookout(
            contexts=self._contexts,
            constellations=self._constellations,
            bindings=Bindings(self._database, ""),
            statuses=Statuses(
                self._registry,
                self._supervisor,
                self._objects,
                self._screens,
                self._later.note,
                self._limits,
                lambda *agent: self._waiters.why(*agent),  # noqa: PLW0108 - it is set later
            ),
            runs=self._roster.of_agents,
            changes=Changes(git, self._clock),
            count=self._client.audit.counts,
            clock=self._clock,
            paused=self._limits.pauses.paused,
        )

    async def _take_over(self) -> None:
        """Take over what an earlier daemon left, and begin."""
        begin = self._clock.monotonic()
        owed, untold = await self._supervisor.left(), await self._alerts.left()
        await self._registry.adopt()
        live = await self._registry.live()
        _log.info("adopted %d sessions in %.3f s", len(live), self._clock.monotonic() - begin)
        await self._contexts.sandboxes.sweep({row.id for row in live})
        await left_keys.withdraw(self._provider, {row.id for row in live})
        await self._screens.start(live)
        self._later.resume(live)
        await self._supervisor.resume(owed)
        self._alerts.resume(live, untold)  # now it is known what is started again
        self._limits.on_change = self._limits_changed
        self._limits.pauses.on_change = self._paused
        self._limits.pauses.on_resumed = self._roster.scheduler.resumed
        await self._limits.start()
        self._stack.push_async_callback(self._roster.close)
        await self._roster.start()
        await self._waiters.start()
        self._stack.push_async_callback(self._races.close)
        await self._races.start()
        self._lookout.start()

    async def _start_provider(self) -> Provider:
        """Start the local provider; it keeps its port, since running agents hold its address."""
        settings = self._settings
        provider = LocalProvider(
            settings.paths.ravi, self._key, owner=owner(), options=provider_options(settings)
        )
        url = await provider.start("127.0.0.1", settings.provider_port)
        self._stack.push_async_callback(provider.stop)
        await provider.open_door(settings.paths.provider_door)
        self._provider_url = url
        self._provider = provider
        self._client = RaviClient(url, await provider.management_key(), actor="daemon")
        self._stack.push_async_callback(self._client.close)
        reachable = {"CONSTELLAGENT_SMTP_URL": provider.smtp_url, "CONSTELLAGENT_SMS_URL": provider.sms_url}
        return Provider(held(self._client), url, reachable=reachable, doubt=LOCAL_DOUBT)

    def _open_delivery(self, signs: KnownSigns) -> None:
        """Make what delivers texts to sessions."""
        self._turns = Turns()
        self._courier = Courier(self._registry, self._screens, self._turns, signs.kind, self._clock)
        self._reports.listeners.append(self._turns.hear)
        self._later = Later(self._courier, self._registry, self._prompted)
        self._stack.push_async_callback(self._later.close)

    def _open_alerts(self) -> Alerts:
        """Return who tells owners what their agents have come to."""
        return Alerts(
            contexts=self._contexts,
            constellations=self._constellations,
            registry=self._registry,
            supervisor=self._supervisor,
            screens=self._screens,
            rows=AlertRows(self._database),
            post=Post(self._client.audit),
            clock=self._clock,
            note=self._later.note,
            page=lambda: self.page(),  # noqa: PLW0108 - it may be set later
        )

    def _open_races(self, editor: Editor) -> Races:
        """Return who lets several agents work on one prompt."""
        return Races(
            rows=RaceRows(self._database),
            contexts=self._contexts,
            constellations=self._constellations,
            registry=self._registry,
            workplaces=self._roster.runs,
            admission=self._limits.gate,
            editor=editor,
            clock=self._clock,
        )

    def _open_traces(self) -> Traces:
        """Return who hears of what a person does to the work of agents."""
        return Traces(self._lookout.reviewed, self._database, self._client)

    def _open_review(self, git: Git, editor: Editor) -> Review:
        """Return who answers a person about the work of agents."""
        ledger = Ledger(self._database, tzdata_version())
        runs = runs_of_races(RaceRows(self._database), runs_of(ledger))
        return Review(
            self._contexts,
            Diffs(git, runs),
            Browser(git, runs),
            editor,
            Comments(self._database, self._clock, self._terminals.prompt, self._open_traces()),
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
        return await self._reviver.policy(row)

    async def _start_again(self, row: SessionRow) -> None:
        await self._reviver.again(row)


def _nowhere() -> str:
    """Return no address: nobody serves the page."""
    return ""
