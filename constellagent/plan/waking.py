"""What must happen so that an agent wakes as declared: schedules that come, change and go.

A schedule is a setting of its agent, so one that is no longer declared goes with the next apply: what was
struck from the file must not wake anybody.
"""

from collections.abc import Mapping

from constellagent.plan.actions import AddSchedule, ChangeSchedule, RemoveSchedule
from constellagent.plan.draft import Draft
from constellagent.plan.observed import Look, There, Unknown


def set_schedules(draft: Draft, wanted: Mapping[str, str], seen: Look[Mapping[str, str]]) -> None:
    """Say which schedules of an agent come, change and go; both sides are declarations by name."""
    if isinstance(seen, Unknown) and wanted:
        draft.stop_unknown(f"its schedules could not be looked at: {seen.reason}")
    there = seen.value if isinstance(seen, There) else {}
    for name, text in wanted.items():
        if name not in there:
            draft.do(AddSchedule(draft.subject, "declared, not in effect", name, text))
        elif there[name] != text:
            draft.do(ChangeSchedule(draft.subject, "its declaration changed", name, text))
    for name in sorted(there.keys() - wanted.keys()):
        draft.do(RemoveSchedule(draft.subject, "no longer declared", name))


def remove_schedules(draft: Draft, seen: Look[Mapping[str, str]], reason: str) -> None:
    """Say that every schedule of an agent goes."""
    for name in sorted(seen.value) if isinstance(seen, There) else ():
        draft.do(RemoveSchedule(draft.subject, reason, name))
