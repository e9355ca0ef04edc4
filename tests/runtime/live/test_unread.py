"""Unread messages are counted without a trace, and news are what is more than before."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from constellagent.errors import UnavailableError
from constellagent.ravi.wires.answers_events import Count
from constellagent.runtime.live.unread import Unread


class Provider:
    """Counts what a test sets."""

    def __init__(self) -> None:
        self.counts = [Count(identity="a", unread_mail=1), Count(identity="b")]
        self.away = False

    async def count(self) -> Sequence[Count]:
        """Count."""
        if self.away:
            raise UnavailableError("away")
        return list(self.counts)


@pytest.fixture
def provider() -> Provider:
    """Give a provider with two identities."""
    return Provider()


async def test_the_first_look_is_no_news(provider: Provider) -> None:
    """What lay there before the first look did not come just now."""
    unread = Unread(provider.count)
    assert await unread.look() == {}
    known = unread.get("a")
    assert known is not None
    assert known.unread_mail == 1
    assert unread.get("c") is None


async def test_more_than_before_is_news(provider: Provider) -> None:
    """Mails and texts that came are told by how many; what was read is none."""
    unread = Unread(provider.count)
    await unread.look()
    provider.counts = [Count(identity="a"), Count(identity="b", unread_mail=2, unread_texts=1)]
    assert await unread.look() == {"b": (2, 1)}
    assert await unread.look() == {}


async def test_a_provider_that_is_away_leaves_what_is_known(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    """A count that fails is said once, and nothing has come or gone."""
    unread = Unread(provider.count)
    await unread.look()
    provider.away = True
    assert await unread.look() == {}
    assert await unread.look() == {}
    assert unread.get("a") is not None
    assert caplog.text.count("cannot be counted") == 1


async def test_follows_while_it_is_wanted(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts go on while somebody wants them, and each change is told."""
    monkeypatch.setattr("constellagent.runtime.live.unread.EVERY", 0.01)
    unread, told, wanted = Unread(provider.count), asyncio.Event(), [False]
    heard: list[Mapping[str, tuple[int, int]]] = []

    async def come(news: Mapping[str, tuple[int, int]]) -> None:
        heard.append(news)
        told.set()

    task = asyncio.ensure_future(unread.follow(lambda: wanted[0], come))
    await asyncio.sleep(0.05)
    assert heard == []
    wanted[0] = True
    await asyncio.wait_for(told.wait(), 30)
    told.clear()
    provider.counts = [Count(identity="a", unread_mail=2), Count(identity="b")]
    await asyncio.wait_for(told.wait(), 30)
    assert heard == [{}, {"a": (1, 0)}]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
