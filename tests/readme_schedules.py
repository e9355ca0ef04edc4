"""The tables of the README's chapter about schedules: their rows and numbers come from the code.

What the code has no words for is said here, by the name that it has in the code, so a choice that comes or
goes without a word is an error.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from constellagent.errors import UsageError
from constellagent.faces.cli import schedule_check
from constellagent.plan import fires, wakeups
from constellagent.plan.findings import RULES
from constellagent.runtime.launches import wake_variables
from constellagent.runtime.scheduler import clockwork, loop, outlook
from constellagent.runtime.triggers import door, hooks, signatures
from constellagent.spec.cron import parse_cron
from constellagent.spec.durations import format_duration
from constellagent.spec.models import On, Overlap, Schedule
from tests.readme_markdown import table

_ZONE = ZoneInfo("Europe/London")
_FORWARD, _BACK = date(2027, 3, 28), date(2027, 10, 31)
"""When the clocks of the zone change: from 01:00 to 02:00, and from 02:00 to 01:00."""

_EXPRESSIONS = (
    ("fixed", "30 1 * * *"),
    ("fixed", "0,30 1 * * *"),
    ("real time", "*/30 1 * * *"),
    ("real time", "30 * * * *"),
)

_OVERLAPS: Mapping[Overlap, str] = {
    "skip": "the fire is not run",
    "queue_one": "the fire waits; of several that wait, the newest runs and the others are dropped",
    "queue_all": f"the fire waits; all that wait run one after another, {wakeups.MOST_QUEUED:,} at most",
    "replace": "the run is stopped, and the fire runs when nothing of it is left",
    "allow": "both run at once, each in a worktree of its own",
}

_MISSED: Mapping[Literal["skip", "latest", "all"], str] = {
    "skip": "none",
    "latest": "the newest one",
    "all": "all, oldest first and one after another, up to `max_catch_up`",
}

_WORKSPACES: Mapping[Literal["fresh", "agent", "resident"], tuple[str, str]] = {
    "fresh": (
        "a new worktree in the folder `.runs` beside the others, on a new branch `runs/AGENT/SCHEDULE/TIME`",
        "runs of the same schedule, unless `overlap: allow`",
    ),
    "agent": ("the agent's own worktree", "every run of this agent that is not `fresh`"),
    "resident": (
        "none: the prompt is typed into the agent's running session, and the run is over when it is",
        "every run of this agent that is not `fresh`",
    ),
}

_CAUSES: Mapping[str, tuple[str, str]] = {
    "email": ('`{from: "*@example.com", subject: "order:*"}`', "a mail for the agent's address"),
    "sms": ('`{from: "+1201*", text: "*urgent*"}`', "a text for the agent's number"),
    "agent": (
        "`census`, and beside it `state: done`, `failed` or `exited`",
        "another agent's turn, session or run that ends: well, badly, or either; a stop wakes nobody",
    ),
    "webhook": ("`deploys`", "a signed POST to the address that `constellagent schedule webhook` shows"),
}

_VARIABLES: Mapping[str, str] = {
    "CONSTELLAGENT_RUN_ID": "the id of the run, as in `schedule history`",
    "CONSTELLAGENT_SCHEDULE": "which schedule: `agent/name`",
    "CONSTELLAGENT_FIRE_AT": "the nominal time in UTC, `2026-11-23T09:00:00Z`, however late the run starts",
    "CONSTELLAGENT_REASON": f"why it wakes: {', '.join(f'`{why}`' for why in get_args(fires.Reason))}",
    "CONSTELLAGENT_MISSED_COUNT": "how many fires were missed just before it and are not run",
    "CONSTELLAGENT_ATTEMPT": "1, and one more for each retry",
    "CONSTELLAGENT_EVENT": "the id of what woke it, where that was no clock and no person; a retry has none",
    "CONSTELLAGENT_EVENT_FILE": "a private file with what was posted to a webhook, as JSON",
}


def rules() -> str:
    """Return what `schedule check` looks for."""
    rows = ((f"`{code}`", rule.severity, rule.title, rule.about) for code, rule in RULES.items())
    return table(("rule", "severity", "title", "meaning"), *rows)


def check_codes() -> str:
    """Return the exit codes of `schedule check`."""
    rows = {
        0: "nothing was found that is as bad as `--fail-on` says; without it, that is an error",
        schedule_check.FOUND: "something was found that is",
        UsageError.exit_code: "the command was called wrongly",
        schedule_check.BAD_FILE: "a file cannot be read, or has mistakes that are not about schedules",
    }
    return table(("code", "meaning"), *((f"{code}", said) for code, said in rows.items()))


def clocks() -> str:
    """Return what fires in the nights in which the clocks of London change, as it is computed."""
    rows = ((f"`{text}`", what, _night(text, _FORWARD), _night(text, _BACK)) for what, text in _EXPRESSIONS)
    forward, back = (f"{day.day} {day:%B %Y}" for day in (_FORWARD, _BACK))
    return table(("cron", "kind", f"{forward}, 01:00 → 02:00", f"{back}, 02:00 → 01:00"), *rows)


def _night(text: str, day: date) -> str:
    after, until = (datetime.combine(day, at, _ZONE).astimezone(UTC) for at in (time(0, 0), time(2, 31)))
    found = parse_cron(text, seed="").between(after, until, _ZONE)
    return ", ".join(f"{fire.astimezone(_ZONE):%H:%M %Z}" for fire in found) or "nothing"


def overlaps() -> str:
    """Return what happens to a fire while the run before it is still going."""
    rows = ((f"`{choice}`", _OVERLAPS[choice]) for choice in get_args(Overlap))
    return table(("overlap", "while the run before it is still going"), *rows)


def missed() -> str:
    """Return which missed fires are made up for."""
    choices = get_args(Schedule.model_fields["missed"].annotation)
    return table(("missed", "is made up for"), *((f"`{choice}`", _MISSED[choice]) for choice in choices))


def workspaces() -> str:
    """Return where a run works, and with what it never overlaps."""
    choices = get_args(Schedule.model_fields["workspace"].annotation)
    return table(
        ("workspace", "where it works", "never at once with"),
        *((f"`{choice}`", *_WORKSPACES[choice]) for choice in choices),
    )


def causes() -> str:
    """Return what wakes agents beside the clock."""
    names = [name for name in On.model_fields if name != "state"]
    return table(("on", "such as", "wakes by"), *((f"`{name}`", *_CAUSES[name]) for name in names))


def variables() -> str:
    """Return what a run finds in its environment beside what every session finds."""
    at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    fire = fires.Fire("", "", "event", at, 1, "webhook", "claimed", at, event="an id")
    names = [*wake_variables(fire), "CONSTELLAGENT_EVENT_FILE"]
    return table(("variable", "meaning"), *((f"`{name}`", _VARIABLES[name]) for name in names))


def states() -> str:
    """Return what can become of a fire, in the words that stand below the states in the code."""
    source = inspect.getsource(fires)
    found = dict(re.findall(r"^ {4}(\w+) {2,}(.+)$", source, re.MULTILINE))
    return table(("state", "meaning"), *((f"`{state}`", found[state]) for state in get_args(fires.State)))


def limits() -> str:
    """Return the numbers that the file cannot change."""
    doubt = _span(clockwork.DOUBT)
    rows = (
        (
            _span(wakeups.LATE.total_seconds()),
            "A fire that is noticed less than this after it was due is late, and not missed.",
        ),
        (
            f"{wakeups.MOST_DEPTH}",
            "Runs that caused one another by mail, texts or ends; the next one is taken for a loop.",
        ),
        (f"{wakeups.MOST_QUEUED:,}", "Runs of one schedule that wait; what comes on top is dropped."),
        (f"{wakeups.MOST_BACKFILL:,}", "Times in one backfill."),
        (f"{hooks.PER_MINUTE} a minute", "Posts that one webhook takes, right or wrong."),
        (f"{door.LARGEST >> 20} MiB", "The body of a post."),
        (_span(signatures.TOLERANCE), "The age of a signature that carries its time."),
        (
            _span(outlook.BEHIND.total_seconds()),
            "The clock set back by more: the schedule says that it is behind.",
        ),
        (
            _span(clockwork.FAR),
            f"The clock ahead of all that is known by more: nothing starts until it says so for {doubt}.",
        ),
        (
            _span(loop.KEPT.total_seconds()),
            f"The age of rows that the ledger drops; the newest {loop.KEPT_ALWAYS} of a schedule stay.",
        ),
    )
    return table(("limit", "of what"), *rows)


def _span(seconds: float) -> str:
    return format_duration(timedelta(seconds=seconds))


TABLES: Mapping[str, Callable[[], str]] = {
    "rules": rules,
    "check codes": check_codes,
    "clocks": clocks,
    "overlap": overlaps,
    "missed": missed,
    "workspaces": workspaces,
    "causes": causes,
    "run variables": variables,
    "run states": states,
    "limits": limits,
}
"""What follows each `<!-- table: NAME -->` in that chapter."""
