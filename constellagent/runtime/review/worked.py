"""What the ledger knows of where a run of a schedule worked, for those who compare."""

from constellagent.runtime.diffs import RunsOf, RunWork
from constellagent.runtime.store.ledger import Ledger


def runs_of(ledger: Ledger) -> RunsOf:
    """Return who finds the run of a constellation whose id begins so.

    What is returned raises UsageError where several begin so.
    """

    async def find(constellation: str, run: str) -> RunWork | None:
        row = await ledger.get(run)
        if row is None or row.constellation != constellation:
            return None
        commits = row.report.get("commits")
        return RunWork(
            run=row.fire.run,
            agent=row.fire.schedule.partition("/")[0],
            base=row.base,
            branch=row.branch,
            path=row.path,
            tip=commits[0]["id"] if commits else "",
            over=row.ended_at is not None and commits is not None,
        )

    return find
