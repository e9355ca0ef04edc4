"""The text of a file -> its schedules and every finding about them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from constellagent.errors import Problem
from constellagent.plan.findings.clocks import check_clocks
from constellagent.plan.findings.columns import check_columns
from constellagent.plan.findings.crowds import check_crowds
from constellagent.plan.findings.fault import Check, Fault
from constellagent.plan.findings.finding import RULES, SEVERITIES, Bounds, Finding
from constellagent.plan.findings.rates import check_rates
from constellagent.plan.schedules import DesiredSchedule, desire_schedules
from constellagent.spec import tree
from constellagent.spec.load import survey
from constellagent.spec.places import Places

CHECKS: tuple[Check, ...] = (check_clocks, check_columns, check_crowds, check_rates)


@dataclass(frozen=True, slots=True)
class Examined:
    """What a file says about schedules.

    Attributes:
        keys: of all schedules that are written down, also of faulty ones.
        schedules: the sound ones, by key.
        findings: sorted by place.
    """

    keys: tuple[str, ...]
    schedules: Mapping[str, DesiredSchedule]
    findings: tuple[Finding, ...]


def examine(text: bytes, bounds: Bounds) -> Examined:
    """Return all that is doubtful about the schedules of a file, and its problems; nothing is raised."""
    loaded, problems = survey(text)
    if loaded is None:
        return Examined((), {}, tuple(_of_problem(problem, {}) for problem in problems))
    written = _written(loaded.places)
    schedules = desire_schedules(loaded.constellation)
    findings = [_of_problem(problem, written) for problem in problems]
    never = {finding.schedule for finding in findings if finding.rule == "CS003"}
    for check in CHECKS:
        faults = check(schedules.values(), bounds)
        findings += [
            _of_fault(fault, loaded.places)
            for fault in faults
            if fault.rule != "CS015" or fault.schedule.key not in never
        ]
    findings.sort(key=lambda f: (f.line, f.column, SEVERITIES.index(f.severity), f.rule))
    return Examined(tuple(written.values()), schedules, tuple(findings))


def _written(places: Places) -> dict[str, str]:
    """Return the keys of the schedules by their paths."""
    return {tree.dotted(("agents", *key)): "/".join((key[0], key[2])) for key in _paths(places)}


def _paths(places: Places) -> Iterator[tuple[str, str, str]]:
    for agent in _entries(places, "agents"):
        for name in _entries(places, "agents", agent, "schedules"):
            yield agent, "schedules", name


def _entries(places: Places, *steps: str) -> Sequence[str]:
    node = places.node(*steps)
    return list(node.entries) if isinstance(node, tree.Mapping) else []


def _of_problem(problem: Problem, written: Mapping[str, str]) -> Finding:
    """Return a problem of the file as a finding, of the schedule whose path its own path begins with."""
    steps = problem.path.split(".")
    around = (length for length in range(len(steps), 0, -1) if ".".join(steps[:length]) in written)
    length = next(around, 0)
    message, _, excerpt = problem.message.partition("\n")
    below = ".".join(steps[length:])
    return Finding(
        rule=problem.rule,
        severity="error",
        schedule=written[".".join(steps[:length])] if length else "",
        line=problem.line,
        column=problem.column,
        message=f"{below}: {message}" if below else message,
        excerpt=excerpt,
    )


def _of_fault(fault: Fault, places: Places) -> Finding:
    schedule = fault.schedule
    place = places.find("agents", schedule.agent, "schedules", schedule.name, fault.key)
    return Finding(
        rule=fault.rule,
        severity=RULES[fault.rule].severity,
        schedule=schedule.key,
        line=place.line,
        column=place.column,
        message=fault.message,
        help=fault.help,
    )
