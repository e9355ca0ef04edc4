"""Findings as workflow commands of GitHub Actions, which shows them beside the lines of a pull request."""

from collections.abc import Iterator, Sequence

from constellagent.faces.reports.outcome import Outcome, said
from constellagent.plan.findings import Severity

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}


def lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield one command for each finding."""
    for outcome in outcomes:
        for finding in outcome.findings:
            properties = {"file": outcome.file}
            if finding.line:
                properties |= {"line": str(finding.line), "col": str(finding.column)}
            properties["title"] = f"{finding.rule} {finding.title}".strip()
            named = ",".join(f"{name}={escape_property(value)}" for name, value in properties.items())
            message = "\n".join(part for part in (said(finding), finding.help) if part)
            yield f"::{_COMMANDS[finding.severity]} {named}::{escape_data(message)}"


def escape_data(text: str) -> str:
    """Return a message in which nothing ends the command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Return a property's value in which nothing ends the property either."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")
