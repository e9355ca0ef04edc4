"""`constellagent schedule check`: what is doubtful about the schedules of a file, before anything runs.

It reads the files and the tz database, and nothing else: no repository, network, state or daemon.
"""

import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Argument, Json, Option
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.schedule_window import From, moment, number, one_of
from constellagent.faces.cli.validate import READ_AT_MOST, shown
from constellagent.faces.reports.outcome import Outcome, counts
from constellagent.plan import timetable
from constellagent.plan.findings import SEVERITIES, Bounds, Finding, Severity, examine, reaches

if TYPE_CHECKING:
    from constellagent.faces.reports.text import Line

FOUND = 1
"""Exit code where findings are bad enough."""
BAD_FILE = 65
"""Exit code where a file cannot be used for other reasons than its schedules."""

DAYS = 7
"""So many days ahead the fires are counted."""

FORMATS = ("table", "json", "github", "junit", "sarif")

_COLOURS: dict[Severity, str] = {"error": "red", "warning": "yellow", "info": "cyan"}


def check(
    files: Annotated[
        list[str] | None,
        Argument("FILE", "Files to check [default: the nearest constellation.yaml upwards]."),
    ] = None,
    *,
    fail_on: Annotated[
        str, Option(("--fail-on",), "Exit 1 for this and worse: error, warning or info.", "SEVERITY")
    ] = "error",
    most_per_day: Annotated[
        int, Option(("--max-fires-per-day",), "Warn of schedules that fire more often.", "COUNT")
    ] = 96,
    max_parallel: Annotated[
        int, Option(("--max-parallel",), "Warn where more start in one minute.", "COUNT")
    ] = 8,
    after: From = None,
    output: Annotated[
        str, Option(("--output", "-o"), "Write a table, or json, github, junit or sarif.", "FORMAT")
    ] = "table",
    as_json: Json = False,
) -> int:
    """Check schedules without running anything: unreadable, never firing, unsafe, surprising.

    Reads only the file and the time zones. Exit 0 clean, 1 findings, 65 bad file.
    """
    least = cast("Severity", one_of(fail_on, "--fail-on", SEVERITIES))
    form = "json" if as_json else one_of(output, "--output", FORMATS)
    for count, flag in ((most_per_day, "--max-fires-per-day"), (max_parallel, "--max-parallel")):
        if count < 1:
            raise UsageError(f"{flag} needs a number from 1")
    bounds = Bounds(moment(after), most_per_day, max_parallel)
    outcomes = [outcome(file, bounds) for file in files or [constellation_file(None)]]
    sys.stdout.writelines(f"{line}\n" for line in _report(outcomes, form, bounds.after, least))
    findings = [finding for found in outcomes for finding in found.findings]
    if any(not finding.rule for finding in findings):
        return BAD_FILE
    return FOUND if any(reaches(finding.severity, least) for finding in findings) else 0


def outcome(file: str, bounds: Bounds) -> Outcome:
    """Return what one file came to; one that cannot be read is a finding, too."""
    name = shown(str(Path(file).absolute()))
    try:
        with Path(file).open("rb") as opened:
            text = opened.read(READ_AT_MOST)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "no file has such a name"
        return Outcome(name, (), (Finding("", "error", "", 0, 0, f"cannot be read: {said}"),), 0, ())
    examined = examine(text, bounds)
    until = bounds.after + timedelta(days=DAYS)
    fires = sum(timetable.count(found, bounds.after, until) for found in examined.schedules.values())
    lines = tuple(text.decode("utf-8", "replace").splitlines())
    return Outcome(name, examined.keys, examined.findings, fires, lines)


def _report(outcomes: Sequence[Outcome], form: str, after: datetime, least: Severity) -> Sequence[str]:
    """Return the lines of a report; the module of its format is loaded alone."""
    if form == "json":
        import json

        from constellagent.faces.reports import machine

        return [json.dumps(machine.findings(outcomes, after, DAYS), indent=2)]
    if form == "sarif":
        import json

        from constellagent.faces.reports import sarif

        return [json.dumps(sarif.document(outcomes), indent=2)]
    if form == "github":
        from constellagent.faces.reports import github

        return [screen.clean(line) for line in github.lines(outcomes)]
    if form == "junit":
        from constellagent.faces.reports import junit

        return [*junit.lines(outcomes, least)]
    from constellagent.faces.reports import text

    return [*map(_painted, text.lines(outcomes)), _summary(outcomes)]


def _painted(line: "Line") -> str:
    word = screen.paint(line.word, _COLOURS[line.severity], sys.stdout)
    return f"{screen.clean(line.before)}{word}{screen.clean(line.after)}"


def _summary(outcomes: Sequence[Outcome]) -> str:
    found = counts(outcomes)
    schedules = sum(len(outcome.schedules) for outcome in outcomes)
    fires = sum(outcome.fires for outcome in outcomes)
    infos = f", {found['info']:,} info" if found["info"] else ""
    return (
        f"{number(schedules, 'schedule')}, {number(fires, 'fire')} in the next {DAYS} days, "
        f"{number(found['error'], 'error')}, {number(found['warning'], 'warning')}{infos}"
    )
