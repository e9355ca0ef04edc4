"""Calendars."""

import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.reports import ics
from constellagent.plan import timetable
from tests.plan.findings.files import NOW, desired


def calendar(*schedules: str, zone: str = "UTC", days: int = 1, after: datetime = NOW) -> str:
    """Return the calendar of a window."""
    found = {schedule.key: schedule for schedule in desired(*schedules, zone=zone)}
    dues = timetable.timetable(found.values(), after, after + timedelta(days=days))
    return "".join(ics.lines(dues, found, NOW))


def unfolded(text: str) -> list[str]:
    """Return the content lines, as a reader of the standard puts them together."""
    assert text.endswith("\r\n")
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def test_each_fire_is_an_event() -> None:
    """At its nominal time, in UTC, with an id of its own, as long as it may take."""
    lines = unfolded(calendar("cron: '30 14,15 * * *', timeout: 45m, jitter: 10m"))
    assert lines[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//constellagent//schedules//EN"]
    event = lines[3:12]
    assert event[0] == "BEGIN:VEVENT"
    assert re.fullmatch(r"UID:[0-9a-f]{16}-1795357800@constellagent", event[1])
    assert event[2:6] == [
        "DTSTAMP:20261122T120000Z",
        "DTSTART:20261122T143000Z",
        "DURATION:PT45M",
        "SUMMARY:a/s0",
    ]
    assert re.fullmatch(
        r"DESCRIPTION:cron: 30 14\\,15 \* \* \* \(UTC\)\\nstarts \S+ later \(jitter\)", event[6]
    )
    assert event[7:] == ["TRANSP:TRANSPARENT", "END:VEVENT"]
    assert lines.count("BEGIN:VEVENT") == 2
    assert lines[-1] == "END:VCALENDAR"
    assert len({line for line in lines if line.startswith("UID:")}) == 2


def test_notes_are_told_in_the_event() -> None:
    """What happens where the clocks change stands in the description."""
    text = calendar(
        "cron: '30 2 * * *'", zone="America/New_York", after=datetime(2027, 3, 13, 12, tzinfo=NOW.tzinfo)
    )
    assert "DTSTART:20270314T070000Z" in text
    assert r"DESCRIPTION:cron: 30 2 * * * (America/New_York)\ndst-gap" in unfolded(text)


def test_no_line_is_longer_than_the_standard_allows() -> None:
    """Long expressions are folded."""
    text = calendar(f"cron: '{','.join(map(str, range(60)))} 13 * * *'")
    assert max(len(line.encode()) for line in text.split("\r\n")) == ics.WIDEST


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300))
def test_folding_is_undone_by_a_reader(line: str) -> None:
    """No line is too long in octets, no character is cut in two, and the text is the same."""
    folded = ics.folded(line)
    parts = folded.encode().split(b"\r\n")
    assert parts.pop() == b""
    assert all(len(part) <= ics.WIDEST for part in parts)
    assert all(part.startswith(b" ") for part in parts[1:])
    assert [part.decode() for part in parts]
    assert unfolded(folded) == [line]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_escaping_is_undone_by_a_reader(text: str) -> None:
    """All but control characters come back, line breaks as one kind."""
    escaped = ics.escaped(text)
    assert not re.search(r"[\r\n]|(?<!\\)(?:\\\\)*[;,]", escaped)
    read = re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], escaped)
    kept = text.replace("\r\n", "\n").replace("\r", "\n")
    assert read == "".join(c for c in kept if c == "\n" or (c >= " " and c != "\x7f"))


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(minutes=45), "PT45M"),
        (timedelta(days=1, hours=2, minutes=3, seconds=4), "P1DT2H3M4S"),
        (timedelta(days=7), "P7D"),
        (timedelta(milliseconds=1), "PT1S"),
        (ics.MOMENT, "PT1M"),
    ],
)
def test_durations(span: timedelta, text: str) -> None:
    """Whole seconds, rounded up, and no empty parts."""
    assert ics.duration(span) == text
