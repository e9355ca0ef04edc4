"""Fires as a calendar (RFC 5545): one event each, since its repetition rules cannot say all that cron can."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from constellagent.plan.fires import microseconds
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.timetable import Due
from constellagent.spec.durations import format_duration

WIDEST = 75
"""Octets of a line without its end; a longer one is folded."""

MOMENT = timedelta(minutes=1)
"""How long the event of a schedule without `timeout` is: nobody knows, so no time is taken up."""


def lines(dues: Iterable[Due], schedules: Mapping[str, DesiredSchedule], stamp: datetime) -> Iterator[str]:
    """Yield the lines of the calendar, each with its end; `stamp` is when it was made."""
    yield from _folded("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//constellagent//schedules//EN")
    for due in dues:
        yield from _folded(*_event(due, schedules[due.schedule], stamp))
    yield from _folded("END:VCALENDAR")


def escaped(text: str) -> str:
    """Return a value of type TEXT; control characters have no form in it and are left out."""
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(character for character in text if character >= " " and character != "\x7f")


def folded(line: str) -> str:
    """Return a line and its end, folded to `WIDEST` octets; no character is cut in two."""
    parts, room = [""], WIDEST
    for character in line:
        octets = len(character.encode())
        if octets > room:
            parts.append(" ")
            room = WIDEST - 1
        parts[-1] += character
        room -= octets
    return "".join(f"{part}\r\n" for part in parts)


def duration(span: timedelta) -> str:
    """Return a span, rounded up to a second, as RFC 5545 writes it: `PT45M`, `P1DT2H`."""
    seconds = -(-span // timedelta(seconds=1))
    days, seconds = divmod(seconds, 86400)
    parts = {"H": seconds // 3600, "M": seconds // 60 % 60, "S": seconds % 60}
    times = "".join(f"{count}{unit}" for unit, count in parts.items() if count)
    return "P" + (f"{days}D" if days else "") + (f"T{times}" if times else "")


def _folded(*contents: str) -> Iterator[str]:
    return (folded(line) for line in contents)


def _event(due: Due, schedule: DesiredSchedule, stamp: datetime) -> Iterator[str]:
    seed = hashlib.blake2b(schedule.seed.encode(), digest_size=8).hexdigest()
    expression = schedule.cron.text if schedule.cron else ""
    about = [f"cron: {expression} ({schedule.timezone})"]
    if schedule.delay:
        about.append(f"starts {format_duration(schedule.delay)} later (jitter)")
    if due.notes:
        about.append(", ".join(due.notes))
    yield "BEGIN:VEVENT"
    yield f"UID:{seed}-{microseconds(due.fire_at) // 1_000_000}@constellagent"
    yield f"DTSTAMP:{_utc(stamp)}"
    yield f"DTSTART:{_utc(due.fire_at)}"
    yield f"DURATION:{duration(schedule.spec.timeout or MOMENT)}"
    yield f"SUMMARY:{escaped(due.schedule)}"
    yield f"DESCRIPTION:{escaped(chr(10).join(about))}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
