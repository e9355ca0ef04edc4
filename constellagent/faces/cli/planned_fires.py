"""What a plan means for the clock: the fires that come and go with it."""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypedDict

from constellagent.errors import ConflictError, UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.schedule_list import MOST_FIRES
from constellagent.faces.cli.schedule_window import number
from constellagent.plan import fires, timetable
from constellagent.plan.declared import resolve
from constellagent.plan.schedules import DesiredSchedule


class FiresView(TypedDict):
    """The fires of a window that only one side has, as lines: time and schedule."""

    after: str
    until: str
    come: list[str]
    go: list[str]


def compare(
    wanted: Mapping[str, DesiredSchedule], applied: Mapping[str, str], after: datetime, span: timedelta
) -> FiresView:
    """Return which fires come and go when the schedules `applied` (declarations by key) become `wanted`.

    Raises:
        UsageError: the window holds more fires than a person reads.
        ConflictError: a schedule in effect cannot be read.
    """
    before, until = [_resolved(key, text) for key, text in applied.items()], after + span
    count = sum(timetable.count(schedule, after, until) for schedule in (*before, *wanted.values()))
    if count > MOST_FIRES:
        raise UsageError(f"{count:,} fires are too many to compare", hint="choose a shorter --window")
    view = FiresView(after=fires.shown(after), until=fires.shown(until), come=[], go=[])
    for sign, due in timetable.compare(before, wanted.values(), after, until):
        view["come" if sign == "+" else "go"].append(timetable.line(due))
    return view


def show(view: FiresView) -> None:
    """Say which fires come and go, by time."""
    lines = sorted([(line, "+") for line in view["come"]] + [(line, "-") for line in view["go"]])
    for line in screen.paint_plan([f"{sign} {line}" for line, sign in lines], sys.stdout):
        screen.say(line)
    come, go = number(len(view["come"]), "fire"), number(len(view["go"]), "fire")
    screen.say(
        f"until {view['until']}: {come} to come, {go} to go"
        if lines
        else f"until {view['until']}: the same fires"
    )


def of_agents(applied: Mapping[str, str], agents: Sequence[str] | None) -> dict[str, str]:
    """Return the declarations of these agents' schedules; all without agents."""
    return {key: text for key, text in applied.items() if not agents or key.partition("/")[0] in agents}


def _resolved(key: str, text: str) -> DesiredSchedule:
    agent, _, name = key.partition("/")
    try:
        return resolve(agent, name, text)
    except (ValueError, KeyError, TypeError) as error:
        raise ConflictError(
            f"the schedule {key} that is in effect was declared for another version",
            hint="`constellagent apply` declares it anew",
        ) from error
