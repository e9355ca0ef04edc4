"""Fetching seldom, and telling how old what is shown is."""

import asyncio

import pytest
from prompt_toolkit.layout import HSplit

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.faces.tui.views.pager import Pager
from constellagent.faces.tui.views.stale import Fetching, Freshness
from tests.faces.tui.fake_deck import NOW, FakeDeck
from tests.faces.tui.host import hosted

pytestmark = pytest.mark.usefixtures("utc")


class Rig:
    """Something that fetches, and counts."""

    def __init__(self, pause: float = 0.05) -> None:
        self.deck = FakeDeck()
        self.count = 0
        self.most = 0
        self.fails: ConstellagentError | None = None
        self.body = HSplit([Pager(self.deck).window])
        self.fetching = Fetching(self.deck, self._fetch, lambda: self.body, pause)
        self._now = 0

    async def _fetch(self) -> None:
        self.count += 1
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(0.001)
        self._now -= 1
        if self.fails is not None:
            raise self.fails


def said(fresh: Freshness) -> list[str]:
    """Return the lines about freshness."""
    return ["".join(text for _, text in line) for line in fresh.lines(NOW)]


async def test_a_thousand_changes() -> None:
    """Of a thousand changes the first is followed at once, and all others together by one fetch later."""
    rig = Rig(pause=0.2)
    async with hosted(rig.body):
        await rig.fetching.soon()
        assert rig.count == 1
        await asyncio.gather(*(rig.fetching.soon() for _ in range(1000)))
        assert rig.count in {2, 3}, "three where the machine was held up until the pause was over"


async def test_changes_during_a_fetch_are_followed_by_one_more() -> None:
    """What changes while something is fetched may have been missed: it is fetched once more."""
    rig = Rig(pause=0)
    async with hosted(rig.body):
        await asyncio.gather(*(rig.fetching.soon() for _ in range(1000)))
        assert (rig.count, rig.most) == (2, 1)


async def test_not_for_a_closed_view() -> None:
    """What was to be fetched later is not when the view was closed meanwhile."""
    rig = Rig()
    async with hosted():
        await rig.fetching.soon()
        await rig.fetching.soon()
        assert rig.count == 1


async def test_a_person_does_not_wait() -> None:
    """A person who asks gets it at once, and never two fetches at a time."""
    rig = Rig(pause=3600)
    await rig.fetching.now()
    rig.fetching.again()
    await rig.deck.settle()
    await asyncio.gather(rig.fetching.now(), rig.fetching.now())
    assert (rig.count, rig.most) == (4, 1)
    assert rig.deck.redraws >= 4


async def test_a_fault_is_news_once() -> None:
    """A fault is raised when it is new; later the line that tells it is enough, except for who asked."""
    rig = Rig(pause=0)
    rig.fails = UnavailableError("the daemon does not answer", hint="start it")
    with pytest.raises(UnavailableError):
        await rig.fetching.soon()
    await rig.fetching.soon()
    with pytest.raises(UnavailableError):
        await rig.fetching.now()
    rig.fails = ConstellagentError("another thing")
    with pytest.raises(ConstellagentError):
        await rig.fetching.soon()


def test_nothing_to_say() -> None:
    """While all is well nothing is said, and an empty view says what is known: nothing, or not yet."""
    fresh = Freshness()
    assert said(fresh) == []
    assert fresh.nothing("There is none.") == ["Looking…"]
    fresh.fetched(NOW)
    assert fresh.nothing("There is none.") == ("There is none.",)
    assert said(fresh) == []


def test_fault_with_age() -> None:
    """A fault is told in a line with what to do and of when what is shown is; unknown is not empty."""
    fresh = Freshness()
    error = UnavailableError("away\x1b[2J\nmore", hint="start it")
    fresh.failed(error)
    assert said(fresh) == ["away\N{REPLACEMENT CHARACTER}[2J", "start it", "r tries again"]
    assert fresh.nothing("There is none.") == []
    fresh.fetched(NOW - 100)
    fresh.failed(ConstellagentError(""))
    assert said(fresh) == ["nobody says why", "what is shown is as of 13:45:00; r tries again"]
