"""Races as faces see them: what is written down, or what the worktrees hold now."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from constellagent.errors import ConstellagentError
from constellagent.runtime.git import Git
from constellagent.runtime.race_views import RaceRunView, RaceView
from constellagent.runtime.races.measuring import Measure, measure
from constellagent.runtime.review_views import OverlapView
from constellagent.runtime.schedule_views import UsageView
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.races import RaceRow, RaceRun

_log = logging.getLogger(__name__)


def view(race: RaceRow, runs: Sequence[RaceRun], registry: SessionRegistry, now: float) -> RaceView:
    """Return a race with what was written down last."""
    return RaceView(
        race=race.id,
        prompt=race.prompt,
        base=race.base,
        commit=race.commit,
        created_at=race.created_at,
        decision=race.decision,
        kept=race.kept,
        merged=race.merged,
        runs=[_run(run, registry, run.report, now) for run in runs],
        overlaps=[],
    )


async def measured(
    git: Git, race: RaceRow, runs: Sequence[RaceRun], registry: SessionRegistry, now: float
) -> RaceView:
    """Return a race with what the worktrees and branches hold now; what cannot be looked at is as it was."""
    found = await asyncio.gather(*(_measure(git, run, race.commit) for run in runs))
    shown = view(race, runs, registry, now)
    shown["runs"] = [
        _run(run, registry, run.report if one is None else {**run.report, **one.report()}, now)
        for run, one in zip(runs, found, strict=True)
    ]
    shown["overlaps"] = overlaps(runs, found)
    return shown


def overlaps(runs: Sequence[RaceRun], found: Sequence[Measure | None]) -> list[OverlapView]:
    """Return the files that more than one agent changed, by path.

    Agents whose changes are not all known are named first, with an empty path.
    """
    touching: dict[str, list[str]] = {}
    unknown = []
    for run, one in zip(runs, found, strict=True):
        for path in one.paths if one else ():
            touching.setdefault(path, []).append(run.agent)
        if one is not None and not one.whole:
            unknown.append(run.agent)
    return [
        *([OverlapView(path="", agents=unknown)] if unknown else []),
        *(OverlapView(path=path, agents=names) for path, names in sorted(touching.items()) if len(names) > 1),
    ]


async def _measure(git: Git, run: RaceRun, base: str) -> Measure | None:
    try:
        return await measure(git, run, base)
    except ConstellagentError as error:
        _log.debug("what %s made cannot be looked at: %s", run.agent, error.message)
        return None


def _run(run: RaceRun, registry: SessionRegistry, report: Any, now: float) -> RaceRunView:
    usage = report.get("usage")
    until = now if run.ended_at is None else run.ended_at
    return RaceRunView(
        run=run.run,
        agent=run.agent,
        state=run.state,
        why=run.why,
        branch=run.branch,
        path=run.path,
        log=str(registry.log(run.run)),
        exit_status=run.exit_status,
        seconds=None if run.started_at is None else max(until - run.started_at, 0.0),
        commits=report.get("commits"),
        files=report.get("files"),
        added=report.get("added"),
        removed=report.get("removed"),
        uncommitted=report.get("uncommitted"),
        usage=None
        if usage is None
        else UsageView(input=usage["input"], output=usage["output"], cost=usage["cost"]),
        answer=report.get("answer", ""),
        cleared=run.cleared,
        stays=run.stays,
    )
