"""Descriptors that go from process to process."""

import os
import socket
import struct
from collections.abc import Iterator

import pytest

from constellagent.runtime.holder import passing

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Give the two ends of a connection."""
    one, two = socket.socketpair()
    with one, two:
        yield one, two


def test_what_was_passed_is_the_same_file_and_is_not_inherited(ends: Ends) -> None:
    """The copy leads to the same place and is closed on exec."""
    read, write = os.pipe()
    assert passing.send(ends[0], b"text", write)
    os.close(write)
    data, copy = passing.receive(ends[1], 100)
    assert data == b"text"
    assert copy is not None
    assert not os.get_inheritable(copy)
    os.write(copy, b"through")
    assert os.read(read, 100) == b"through"
    os.close(copy)
    os.close(read)


def test_bytes_alone_bring_no_descriptor(ends: Ends) -> None:
    """None stands for that none came."""
    ends[0].sendall(b"text")
    assert passing.receive(ends[1], 100) == (b"text", None)


def test_more_than_one_descriptor_is_never_kept(ends: Ends) -> None:
    """Who passes many fills nobody's table: at most one comes out, the others are closed."""
    read, write = os.pipe()
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("4i", *[write] * 4))
    ends[0].sendmsg([b"x"], [rights])
    os.close(write)
    _, copy = passing.receive(ends[1], 100)
    if copy is not None:
        os.close(copy)
    assert os.read(read, 1) == b""  # the end: nobody holds the other side any more
    os.close(read)


def test_a_connection_that_is_gone_takes_nothing(ends: Ends) -> None:
    """Sending says so instead of raising."""
    ends[1].close()
    assert not passing.send(ends[0], b"text", 0)


def test_e12_only_the_same_user_is_trusted(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user is told apart; a real one would need root, so ours is another here."""
    assert passing.same_user(ends[0])
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert not passing.same_user(ends[0])


def test_who_cannot_be_told_is_not_trusted() -> None:
    """A connection without credentials is that of a stranger."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        assert not passing.same_user(nobody)
