"""Who is at the other end of a socket."""

import os
import socket
import sys
from typing import cast

from constellagent.runtime.peers import uid_of


class _Answers:
    """A socket of which the kernel says what a test wants; other users cannot be had in every test run."""

    def __init__(self, credentials: bytes | None) -> None:
        self._credentials = credentials

    def getsockopt(self, _level: int, _option: int, _size: int) -> bytes:
        """Give the credentials, or fail as a socket of another family does."""
        if self._credentials is None:
            raise OSError
        return self._credentials


def answering(credentials: bytes | None) -> socket.socket:
    """Return what looks like a socket with these credentials."""
    return cast("socket.socket", _Answers(credentials))


def test_the_other_end_of_a_pair_is_this_user() -> None:
    """The kernel tells it of a real socket."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert uid_of(ours) == os.geteuid()


def test_another_user_and_nobody_can_tell() -> None:
    """The user is read from its place; no answer, or a short one, is no user."""
    assert uid_of(answering(b"\0\0\0\0" + (4711).to_bytes(4, sys.byteorder) + b"\0" * 68)) == 4711
    assert uid_of(answering(None)) is None
    assert uid_of(answering(b"")) is None
