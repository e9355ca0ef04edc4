"""Where a run of a race worked, for those who compare: beside what is known of the runs of schedules."""

from constellagent.runtime.diffs import RunsOf, RunWork
from constellagent.runtime.store.races import RaceRows


def runs_of(rows: RaceRows, others: RunsOf) -> RunsOf:
    """Return who finds the run of a race whose id begins so, else asks `others`.

    What is returned raises UsageError where several begin so.
    """

    async def find(constellation: str, run: str) -> RunWork | None:
        found = await rows.run(run)
        race = None if found is None else await rows.race_of(found)
        if found is None or race is None or race.constellation != constellation:
            return await others(constellation, run)
        return RunWork(
            run=found.run,
            agent=found.agent,
            base=race.commit,
            branch=found.branch,
            path=found.path,
            tip="",
            over=not found.open,
        )

    return find
