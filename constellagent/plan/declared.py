"""A schedule's declaration as one canonical text: what is in effect is kept and compared in this form."""

import json

from constellagent.plan.schedules import DesiredSchedule, desire_schedule
from constellagent.spec.models import Constellation, Schedule


def declared(spec: Schedule, constellation: Constellation) -> str:
    """Return the whole declaration of a schedule: the same text means the same schedule."""
    words = {
        "spec": spec.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "timezone": spec.timezone or constellation.timezone,
        "constellation": constellation.name or "",
    }
    return json.dumps(words, sort_keys=True, ensure_ascii=False)


def resolve(agent: str, name: str, text: str) -> DesiredSchedule:
    """Return the schedule that such a text declares.

    Raises:
        ValueError: the text was written by a release whose language differs.
    """
    try:
        words = json.loads(text)
        spec = Schedule.model_validate(words["spec"])
        return desire_schedule(agent, name, spec, words["timezone"], words["constellation"])
    except (LookupError, TypeError, OSError, RecursionError) as error:  # a word is missing, or no zone here
        raise ValueError(f"this is no declaration of a schedule: {text}") from error
