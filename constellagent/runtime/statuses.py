"""What `status` shows of one constellation: what we know, and one cheap look at git."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from constellagent.errors import ConstellagentError
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.observed import There
from constellagent.runtime import processes
from constellagent.runtime.contexts import Context
from constellagent.runtime.control import AgentView, ConstellationView, ServiceView, SessionView, State
from constellagent.runtime.objects import Objects
from constellagent.runtime.ports import Record
from constellagent.runtime.screens import Screens
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.bindings import Binding
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.supervisor import Supervisor
from constellagent.runtime.undeclared import undeclared_agents
from constellagent.term.activity import Activity
from constellagent.term.activity.states import PERMISSION, QUESTION


class OverLimits(Protocol):
    """Knows which agents may begin nothing more."""

    async def look(self, constellation: str) -> None:
        """Find that out anew."""
        ...

    def held(self, constellation: str, agent: str) -> str:
        """Return why an agent may not, as far as `look` knows; empty where it may."""
        ...


class Statuses:
    """Builds the views."""

    def __init__(
        self,
        registry: SessionRegistry,
        supervisor: Supervisor,
        objects: Objects,
        screens: Screens,
        note: Callable[[str], str] = lambda _: "",
        limits: OverLimits | None = None,
        waits: Callable[[str, str], str] = lambda *_: "",
    ) -> None:
        """`note` says what a person should know of a live session beside its state, empty for nothing.

        `limits` knows who is over one; `waits` says of an agent (of the constellation with this id) for whom
        it waits until it is started, empty for nobody.
        """
        self._waits = waits
        self._limits = limits
        self._whose: dict[str, tuple[str, str]] = {}
        self._registry = registry
        self._supervisor = supervisor
        self._objects = objects
        self._screens = screens
        self._note = note

    async def of(self, context: Context) -> ConstellationView:
        """Return the view of one constellation, agents in the file's order, undeclared ones last."""
        rows = {(row.role, row.subject): row for row in await self._registry.newest(context.id)}
        if self._limits is not None:
            await self._limits.look(context.id)
            self._whose = {key: whose for key, whose in self._whose.items() if whose[0] != context.id}
            self._whose |= {row.id: (context.id, row.subject) for row in rows.values() if row.live}
        records = await context.world.records.all()
        known = await context.bindings.of_provider(context.desired.provider)
        bindings = {b.agent: b for b in known if b.constellation == context.id and not b.archived}
        agents = [*context.desired.agents.values(), *undeclared_agents(context.desired, records)]
        ahead = await self._ahead(context, agents)
        restarts = {
            row.subject: await self._supervisor.count(row) for row in rows.values() if row.role == "agent"
        }
        view = ConstellationView(
            name=context.desired.name,
            file=str(context.file),
            repo=str(context.desired.repo),
            agents=[
                self._agent(
                    agent,
                    rows.get(("agent", agent.name)),
                    records.get(agent.name),
                    bindings.get(agent.name),
                    ahead.get(agent.name),
                    restarts.get(agent.name, 0),
                    declared=agent.name in context.desired.agents,
                    waits=self._waits(context.id, agent.name),
                )
                for agent in agents
            ],
            services=[self._service(name, rows.get(("service", name))) for name in context.desired.services],
        )
        if trouble := await context.provider.trouble():
            view["provider_problem"] = trouble
        return view

    def _agent(
        self,
        agent: DesiredAgent,
        row: SessionRow | None,
        record: Record | None,
        binding: Binding | None,
        ahead: int | None,
        restarts: int,
        *,
        declared: bool,
        waits: str,
    ) -> AgentView:
        state, reason, since = self._state(row)
        if waits and state in {"stopped", "failed", "done"}:
            state, reason, since = "waiting", waits, None
        view = AgentView(
            name=agent.name,
            kind=agent.spec.kind,
            state=state,
            reason=reason,
            since=since,
            branch=record.branch if record else agent.branch,
            path=str(record.path if record else agent.path),
            identity=binding.name if binding else None,
            address=binding.address if binding else None,
            phone=binding.phone if binding else None,
            restarts=restarts,
            ahead=ahead,
            session=self._registry.view(row) if row else None,
            declared=declared,
        )
        if agent.spec.sandbox.kind != "none":
            view["sandbox"] = agent.spec.sandbox.words
        if row is not None and row.live and state == "running":
            self._watched(row.id, view)
        return view

    def touch(self, view: AgentView) -> None:
        """Bring up to date what the terminal of a live session tells; asks nobody else."""
        session = view["session"]
        if session is None or not session["live"] or self._registry.trouble(session["id"]):
            return
        if self._screens.standing(session["id"]) is not None:
            self._watched(session["id"], view)

    def _watched(self, session: str, view: AgentView) -> None:
        """Add what the terminal of a live session tells."""
        standing = self._screens.standing(session)
        if standing is None:
            view["state"], view["reason"], view["since"] = "unknown", "its screen is not there yet", None
            return
        activity = standing.activity
        view["state"], view["reason"], view["since"] = activity.state, activity.reason, standing.since
        view["source"] = activity.source
        view.pop("message", None)
        if activity.message:
            view["message"] = activity.message
        if activity.reason not in {PERMISSION, QUESTION} and (note := self._note(session)):
            view["reason"] = note
        elif over := self._over(session, activity):
            view["state"], view["reason"] = "waiting", over
        if standing.title:
            view["title"] = standing.title
        if standing.progress is not None:
            view["progress"] = standing.progress
        if halted := _halted(view["session"]):
            view["state"], view["reason"] = "waiting", halted

    def _over(self, session: str, activity: Activity) -> str:
        """Return which limit the agent of a session waits for to be over, once its turn has ended."""
        whose = self._whose.get(session)
        if self._limits is None or whose is None or activity.state not in {"waiting", "done"}:
            return ""
        return "" if activity.reason in {PERMISSION, QUESTION} else self._limits.held(*whose)

    def _service(self, name: str, row: SessionRow | None) -> ServiceView:
        state, reason, since = self._state(row)
        session = self._registry.view(row) if row else None
        standing = self._screens.standing(row.id) if row and state == "running" else None
        if standing is not None and standing.activity.source == "hook":  # its own word; no more is guessed
            state, reason, since = standing.activity.state, standing.activity.reason, standing.since
        return ServiceView(name=name, state=state, reason=reason, since=since, session=session)

    def _state(self, row: SessionRow | None) -> tuple[State, str, float | None]:
        if row is None:
            return "stopped", "never started", None
        if row.live:
            trouble = self._registry.trouble(row.id)
            return ("unknown", trouble, None) if trouble else ("running", "", row.started_at)
        reason = self._supervisor.reason(row) or row.outcome
        if self._supervisor.waits(row):
            return "starting", reason, row.ended_at
        if row.ended_by == "stop":
            return "stopped", reason, row.ended_at
        if row.ended_by == "itself" and row.exit_status == 0:
            return "done", reason, row.ended_at
        return "failed", reason, row.ended_at

    async def _ahead(self, context: Context, agents: Sequence[DesiredAgent]) -> Mapping[str, int | None]:
        """Count commits of each branch that its base has not; nobody counts where git cannot be asked."""
        try:
            looks = await context.world.worktrees.look(agents)
            pairs = {
                name: (look.branch.value.commit, look.base.value)
                for name, look in looks.items()
                if isinstance(look.branch, There) and isinstance(look.base, There)
            }
            counts = await self._objects.ahead(context.repository.root, list(pairs.values()))
        except ConstellagentError:
            return {}
        return dict(zip(pairs, counts, strict=True))


def _halted(session: SessionView | None) -> str:
    """Say how a program goes on that a signal stopped; its terminal looks as if it were idle."""
    pid = session["pid"] if session is not None else None
    halted = processes.halted(pid) if pid else None
    return f"stopped (SIGSTOP); kill -CONT {halted} continues it" if halted else ""
