"""What becomes of a race: one agent's work kept, or none, and the worktrees of all removed.

The decision is written down before the merge and the merge before the first removal. So who asks again after
a daemon died in between goes on where it was, and nothing is merged twice. Branches always stay.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from constellagent.errors import ConflictError, ConstellagentError, RefusedError, UsageError
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.observed import There
from constellagent.runtime.contexts import Context
from constellagent.runtime.edits import Editor
from constellagent.runtime.ports import Removal
from constellagent.runtime.race_views import RaceRequest
from constellagent.runtime.races.going import Going
from constellagent.runtime.races.measuring import measure, stands
from constellagent.runtime.review_views import BrowseRequest, ChangeRequest, MergedView, MergeView
from constellagent.runtime.runs.naming import owner_name
from constellagent.runtime.standing import Standing
from constellagent.runtime.store.races import RaceRow, RaceRows, RaceRun
from constellagent.spec.models import Agent
from constellagent.spec.suggest import did_you_mean

_log = logging.getLogger(__name__)

_SHOWN = 3


class Deciding:
    """Keeps or drops; one decision at a time is the caller's care."""

    def __init__(self, rows: RaceRows, going: Going, editor: Editor) -> None:
        self._rows = rows
        self._going = going
        self._editor = editor

    async def preview(
        self, context: Context, race: RaceRow, runs: Sequence[RaceRun], request: RaceRequest
    ) -> MergeView:
        """Say what keeping an agent's work would merge.

        Raises:
            UsageError: no such agent takes part.
            ConflictError: another was kept, it still runs, or its worktree is gone.
        """
        run = _winner(race, runs, request.get("agent", ""))
        standing = await _standing(context, race, run, request)
        found: MergeView = await self._editor.answer(
            standing, BrowseRequest(file=request["file"], agent=run.agent, action="merge")
        )
        return found

    async def keep(
        self, context: Context, race: RaceRow, runs: Sequence[RaceRun], request: RaceRequest
    ) -> tuple[list[str], list[str]]:
        """Take an agent's commits into the base, and remove all worktrees; returns what was done, what stays.

        Raises:
            UsageError: no such agent takes part.
            ConflictError: another was kept, something still runs, or it cannot be merged now.
            RefusedError: the branch to merge into has changes in its worktree.
        """
        run, force = _winner(race, runs, request.get("agent", "")), request.get("force", False)
        _refuse_running(runs, force=force)
        done: list[str] = []
        if not race.merged:
            done += await self._merge(context, race, run, request)
        elif force:
            await self._rows.decide(race.id, "kept", kept=run.agent, force=True)
        removed, stay = await self.clear(context, runs, force=force)
        return [*done, *removed], stay

    async def drop(
        self, context: Context, race: RaceRow, runs: Sequence[RaceRun], *, force: bool
    ) -> tuple[list[str], list[str]]:
        """Remove all worktrees without keeping anything; returns what was done, and what stays.

        Raises:
            ConflictError: an agent was kept, or one still runs and `force` is not given.
        """
        if race.decision == "kept":
            raise ConflictError(
                f"race {race.id} was decided: {race.kept} was kept",
                hint=f"`constellagent race keep {race.id} {race.kept} --force` removes what is left of it",
            )
        _refuse_running(runs, force=force)
        await self._rows.decide(race.id, "dropped", force=force)
        return await self.clear(context, runs, force=force)

    async def clear(
        self, context: Context, runs: Sequence[RaceRun], *, force: bool
    ) -> tuple[list[str], list[str]]:
        """Remove the worktrees of runs, and end those that go on; returns what was done, and what stays."""
        done, stay = [], []
        for run in runs:
            if run.cleared:
                continue
            try:
                if run.open:
                    await self._going.stop(run)
                    done.append(f"{run.agent} stopped")
                removal = await _remove(context, run, force=force)
            except ConstellagentError as error:
                stay.append(f"{run.path}: {_why(error)}")
                await self._rows.stays(run.run, _why(error))
            else:
                await self._rows.cleared(run.run)
                done.append(_removed(run, removal))
        return done, stay

    async def _merge(self, context: Context, race: RaceRow, run: RaceRun, request: RaceRequest) -> list[str]:
        standing = await _standing(context, race, run, request)
        done = await self._commit(context, race, standing, request)
        asked = BrowseRequest(file=request["file"], agent=run.agent, action="merge")
        view: MergeView = await self._editor.answer(standing, asked)
        begun = race.decision == "kept"
        taken = view["up_to_date"] or (begun and not view["files"] and not view["conflicts"])
        if view["up_to_date"] and view["commit"] == race.commit:
            raise ConflictError(
                f"{run.agent} made no commits, so there is nothing to keep",
                hint=f"`constellagent race drop {race.id}` ends the race without a winner",
            )
        if taken:
            await self._rows.decide(race.id, "kept", kept=run.agent, force=request.get("force", False))
            await self._rows.merged(race.id, view["base_commit"])
            return [*done, f"{view['base']} has all of {view['branch']}"]
        if "tip" in request and request["tip"] != view["commit"] and not done:
            raise ConflictError(
                f"{view['branch']} has moved to {view['commit'][:12]} since it was looked at",
                hint="look at it again, then keep it",
            )
        if view["blocked"]:
            raise ConflictError(view["blocked"], hint="nothing was merged; --into names another branch")
        await self._rows.decide(race.id, "kept", kept=run.agent, force=request.get("force", False))
        try:
            merged: MergedView = await self._editor.change(standing, _change(run, view, request))
        except ConstellagentError:
            await self._rows.decide(race.id, "")
            raise
        await self._rows.merged(race.id, merged["commit"])
        return [*done, *merged["done"][:1]]

    async def _commit(
        self, context: Context, race: RaceRow, standing: Standing, request: RaceRequest
    ) -> list[str]:
        """Commit what the winner left uncommitted, where that is asked for; refuse to leave it behind."""
        git, name = context.worktrees.git, standing.agent.name
        found = await measure(git, _at(race, standing), race.commit)
        if found is None or not found.uncommitted:
            return []
        many = "1 change" if found.uncommitted == 1 else f"{found.uncommitted} changes"
        if "commit" not in request:
            raise ConflictError(
                f"{name} left {many} that no commit holds, in {standing.folder}",
                hint="--commit MESSAGE takes them along, as a commit of the agent",
            )
        change = ChangeRequest(
            file=request["file"], agent=name, action="commit", message=request["commit"], all=True
        )
        await self._editor.change(standing, change)
        return [f"committed {many} of {name}"]


