"""What the hooks of several kinds say alike: they follow one example, in names and in keys."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from constellagent.agents.kind import IDLE_PROMPT, Report
from constellagent.agents.values import text

LONGEST = 500
"""Characters of what an agent says that are worth showing."""


def told(event: Mapping[str, Any], said: Report) -> Report:
    """Return what an event says, with the conversation that it is of."""
    return replace(
        said,
        message=said.message[:LONGEST],
        conversation=text(event, "session_id"),
        transcript=text(event, "transcript_path"),
    )


def nothing(event: Mapping[str, Any]) -> Report:
    """Say nothing of the state."""
    del event
    return Report()


def session_start(event: Mapping[str, Any]) -> Report:
    """Say that a cleared conversation waits; another one may have got its prompt already."""
    return Report("waiting", IDLE_PROMPT) if event.get("source") == "clear" else Report()


def prompt(event: Mapping[str, Any]) -> Report:
    """Say that a turn begins."""
    return Report("working", prompt=text(event, "prompt"))


def working(event: Mapping[str, Any]) -> Report:
    """Say that a turn goes on."""
    del event
    return Report("working")
