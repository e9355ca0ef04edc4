"""Telling of what happened while a person looked elsewhere."""

import asyncio
import base64

import pytest

from constellagent.errors import UsageError
from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.telling import PAUSE, Teller, notice, ways
from constellagent.runtime.live_views import EventView
from constellagent.runtime.settings import Settings
from tests.faces.tui.fake_deck import FILE, NOW, FakeDeck, event

XTERM = {"TERM": "xterm-256color"}


class Rig:
    """A teller, what it wrote, and who is looked at."""

    def __init__(self, tell: str = "bell,desktop", *before: EventView) -> None:
        self.deck = FakeDeck()
        self.deck.settings = Settings(tell=tell)
        self.deck.fleet.events += before
        self.written: list[str] = []
        self.watched: set[AgentId] = set()
        Teller(self.deck, self.written.append, XTERM, self.watched.__contains__)

    def happen(self, *events: EventView) -> None:
        """Let events come."""
        self.deck.fleet.events += events
        self.deck.fleet.change()


def test_all_ways() -> None:
    """An event that asks for attention gives a line, a notice and the bell."""
    rig = Rig()
    rig.happen(event("waits: permission", "api-tests"))
    assert rig.deck.said == [("api-tests: waits: permission", "warning")]
    assert rig.written == ["\x1b]9;constellagent: api-tests: waits: permission\x1b\\", "\a"]


@pytest.mark.parametrize(
    ("tell", "written"),
    [("bell", ["\a"]), ("none", []), ("", []), ("desktop", ["\x1b]9;constellagent: docs: done\x1b\\"])],
)
def test_settings(tell: str, written: list[str]) -> None:
    """Only the ways of the setting are used; a line is always shown, in the event's tone."""
    rig = Rig(tell)
    rig.happen(event("done", level="done"))
    assert rig.written == written
    assert rig.deck.said == [("docs: done", "done")]


def test_wrong_setting() -> None:
    """A way that there is not is refused."""
    with pytest.raises(UsageError, match="'smoke' is no way to tell"):
        ways("bell,smoke")
    assert ways(" Bell , desktop ") == {"bell", "desktop"}


def test_not_what_is_looked_at() -> None:
    """Nothing is told of an agent that is looked at, nor of events that ask for no attention."""
    rig = Rig()
    rig.watched.add(AgentId(FILE, "docs"))
    rig.happen(event("waits"), event("read mail", "api-tests", notify=False))
    assert rig.deck.said == []
    assert rig.written == []


def test_once() -> None:
    """What the daemon repeats after it was away is not told again, nor what was there at the start."""
    first, second = event("waits"), event("fails", at=NOW + 1, level="error")
    rig = Rig("bell,desktop", first)
    rig.happen(second)
    rig.happen(first, second)
    assert rig.deck.said == [("docs: fails", "error")]


def test_not_what_is_old() -> None:
    """What happened long before it was heard of is only shown among the events."""
    rig = Rig()
    rig.happen(event("waits", at=NOW - 61))
    assert rig.deck.said == []


async def test_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes too soon after a notice is put together into the next one."""
    rig = Rig("desktop")
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        rig.deck.time += seconds

    rig.happen(event("one"))
    rig.deck.time += 1
    rig.happen(event("two"))
    rig.happen(event("three"))
    assert len(rig.written) == 1
    assert len(rig.deck.said) == 3
    monkeypatch.setattr(asyncio, "sleep", sleep)  # the pause is seconds long
    await rig.deck.settle()
    assert slept == [PAUSE - 1]
    assert rig.written[1:] == ["\x1b]9;constellagent: docs: three (and 1 more)\x1b\\"]
    rig.deck.time += PAUSE
    rig.happen(event("four", at=rig.deck.time))
    assert rig.written[-1] == "\x1b]9;constellagent: docs: four\x1b\\"


def test_clock_that_is_set_back() -> None:
    """A clock that is set back does not silence it."""
    rig = Rig("bell")
    rig.happen(event("one"))
    rig.deck.time -= 3600
    rig.happen(event("two", at=rig.deck.time))
    assert rig.written == ["\a", "\a"]


def test_event_of_nobody() -> None:
    """An event of the whole constellation is told without a name, a long one is cut."""
    rig = Rig("desktop")
    rig.happen(event("x" * 500, subject=""))
    assert rig.deck.said[0][0] == "x" * 500
    assert len(rig.written[0]) < 200


@pytest.mark.parametrize(
    ("environ", "written"),
    [
        (XTERM, "\x1b]9;constellagent: a;b\x1b\\"),
        (XTERM | {"VTE_VERSION": "7600"}, "\x1b]777;notify;constellagent;a,b\x1b\\"),
        ({"TERM": "foot"}, "\x1b]777;notify;constellagent;a,b\x1b\\"),
        ({"TERM": "tmux-256color", "TMUX": "x"}, "\x1bPtmux;\x1b\x1b]9;constellagent: a;b\x1b\x1b\\\x1b\\"),
        ({"TERM": "screen", "STY": "x"}, "\x1bP\x1b]9;constellagent: a;b\a\x1b\\"),
        ({"TERM": "linux"}, ""),
        ({"TERM": "dumb"}, ""),
        ({}, ""),
    ],
)
def test_notice(environ: dict[str, str], written: str) -> None:
    """Each terminal gets the form it knows, inside a multiplexer wrapped; a console gets none."""
    assert notice("a;b", environ) == written


def test_notice_is_clean() -> None:
    """Nothing of an event's text ends the sequence, or is a command."""
    evil = f"a\x1b\\\x1b]52;c;{base64.b64encode(b'rm').decode()}\x07\x9c\n4;1"
    inner = notice(evil, XTERM).removeprefix("\x1b]9;").removesuffix("\x1b\\")
    assert inner.isprintable()
