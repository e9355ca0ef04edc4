"""Questions to a holder: an answer belongs to its question, also after one that was given up."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from constellagent.errors import UnavailableError, WorldError
from constellagent.runtime.holder.client import HolderClient
from tests.runtime.holder.conftest import Session, Start


@pytest.fixture
async def session(start: Start) -> Session:
    """Give a session whose program repeats what it reads."""
    return await start("cat")


@pytest.fixture
async def other(session: Session) -> AsyncIterator[HolderClient]:
    """Give somebody else who talks with its holder."""
    client = await HolderClient.connect(session.socket)
    yield client
    await client.close()


def hold(session: Session) -> None:
    """Let the holder stand still."""
    os.kill(session.first["holder_pid"], signal.SIGSTOP)


def go_on(session: Session) -> None:
    """Let the holder go on."""
    os.kill(session.first["holder_pid"], signal.SIGCONT)


async def test_a_late_answer_is_not_the_next_questions(
    session: Session, other: HolderClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A holder that stood still is asked anew; what was sent meanwhile may have arrived, and that is said."""
    hold(session)
    with monkeypatch.context() as hurried:
        hurried.setattr("constellagent.runtime.holder.client._ANSWER", 0.3)
        with pytest.raises(UnavailableError, match="does not answer") as caught:
            await session.client.send(b"one\n")
    assert "what was sent may still arrive" in caught.value.hint
    go_on(session)
    await session.shows(b"one\r\none\r\n")
    await other.send(b"two\n")
    await session.shows(b"two\r\ntwo\r\n")
    assert (await session.client.status())["log_end"] == session.log.end()


async def test_a_question_that_is_cancelled_leaves_no_answer(session: Session, other: HolderClient) -> None:
    """Who asks next gets the answer to what it asked."""
    hold(session)
    asking = asyncio.ensure_future(session.client.status())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    go_on(session)
    await other.send(b"two\n")
    await session.shows(b"two\r\ntwo\r\n")
    assert (await session.client.status())["log_end"] == session.log.end()


async def test_a_stop_after_a_question_that_was_given_up(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes over a connection of its own; a holder that still stands is told of in time."""
    hold(session)
    with monkeypatch.context() as hurried:
        hurried.setattr("constellagent.runtime.holder.client._ANSWER", 0.3)
        hurried.setattr("constellagent.runtime.holder.client._STOP", 1.0)
        with pytest.raises(UnavailableError, match="does not answer"):
            await session.client.status()
        with pytest.raises(WorldError, match="do not end"):
            await session.client.stop(0.1)
    go_on(session)
    assert (await session.client.stop(1.0))["ended_at"] is not None
