"""What to start and what to write down, from schedules, cursors and the time. Pure: the clock is an argument.

Nothing here is done. The daemon commits each decision to the ledger in one transaction before it starts
anything, so a decision that is made twice (a crash in between) is the same decision, and counts once.
"""

from constellagent.plan.wakeups.admission import admit
from constellagent.plan.wakeups.causes import decide_cause
from constellagent.plan.wakeups.decisions import (
    LATE,
    MOST_BACKFILL,
    MOST_DEPTH,
    MOST_QUEUED,
    Admission,
    Cause,
    Change,
    Decision,
    Standing,
)
from constellagent.plan.wakeups.due import decide, due_at
from constellagent.plan.wakeups.ends import decide_end, has_tries_left
from constellagent.plan.wakeups.requests import decide_backfill, decide_manual

__all__ = [
    "LATE",
    "MOST_BACKFILL",
    "MOST_DEPTH",
    "MOST_QUEUED",
    "Admission",
    "Cause",
    "Change",
    "Decision",
    "Standing",
    "admit",
    "decide",
    "decide_backfill",
    "decide_cause",
    "decide_end",
    "decide_manual",
    "due_at",
    "has_tries_left",
]
