"""Reading what is asked: which keys an action needs, of which types, and what the texts in them mean."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast, get_args

from constellagent.errors import UsageError
from constellagent.plan.fires import State
from constellagent.runtime.schedule_views import MOST_ROWS, ScheduleAction, ScheduleRequest
from constellagent.runtime.store.schedules import ScheduleRow
from constellagent.spec.moments import in_zone, parse_moment
from constellagent.spec.suggest import did_you_mean

NEEDED: Mapping[str, frozenset[str]] = {
    "list": frozenset(),
    "history": frozenset(),
    "run": frozenset({"schedule"}),
    "pause": frozenset({"schedules"}),
    "resume": frozenset({"schedules"}),
    "reset": frozenset({"schedules"}),
    "backfill": frozenset({"schedule", "since", "until"}),
    "webhook": frozenset({"schedule"}),
}
"""What a request of each action must hold beside file and action."""

_TYPES: Mapping[str, type] = {
    "file": str,
    "action": str,
    "schedule": str,
    "schedules": list,
    "states": list,
    "since": str,
    "until": str,
    "limit": int,
    "run": str,
    "why": str,
    "catch_up": bool,
    "rerun": str,
    "dry_run": bool,
    "renew": bool,
}
_LONGEST_WHY = 500
_FRACTION = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{1,6}Z", re.ASCII)
"""How the ledger's own times are written that lie between seconds."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and what it is about.

    Attributes:
        request: as it came, checked.
        constellation: id of the constellation.
        rows: its schedules in effect, by key, in the order of their coming.
    """

    request: ScheduleRequest
    constellation: str
    rows: Mapping[str, ScheduleRow]


def check(request: ScheduleRequest) -> None:
    """Check that a request can be answered.

    Raises:
        UsageError: there is no such action, or a key is missing or of another type.
    """
    given: Mapping[str, object] = {**request}
    for name, value in given.items():
        kind = _TYPES.get(name)
        fits = kind is not None and isinstance(value, kind) and (kind is not int or value is not True)
        if not fits or (isinstance(value, list) and not all(isinstance(word, str) for word in value)):
            raise UsageError(f"a request about schedules cannot hold {name!r} as it is")
    action = given.get("action")
    if action not in get_args(ScheduleAction):
        raise UsageError(f"there is no action {action!r}", hint=f"there are: {', '.join(NEEDED)}")
    if missing := (NEEDED[str(action)] | {"file"}) - given.keys():
        raise UsageError(f"{action} needs: {', '.join(sorted(missing))}")
    if len(request.get("why", "")) > _LONGEST_WHY:
        raise UsageError(f"a reason has {_LONGEST_WHY} characters at most")


def instant(text: str) -> datetime:
    """Return the time that is meant; one without an offset is in UTC.

    Raises:
        UsageError: it is none.
    """
    try:
        moment = datetime.fromisoformat(text) if _FRACTION.fullmatch(text) else parse_moment(text)
        return in_zone(moment, UTC).astimezone(UTC)
    except ValueError as error:
        raise UsageError(f"{text!r} is no time: {error}") from error


def window(request: ScheduleRequest) -> tuple[datetime | None, datetime | None]:
    """Return the bounds of a request, the first exclusive as the ledger has it; None where one is not given.

    Raises:
        UsageError: one of them is no time, or they are the wrong way round.
    """
    since = instant(request["since"]) if "since" in request else None
    until = instant(request["until"]) if "until" in request else None
    if since is not None and until is not None and since > until:
        raise UsageError(
            f"nothing lies between {request['since']} and {request['until']}",
            hint="the second must be the later one",
        )
    return None if since is None else since - datetime.resolution, until


def limit(request: ScheduleRequest) -> int:
    """Return how many rows are wanted.

    Raises:
        UsageError: none, or more than one answer holds.
    """
    count = request.get("limit", 100)
    if not 0 < count <= MOST_ROWS:
        raise UsageError(f"the limit can be 1 to {MOST_ROWS}")
    return count


def states(words: Collection[str]) -> list[State]:
    """Return the states that are named.

    Raises:
        UsageError: one of them is none.
    """
    known = get_args(State)
    for word in words:
        if word not in known:
            raise UsageError(
                f"there is no state {word!r}{did_you_mean(word, known)}",
                hint=f"there are: {', '.join(known)}",
            )
    return [cast("State", word) for word in words]