def _at(race: RaceRow, standing: Standing) -> RaceRun:
    return RaceRun("", race.id, standing.agent.name, standing.branch, str(standing.folder))


def _winner(race: RaceRow, runs: Sequence[RaceRun], agent: str) -> RaceRun:
    found = next((run for run in runs if run.agent == agent), None)
    if found is None:
        names = [run.agent for run in runs]
        raise UsageError(
            f"{agent or 'nobody'} does not take part in race {race.id}{did_you_mean(agent, names)}",
            hint=f"its agents are {', '.join(names)}",
        )
    if race.decision == "dropped":
        raise ConflictError(
            f"race {race.id} was dropped", hint=f"the work is still on its branch: git merge {found.branch}"
        )
    if race.kept and race.kept != agent:
        raise ConflictError(
            f"race {race.id} was decided: {race.kept} was kept",
            hint=f"the work of {agent} is still on its branch: git merge {found.branch}",
        )
    if found.open:
        raise ConflictError(
            f"{agent} still runs in race {race.id}",
            hint=f"wait for it, or end it: constellagent stop {found.run}",
        )
    return found


def _refuse_running(runs: Sequence[RaceRun], *, force: bool) -> None:
    running = [run.agent for run in runs if run.open]
    if running and not force:
        verb = "runs" if len(running) == 1 else "run"
        raise ConflictError(
            f"{', '.join(running)} still {verb}", hint="wait for the end, or end what runs with --force"
        )


async def _standing(context: Context, race: RaceRow, run: RaceRun, request: RaceRequest) -> Standing:
    """Return the worktree of a run as reviewing takes it, with the base that is to be merged into."""
    if not await stands(Path(run.path)):
        raise ConflictError(
            f"the worktree of {run.agent} in race {race.id} is gone",
            hint=f"its commits are still on its branch: git merge {run.branch}",
        )
    declared = context.desired.agents.get(run.agent) or _stand_in(run.agent, run)
    agent = replace(declared, base=request.get("into") or race.base)
    return Standing(agent, Path(run.path), run.branch, There(race.commit))


def _change(run: RaceRun, view: MergeView, request: RaceRequest) -> ChangeRequest:
    change = ChangeRequest(file=request["file"], agent=run.agent, action="merge", commit=view["commit"])
    change["method"] = request.get("method", "merge")
    if "message" in request:
        change["message"] = request["message"]
    if "author" in request:
        change["author"] = request["author"]
    return change


async def _remove(context: Context, run: RaceRun, *, force: bool) -> Removal:
    name = owner_name(run.agent, run.run)
    await context.worktrees.take_back([_stand_in(name, run)])
    return await context.worktrees.remove(name, Path(run.path), force=force, branch_stays=True)


def _stand_in(name: str, run: RaceRun) -> DesiredAgent:
    """Return enough of a declaration to find what was made for a run."""
    spec = Agent(command=("true",), autostart=False)
    return DesiredAgent(name, Path(run.path), run.branch, "auto", None, spec, "")


def _why(error: ConstellagentError) -> str:
    if not isinstance(error, RefusedError) or not error.losses:
        return error.message
    shown, more = error.losses[:_SHOWN], len(error.losses) - _SHOWN
    return "; ".join([*shown, *([f"and {more} more"] if more > 0 else [])])


def _removed(run: RaceRun, removal: Removal) -> str:
    if removal.rescue_ref:
        return f"{run.path} removed; kept as {removal.rescue_ref}, get it back with: {removal.recover}"
    return f"{run.path} removed; its commits stay on {run.branch}"
