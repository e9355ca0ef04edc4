"""What becomes news: one line that names the agent, calls a person as the file says, and tells no content."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from constellagent.plan.fires import Fire
from constellagent.runtime.events import Event
from constellagent.runtime.live.happenings import Happenings
from constellagent.runtime.live.news import News
from constellagent.runtime.live_views import EventView
from constellagent.runtime.store.bindings import Binding, Bindings
from constellagent.runtime.store.constellations import Applied, Constellations
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import LedgerRow
from constellagent.runtime.store.sessions import SessionRow
from tests.runtime.conftest import StillClock

TEXT = "version: 1\nnotify: [waiting, failed]\nagents:\n  docs: {kind: command, command: [cat]}\n"
FILE = "/repo/constellation.yaml"
ENDED = SessionRow(
    "s1", "c", "agent", "docs", "f", 1.0, 5.0, "boot", ended_at=2.0, exit_status=0, ended_by="itself"
)
NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Told:
    """News, and who tells them."""

    def __init__(self, database: Database, clock: StillClock) -> None:
        self.news = News()
        self.bindings = Bindings(database, "")
        self.happenings = Happenings(self.news, Constellations(database), self.bindings, clock)

    @property
    def events(self) -> list[EventView]:
        """All that was told."""
        reader = self.news.open(None)
        self.news.close(reader)
        return reader.take()

    @property
    def lines(self) -> list[tuple[str, str, str, bool]]:
        """Subject, kind, text and whether a person is called, of each."""
        return [(row["subject"], row["kind"], row["text"], row["notify"]) for row in self.events]


@pytest.fixture
async def told(database: Database, clock: StillClock) -> Told:
    """Give news of one applied constellation that wants to hear of waiting and failed agents."""
    applied = Applied("c", "shop", Path(FILE), Path("/repo"), "hash", TEXT)
    await Constellations(database).put(applied, 1.0)
    return Told(database, clock)


async def test_states_call_as_the_file_says(told: Told, clock: StillClock) -> None:
    """An agent that waits calls, one that works does not; the event knows when and where."""
    row = replace(ENDED, ended_at=None)
    await told.happenings.state(row, "working", "")
    await told.happenings.state(row, "waiting", "permission")
    assert told.lines == [
        ("docs", "state", "working", False),
        ("docs", "state", "waiting: permission", True),
    ]
    assert (told.events[0]["file"], told.events[0]["at"]) == (FILE, clock.now())


async def test_services_have_no_states(told: Told) -> None:
    """What a service's terminal does is no news."""
    await told.happenings.state(replace(ENDED, role="service"), "waiting", "")
    assert told.lines == []


@pytest.mark.parametrize(
    ("changes", "level", "called"),
    [
        ({"outcome": "exit status 0"}, "done", False),
        ({"exit_status": 3, "outcome": "exit status 3"}, "error", True),
        ({"exit_status": None, "ended_by": "stop", "outcome": "stopped"}, "done", False),
        ({"exit_status": 3, "role": "service", "outcome": "exit status 3"}, "error", False),
    ],
)
async def test_ends_of_sessions(told: Told, changes: dict[str, str], level: str, called: bool) -> None:
    """A bad end of an agent calls; a stop, a good end that nobody asked for, and a service do not."""
    await told.happenings.session_ended(replace(ENDED, **changes))  # type: ignore[arg-type] # fields of a row
    assert [(row["level"], row["notify"], row["text"]) for row in told.events] == [
        (level, called, changes["outcome"])
    ]


async def test_a_schedules_run_is_told_by_the_ledger(told: Told) -> None:
    """The session of a schedule's run is not told a second time; the run is, as its agent's."""
    await told.happenings.session_ended(replace(ENDED, role="run", subject="docs/morning"))
    assert told.lines == []
    fire = Fire("r1", "docs/morning", "clock", NINE, 1, "schedule", "failed", NINE)
    await told.happenings.run_ended(LedgerRow("c", fire, NINE))
    assert told.lines == [("docs", "run", "run of docs/morning failed", True)]


async def test_messages_are_counted_not_shown(told: Told) -> None:
    """What came for an identity is told as its agent's, by number alone."""
    await told.bindings.put(Binding("c", "docs", "local", "u1", "docs", "docs@shop.test"))
    await told.happenings.come({"u1": (1, 2), "u2": (5, 0)})
    assert told.lines == [("docs", "mail", "a mail came", False), ("docs", "text", "2 texts came", False)]


async def test_what_is_gone_has_no_news(told: Told) -> None:
    """A session of a constellation that was forgotten is told to nobody."""
    await told.happenings.session_ended(replace(ENDED, constellation="other"))
    assert told.lines == []


def test_steps_of_an_apply(told: Told) -> None:
    """A step keeps its own words and level."""
    told.happenings.apply(FILE, Event("docs", "worktree created", "done"))
    assert told.lines == [("docs", "apply", "worktree created", False)]


def test_a_review(told: Told) -> None:
    """What a reviewer did is news of the agent, and calls nobody."""
    told.happenings.review(FILE, "docs", "discarded 1 change")
    assert told.lines == [("docs", "review", "discarded 1 change", False)]
