"""What the commands of the dry-run share: from when, for how long, of which schedules, in which form."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli.declare import Option
from constellagent.plan.schedules import DesiredSchedule, desire_schedules
from constellagent.spec.durations import parse_duration
from constellagent.spec.load import load
from constellagent.spec.moments import in_zone, parse_moment
from constellagent.spec.suggest import did_you_mean, listed

From = Annotated[
    str | None,
    Option(
        ("--from",),
        "Look ahead from this date or time, and not from now. UTC, unless it says otherwise.",
        "TIME",
    ),
]

DEFAULT_WINDOW = "7d"


def moment(text: str | None) -> datetime:
    """Return the moment from which to look ahead, UTC; now where none is given.

    Raises:
        UsageError: it is no date or time in the form of the file.
    """
    if text is None:
        return datetime.fromtimestamp(int(time.time()), UTC)
    try:
        return in_zone(parse_moment(text), UTC).astimezone(UTC)
    except ValueError as error:
        raise UsageError(f"--from: {error}") from error


def window(text: str) -> timedelta:
    """Return how far to look ahead.

    Raises:
        UsageError: it is no span of time, or none at all.
    """
    try:
        span = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--window: {error}") from error
    if not span:
        raise UsageError("--window: nothing fires within 0s", hint="write a span of time such as 7d")
    return span


def one_of(text: str, flag: str, known: Sequence[str]) -> str:
    """Return a word of an option that takes only a few.

    Raises:
        UsageError: it is none of them.
    """
    if text in known:
        return text
    raise UsageError(f"{flag} knows no {text!r}{did_you_mean(text, known)}", hint=f"write {listed(known)}")


def number(count: int, noun: str) -> str:
    """Return `0 fires`, `1 fire`, `1,234 fires`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def declared(text: bytes, file: str, wanted: Sequence[str] | None = None) -> dict[str, DesiredSchedule]:
    """Return the schedules of a file by key: all, or those that `wanted` names by key or by agent.

    Raises:
        SpecError: the file has problems.
        UsageError: there is no such schedule.
    """
    return chosen(desire_schedules(load(text, file).constellation), wanted)


def chosen(
    schedules: Mapping[str, DesiredSchedule], wanted: Sequence[str] | None
) -> dict[str, DesiredSchedule]:
    """Return the schedules that `wanted` names by key or by agent, in the file's order; all without it.

    Raises:
        UsageError: there is no such schedule.
    """
    if not wanted:
        return dict(schedules)
    known = {*schedules, *(schedule.agent for schedule in schedules.values())}
    for name in wanted:
        if name not in known:
            raise UsageError(
                f"the file has no schedule {name!r}{did_you_mean(name, known)}",
                hint="a schedule is named agent/name; the name of an agent means all of its schedules",
            )
    return {key: found for key, found in schedules.items() if {key, found.agent} & set(wanted)}
