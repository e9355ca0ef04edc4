"""Plan and apply as a face asks for them: trust first, one apply at a time, progress as it happens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial

from constellagent.errors import ConstellagentError, RefusedError, UnavailableError
from constellagent.plan.actions import (
    Forget,
    Plan,
    RemoveWorktree,
    RestartService,
    RestartSession,
    StartService,
    StartSession,
    StopService,
    StopSession,
)
from constellagent.plan.diff import Options, plan
from constellagent.plan.observed import Observed, There
from constellagent.plan.render import summary, to_json, to_lines
from constellagent.plan.waiting import waiting as names_waiting
from constellagent.ravi.vault import VaultError
from constellagent.runtime.apply import Apply, Outcome
from constellagent.runtime.clock import Clock
from constellagent.runtime.commands import commands_of
from constellagent.runtime.contexts import Context, Contexts
from constellagent.runtime.control import ApplyRequest, ApplyResult, PlanReply, PlanRequest, StreamItem
from constellagent.runtime.environment import SHELL_NAMES
from constellagent.runtime.events import Event
from constellagent.runtime.holds import HoldOnly
from constellagent.runtime.hosted_key import KEPT
from constellagent.runtime.locks import exclusive
from constellagent.runtime.observe import observe
from constellagent.runtime.ports import Report
from constellagent.runtime.remarks import programs, remarks
from constellagent.runtime.runs import Runs
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.supervisor import Supervisor
from constellagent.runtime.tasks import spawn
from constellagent.runtime.undeclared import undeclared_agents

Applied = Callable[[str], Awaitable[None]]
"""Told of the id of a constellation that was applied."""
Waiting = Callable[[str, frozenset[str], frozenset[str]], Awaitable[None]]
"""Told who of a constellation (its id) is to be started once others are done, and who is not."""
_TAKING = (StopSession, StopService, RemoveWorktree, Forget)
"""What takes something away that a restart would bring back."""


async def _nobody(_constellation: str, _waiting: frozenset[str], _others: frozenset[str]) -> None:
    """Let nobody wait."""


class Reconciler:
    """Compares what is declared with what is, and makes the one the other."""

    def __init__(
        self,
        contexts: Contexts,
        constellations: Constellations,
        supervisor: Supervisor,
        runs: Runs,
        settings: Settings,
        clock: Clock,
        applied: Applied,
        waiting: Waiting = _nobody,
    ) -> None:
        """`applied` is told of each constellation of which an apply has changed anything, or may have.

        `waiting` is told who is to be started once others are done.
        """
        self._waiting = waiting
        self._contexts = contexts
        self._constellations = constellations
        self._supervisor = supervisor
        self._runs = runs
        self._settings = settings
        self._clock = clock
        self._applied = applied

    async def plan(self, request: PlanRequest) -> PlanReply:
        """Compare; writes nothing."""
        context = await self._contexts.of_file(request["file"], request.get("ravi_key", ""))
        wanted = env_names(context)
        kept = await _kept(context, request)
        names = frozenset({*request["env_names"], *kept})
        observed = await observe(context.desired, context.eyes, available_env=names)
        context.provider.look_again()
        found = plan(context.desired, observed, options_of(request))
        trusted = await self._trusts(context)
        found_programs = await programs(context, request.get("path") or kept.get("PATH", ""))
        known = remarks(context, found_programs, options_of(request))
        reply = PlanReply(
            constellation=context.desired.name,
            plan=to_json(found),
            lines=[*to_lines(found), *(f"~ {name}: {text}" for name, text in known)],
            summary=summary(found),
            empty=found.empty,
            pending=found.pending,
            blocked=found.blocked,
            content_hash=context.content_hash,
            trusted=trusted,
            commands=commands_of(context.constellation),
            wants_env=wanted,
            schedules=_in_effect(observed),
        )
        if found_programs is not None:
            reply["programs"] = found_programs
        return reply

    async def apply(self, request: ApplyRequest) -> AsyncIterator[StreamItem]:
        """Apply in the background and yield what happens; the apply goes on if nobody listens any more."""
        # Failures before the first step are the caller's answer and not an item of the stream.
        context = await self._contexts.of_file(request["file"], request.get("ravi_key", ""))
        await self._approved(context, request["approved"])
        options = options_of(request)
        queue: asyncio.Queue[StreamItem | ConstellagentError] = asyncio.Queue()

        def report(event: Event) -> None:
            queue.put_nowait(StreamItem(event=event.to_json()))

        async def work() -> None:
            try:
                result = await self._locked(context, request, options, report)
                queue.put_nowait(StreamItem(result={**result}))
            except ConstellagentError as error:
                queue.put_nowait(error)
            except Exception as error:
                queue.put_nowait(
                    ConstellagentError(f"internal error: {error!r}", hint="the daemon's log has more")
                )
                raise

        spawn(work(), name=f"apply {context.desired.name}")
        while True:
            item = await queue.get()
            if isinstance(item, ConstellagentError):
                raise item
            yield item
            if "result" in item:
                return

    async def _locked(
        self, context: Context, request: ApplyRequest, options: Options, report: Report
    ) -> ApplyResult:
        what = "destroy" if options.destroy else "apply"
        lock = self._settings.paths.locks / f"apply-{context.id}"
        hint = "wait for it, or see `constellagent status`"
        with exclusive(lock, f"{what} of {context.file}", hint=hint):
            async with self._supervisor.holding(context.id) as hold_only:
                return await self._alone(context, request, options, report, hold_only)

    async def _alone(
        self, context: Context, request: ApplyRequest, options: Options, report: Report, hold_only: HoldOnly
    ) -> ApplyResult:
        """Apply while nobody else does, and while nothing is restarted until it is known what goes."""
        records = await context.world.records.all()
        await context.worktrees.take_back(
            [*context.desired.agents.values(), *undeclared_agents(context.desired, records)]
        )
        given = frozenset({*request["env"], *await _kept(context, request)})
        observed = await observe(context.desired, context.eyes, available_env=given)
        context.provider.look_again()
        found = plan(context.desired, observed, options)
        if "plan" in request and request["plan"] != to_json(found):
            raise RefusedError(
                "the world moved since that plan was made; nothing was done",
                to_lines(found),
                hint="look at the new plan above, and save it again with `constellagent plan --out`",
            )
        if not options.destroy:
            await self._constellations.put(context.applied(), self._clock.now())
            await _keep(context, request)
            await _warn(context, request, options, report)
        await self._forget_restarts(context, found)
        going = frozenset(action.subject for action in found.actions if isinstance(action, _TAKING))
        await hold_only(going)
        apply = Apply(
            context.desired,
            context.world,
            report,
            parallel=self._settings.parallel,
            clear_runs=partial(self._clear_runs, context, report, options.force),
        )
        try:
            outcome = await apply.run(found)
            for subject in going:  # what was lost meanwhile is not to come back either
                await self._supervisor.forget(context.id, "agent", subject)
                await self._supervisor.forget(context.id, "service", subject)
            await self._cleanup(context, options, found, outcome)
            await self._set_waiting(context, options, found)
        finally:
            await self._applied(context.id)
        return _result(found, observed, outcome)

    async def _set_waiting(self, context: Context, options: Options, found: Plan) -> None:
        """Let those wait that are to be started once others are done; of who was left out nothing changes."""
        if options.destroy:
            meant = options.agents or frozenset(context.desired.agents)
            await self._waiting(context.id, frozenset(), meant)
            return
        waits = names_waiting(found)
        meant = (options.agents | options.restart) if options.agents else frozenset(context.desired.agents)
        if waits or any(context.desired.agents[name].after for name in meant & context.desired.agents.keys()):
            await self._waiting(context.id, waits, meant - waits)

    async def _approved(self, context: Context, approved: str) -> None:
        """The file is code: what runs is the content that a person saw, or one that was trusted for good."""
        if approved == context.content_hash:
            return
        if approved:
            raise RefusedError(
                f"{context.file} changed after it was approved; nothing was done",
                hint="look at `constellagent plan` again",
            )
        if not await self._trusts(context):
            raise RefusedError(
                f"this content of {context.file} was never approved",
                hint="read it, then use --yes or `constellagent trust`",
            )

    async def _trusts(self, context: Context) -> bool:
        """What was approved for good, or is what was approved and applied last, needs no other question.

        Where approvals were withdrawn, what was applied before that no longer counts.
        """
        if await self._constellations.trusts(context.file, context.content_hash):
            return True
        applied = await self._constellations.get(context.id)
        if applied is None or applied.content_hash != context.content_hash:
            return False
        return not await self._constellations.withdrawn(context.file)

    async def _forget_restarts(self, context: Context, found: Plan) -> None:
        """A start by a person supersedes a restart that waits."""
        for action in found.actions:
            match action:
                case StartSession() | RestartSession() | StopSession():
                    await self._supervisor.forget(context.id, "agent", action.subject)
                case StartService() | RestartService() | StopService():
                    await self._supervisor.forget(context.id, "service", action.subject)
                case _:
                    pass

    async def _clear_runs(self, context: Context, report: Report, force: bool, agent: str) -> None:
        """Remove the worktrees of an agent's runs.

        Raises:
            RefusedError: some hold work and `force` is not given; the others are gone.
        """
        cleared = await self._runs.remove_all(context, agent, force=force)
        for line in cleared.removed:
            report(Event(agent, line))
        if cleared.stay:
            raise RefusedError(
                f"removing the worktrees of {agent}'s runs would lose work",
                cleared.stay,
                hint="commit and push it, or use --force, which rescues it first",
            )

    async def _cleanup(self, context: Context, options: Options, found: Plan, outcome: Outcome) -> None:
        """Release what gone agents had reserved, and forget a constellation of which nothing is left."""
        gone = [a.subject for a in found.actions if isinstance(a, Forget) and a.subject not in outcome.failed]
        for subject in gone:
            await context.launches.release(subject)
        ending = gone or options.destroy  # an earlier destroy may have died after its last step
        if ending and not outcome.failed and not await context.world.records.all():
            await self._constellations.forget(context.id)


def env_names(context: Context) -> list[str]:
    """Return the variables that the applying shell is asked for."""
    declared = [name for agent in context.desired.agents.values() for name in agent.spec.env.pass_]
    declared += [name for service in context.desired.services.values() for name in service.spec.env.pass_]
    return sorted({*SHELL_NAMES, *declared})


async def _keep(context: Context, request: ApplyRequest) -> None:
    """Keep what the applying shell gave; a key of the hosted provider stays until another is given."""
    names, values = env_names(context), {**await _kept(context, request), **request["env"]}
    if context.provider.host and (key := request.get("ravi_key") or await _kept_key(context)):
        names.append(KEPT)
        values[KEPT] = key
    await context.environment.replace(names, values)


async def _kept(context: Context, request: PlanRequest | ApplyRequest) -> Mapping[str, str]:
    """Return the variables of the last apply, where a caller without a shell asks for them.

    Raises:
        VaultError: they cannot be opened.
    """
    return await context.environment.get() if request.get("keep_env") else {}


async def _kept_key(context: Context) -> str:
    """Return the key that an earlier apply kept; what cannot be opened any more is replaced like the rest."""
    try:
        return (await context.environment.get()).get(KEPT, "")
    except VaultError:
        return ""


async def _warn(context: Context, request: ApplyRequest, options: Options, report: Report) -> None:
    path = request["env"].get("PATH") or (await _kept(context, request)).get("PATH", "")
    for name, text in remarks(context, await programs(context, path), options):
        report(Event(name, text, "warning"))


def options_of(request: PlanRequest | ApplyRequest) -> Options:
    """Return the planner's options."""
    return Options(
        agents=frozenset(request.get("agents", [])),
        restart=frozenset(request.get("restart", [])),
        prune=request.get("prune", False),
        destroy=request.get("destroy", False),
        force=request.get("force", False),
    )


def _in_effect(observed: Observed) -> dict[str, str]:
    """Return the declarations of schedules that wake agents now, by `agent/name`."""
    return {
        f"{agent}/{name}": declared
        for agent, seen in observed.agents.items()
        if isinstance(seen.schedules, There)
        for name, declared in seen.schedules.value.items()
    }


def _result(found: Plan, observed: Observed, outcome: Outcome) -> ApplyResult:
    code = outcome.exit_code
    if not code and found.blocked:
        code = UnavailableError.exit_code if observed.unavailable else ConstellagentError.exit_code
    return ApplyResult(
        done=sorted(outcome.done),
        failed={name: error.message for name, error in outcome.failed.items()},
        skipped=outcome.skipped,
        changed=outcome.changed,
        exit_code=code,
    )
