"""What `status` shows of one constellation: what we know, and one cheap look at git."""

from collections.abc import Mapping, Sequence

from constellagent.errors import ConstellagentError
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.observed import There
from constellagent.runtime.contexts import Context
from constellagent.runtime.control import AgentView, ConstellationView, ServiceView, State
from constellagent.runtime.objects import Objects
from constellagent.runtime.ports import Record
from constellagent.runtime.screens import Screens
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.bindings import Binding
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.supervisor import Supervisor
from constellagent.runtime.undeclared import undeclared_agents


class Statuses:
    """Builds the views."""

    def __init__(
        self, registry: SessionRegistry, supervisor: Supervisor, objects: Objects, screens: Screens
    ) -> None:
        self._registry = registry
        self._supervisor = supervisor
        self._objects = objects
        self._screens = screens

    async def of(self, context: Context) -> ConstellationView:
        """Return the view of one constellation, agents in the file's order, undeclared ones last."""
        rows = {(row.role, row.subject): row for row in await self._registry.newest(context.id)}
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
    ) -> AgentView:
        state, reason, since = self._state(row)
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
        if standing.title:
            view["title"] = standing.title
        if standing.progress is not None:
            view["progress"] = standing.progress

    def _service(self, name: str, row: SessionRow | None) -> ServiceView:
        state, reason, since = self._state(row)
        session = self._registry.view(row) if row else None
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
