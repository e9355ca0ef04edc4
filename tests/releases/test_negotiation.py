"""Holders and their viewers of different releases: who can speak does, and who cannot is told so politely."""

import asyncio
import json
import socket as sockets
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from constellagent.errors import UnavailableError
from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.client import HolderClient
from constellagent.runtime.holder.line import Line
from constellagent.runtime.holder.stream import HolderStream


async def by_client(path: Path) -> None:
    """Reach a holder as the daemon does."""
    await (await HolderClient.connect(path)).close()


async def by_stream(path: Path) -> None:
    """Reach a holder as a screen does."""
    await (await HolderStream.open(path, offset=0, flags=0)).close()


async def by_line(path: Path) -> None:
    """Reach a holder as a person's terminal does."""
    (await asyncio.to_thread(Line.open, path)).close()


WAYS = [by_client, by_stream, by_line]
Way = Callable[[Path], "asyncio.Future[None]"]


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], Path]]:
    """Give a function that makes a holder which answers every greeting with these bytes, and hangs up."""
    with tempfile.TemporaryDirectory(prefix="cn", dir="/tmp") as folder:
        listeners: list[tuple[sockets.socket, threading.Thread]] = []

        def make(answer: bytes) -> Path:
            path = Path(folder) / f"{len(listeners)}.sock"
            listener = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
            listener.bind(str(path))
            listener.listen()
            thread = threading.Thread(target=_serve, args=(listener, answer), daemon=True)
            thread.start()
            listeners.append((listener, thread))
            return path

        yield make
        for listener, thread in listeners:
            listener.shutdown(sockets.SHUT_RDWR)
            thread.join(10)
            listener.close()


def _serve(listener: sockets.socket, answer: bytes) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(1 << 16)
            connection.sendall(answer)
            connection.shutdown(sockets.SHUT_WR)
            while connection.recv(1 << 16):
                pass


@pytest.mark.parametrize("way", WAYS)
async def test_a10_a_newer_holder_that_we_cannot_speak_with_is_named(
    answering: Callable[[bytes], Path], way: Way
) -> None:
    """It says from which version on it speaks: the error names both, and what to do; the session goes on."""
    status = {"protocol": 90, "protocol_from": 80}
    path = answering(protocol.frame(protocol.WELCOME, json.dumps(status).encode()))

    with pytest.raises(
        UnavailableError, match=f"protocol 80 or newer, and this constellagent {protocol.VERSION}"
    ) as caught:
        await way(path)

    assert caught.value.hint == "upgrade constellagent; the session goes on meanwhile"


@pytest.mark.parametrize("way", WAYS)
async def test_a10_a_holder_that_refuses_us_is_quoted(answering: Callable[[bytes], Path], way: Way) -> None:
    """Where a holder hangs up with a word, the word is told, and not that nobody is there."""
    path = answering(protocol.error("this session speaks protocol 80 to 90, and 4 is too old"))

    with pytest.raises(UnavailableError, match="speaks protocol 80 to 90, and 4 is too old"):
        await way(path)


@pytest.mark.parametrize("status", [{}, {"protocol": 1}, {"protocol": 9, "protocol_from": protocol.VERSION}])
@pytest.mark.parametrize("way", WAYS)
async def test_a10_older_and_newer_holders_that_speak_our_version_are_taken(
    answering: Callable[[bytes], Path], way: Way, status: dict[str, int]
) -> None:
    """What a holder can do beyond our version, or not yet, is no reason to refuse it."""
    await way(answering(protocol.frame(protocol.WELCOME, json.dumps(status).encode())))


def test_a10_a_viewer_that_is_too_old_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A holder greets every version from the oldest one on; who is older learns both numbers."""
    for version in range(protocol.OLDEST, protocol.VERSION + 3):
        ((_, payload),) = protocol.Decoder().feed(protocol.hello(version))
        assert protocol.parse_hello(payload) == version

    ((_, payload),) = protocol.Decoder().feed(protocol.hello(3))
    monkeypatch.setattr(protocol, "OLDEST", 4)
    with pytest.raises(protocol.ProtocolError, match=r"protocol 4 to \d+, and 3 is too old"):
        protocol.parse_hello(payload)


def test_a10_what_an_older_holder_cannot_do_is_said_in_words() -> None:
    """Each version says less than the one before, and today's says nothing."""
    lacks = [len(protocol.lacking(version)) for version in range(1, protocol.VERSION + 1)]

    assert lacks == sorted(lacks, reverse=True)
    assert (lacks[0], lacks[-1]) == (protocol.VERSION - 1, 0)
