"""What a report means: a state in one word, or whatever the kind of agent reads in its program's JSON."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from constellagent.agents.kind import IDLE_PROMPT, QUESTION, Kind, Report
from constellagent.agents.start import KINDS
from constellagent.runtime.holder.stream import Reported

_WORDS: Mapping[str, tuple[Literal["starting", "working", "waiting", "done", "failed", "unknown"], str]] = {
    "starting": ("starting", ""),
    "working": ("working", ""),
    "waiting": ("waiting", QUESTION),
    "idle": ("waiting", IDLE_PROMPT),
    "done": ("done", ""),
    "failed": ("failed", ""),
    "unknown": ("unknown", ""),
}
"""The states that any program may report, and the reason where it gives none."""
KIND_OF: Mapping[str, Kind] = {str(name): kind for name, kind in KINDS.items()}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """One report, and what it means.

    Attributes:
        number: the how-many-th of its session, from 1 on.
        at: when the session's holder got it, epoch seconds.
        offset: of the session's log, at that moment.
        event: a state in one word, or the name of a kind of agent.
        report: what it says.
    """

    number: int
    at: float
    offset: int
    event: str
    report: Report


def read(reported: Reported) -> Heard | None:
    """Return what a report means; None where nothing can be made of it."""
    report = _read_word(reported) if reported.event in _WORDS else _read_hook(reported)
    if report is None:
        return None
    return Heard(reported.number, reported.at, reported.offset, reported.event, report)


def _read_word(reported: Reported) -> Report:
    told = _object(reported.data)
    state, usual = _WORDS[reported.event]
    reason, message = told.get("reason"), told.get("message")
    return Report(
        state=state,
        reason=reason if isinstance(reason, str) and reason else usual,
        message=message if isinstance(message, str) else "",
    )


def _read_hook(reported: Reported) -> Report | None:
    kind = KIND_OF.get(reported.event)
    if kind is None:
        _log.debug("a report of an unknown event: %r", reported.event)
        return None
    try:
        return kind.read_hook(_object(reported.data))
    except Exception:  # noqa: BLE001 - it is what some program wrote, and must not cost the session's screen
        _log.exception("a hook of %s cannot be read", reported.event)
        return None


def _object(data: bytes) -> Mapping[str, Any]:
    """Return the JSON object in `data`, an empty one where there is none."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
