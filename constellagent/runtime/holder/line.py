"""The line between a person's terminal and a holder: `attach`'s side of the protocol, without an event loop.

Where the holder grants it, neither end stands in the way of the other: keys are written to the session's pty
from here, and output to the terminal from there. Otherwise both go through the socket as frames. Nothing here
waits, except for the answers to a greeting, a join and a detach, and those only for a while.
"""

import contextlib
import os
import select
import socket as sockets
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Self

from constellagent.errors import UnavailableError
from constellagent.runtime.holder import passing, protocol

_CHUNK = 1 << 16
_ANSWER = 5.0
_FAREWELL = 1.0
"""Seconds for a holder to let go of the terminal; one that hangs must not keep a person in it."""
_UNSENT = 1 << 20
"""Bytes of keys that wait for the program, or for the holder."""
_TELL_EVERY = 1.0
"""Seconds between two words to the holder that keys are written past it."""
_FIRST_WITH_DIRECT = 2
_FIRST_WITH_ANSWERS = 3

Frame = tuple[int, bytes]
Take = Callable[[int, bytes], None]


class Line:
    """One connection to a holder.

    Attributes:
        session: the session's status when it was greeted.
        direct: the holder writes to the terminal itself.
    """

    def __init__(self, connection: sockets.socket) -> None:
        self._connection = connection
        self._decoder = protocol.Decoder()
        self._unsent = bytearray()
        self._master: int | None = None
        self._keys = bytearray()
        self._aside = False
        self._tell_at = 0.0
        self.session: dict[str, Any] = {}
        self.direct = False

    @classmethod
    def open(cls, path: Path) -> Self:
        """Connect and greet.

        Raises:
            UnavailableError: there is no holder, or it does not answer.
        """
        connection = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
        try:
            connection.connect(os.fspath(path))
        except OSError as error:
            connection.close()
            raise UnavailableError(
                "the session's holder cannot be reached",
                hint="`constellagent status` shows whether it still runs",
            ) from error
        connection.setblocking(False)
        line = cls(connection)
        try:
            line.session = line._greet()
        except BaseException:
            connection.close()
            raise
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
        if self._master is not None:
            os.close(self._master)
            self._master = None

    def fileno(self) -> int:
        """Return what becomes readable when there are frames to receive."""
        return self._connection.fileno()

    def join(self, offset: int, terminal: int, *, view: bool, take: Take) -> None:
        """Ask for output from `offset` on, shown on `terminal` by the holder itself if that can be.

        `take` gets the frames that come before the answer.

        Raises:
            UnavailableError: the holder does not answer. That it has gone is left to `receive` to say.
        """
        screen = None if view else self._reopened(terminal)
        if screen is None:
            self._send(protocol.attach(offset, protocol.VIEW if view else 0))
            return
        try:
            if passing.send(self._connection, protocol.attach(offset, protocol.DIRECT), screen):
                self.direct = True  # it may write from now on, whether or not its answer is read
                answer = self._answer(protocol.JOINED, take, _ANSWER)
                self.direct = answer is not None and protocol.parse_joined(answer)
            else:
                self._send(protocol.attach(offset))
        except protocol.ProtocolError as error:
            raise UnavailableError(f"the session's holder makes no sense: {error}") from error
        finally:
            os.close(screen)

    def receive(self) -> list[Frame] | None:
        """Return the frames that have come in, None where the holder has gone."""
        try:
            if self._master is not None:
                data = self._connection.recv(_CHUNK)
            else:
                data, self._master = passing.receive(self._connection, _CHUNK)
            return self._decoder.feed(data) if data else None
        except (BlockingIOError, InterruptedError):
            return []
        except (OSError, protocol.ProtocolError):
            return None

    @property
    def settled(self) -> bool:
        """Keys go straight to the program: nothing waits, and the holder need not hear of them."""
        return self._master is not None and not (self._keys or self._unsent or self._aside)

    def type(self, keys: bytes | bytearray) -> int:
        """Write keys straight to the program, where that is `settled`; returns how many it took."""
        assert self._master is not None
        try:
            taken = os.write(self._master, keys)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            return len(keys)  # nobody will ever read it
        if (now := time.monotonic()) >= self._tell_at:
            self._tell_at = now + _TELL_EVERY
            if self._speaks(_FIRST_WITH_ANSWERS):
                self._send(protocol.frame(protocol.TYPED))
        return taken

    def press(self, keys: bytes) -> bool:
        """Give keys to the program; False, and nothing is given, where too much waits for it already."""
        if self._master is None:
            self._send(protocol.frame(protocol.INPUT, keys))
            return True
        if self._keys:
            if len(self._keys) + len(keys) > _UNSENT:
                return False
            self._keys += keys
        else:
            taken = self.type(keys)
            if taken < len(keys):
                self._keys += keys[taken:]
        if self._aside:
            self._aside = False
            self._send(protocol.frame(protocol.INPUT))
        return True

    def resize(self, rows: int, columns: int) -> None:
        """Tell the terminal's size."""
        self._send(protocol.resize(rows, columns))
        self._aside = False

    def ask(self) -> None:
        """Ask for the session's status, which comes as a frame, if it says who answers questions."""
        if self._speaks(_FIRST_WITH_ANSWERS):
            self._send(protocol.frame(protocol.STATUS))

    @property
    def full(self) -> bool:
        """So much waits for the holder that no more keys should be read."""
        return len(self._unsent) >= _UNSENT

    def waiting(self) -> list[int]:
        """Return the descriptors that must take more for `flush` to make sense."""
        found = [self._connection.fileno()] if self._unsent else []
        if self._keys and self._master is not None:
            found.append(self._master)
        return found

    def flush(self) -> None:
        """Send what waits, as far as it is taken."""
        if self._unsent:
            del self._unsent[: self._put(self._unsent)]
        if self._keys:
            del self._keys[: self.type(self._keys)]

    def aside(self) -> None:
        """Take note that another viewer decides the size, until something is pressed here."""
        self._aside = True

    def leave(self, take: Take) -> bool:
        """Have the holder let go of the terminal; True once it has, False where it does not answer.

        What the program has not read of the keys is left to the holder. `take` gets the frames that come
        before the answer, and the answer.
        """
        self.direct = False
        while self._keys:
            self._send(protocol.frame(protocol.INPUT, bytes(self._keys[:_CHUNK])))
            del self._keys[:_CHUNK]
        self._send(protocol.frame(protocol.DETACH))
        try:
            answer = self._answer(protocol.DETACHED, take, _FAREWELL)
        except UnavailableError:
            return False
        if answer is not None:
            take(protocol.DETACHED, answer)
        return answer is not None

    def _greet(self) -> dict[str, Any]:
        refused: list[str] = []
        self._send(protocol.hello())
        welcome = self._answer(protocol.WELCOME, partial(_note_refusal, refused), _ANSWER)
        if welcome is None:
            reason = " ".join(refused) or "the session's holder closed the connection, or is none"
            raise UnavailableError(reason)
        try:
            status = protocol.parse_report(welcome)
        except protocol.ProtocolError as error:
            raise UnavailableError(f"the session's holder makes no sense: {error}") from error
        if reason := protocol.refusal(status):
            raise UnavailableError(reason, hint="upgrade constellagent; the session goes on meanwhile")
        return status

    def _speaks(self, wanted: int) -> bool:
        version = self.session.get("protocol")
        return isinstance(version, int) and version >= wanted

    def _reopened(self, terminal: int) -> int | None:
        """Open the terminal anew, so that its being non-blocking is nobody else's; None where that fails."""
        if not self._speaks(_FIRST_WITH_DIRECT) or not passing.same_user(self._connection):
            return None
        with contextlib.suppress(OSError):
            flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            opened = os.open(os.ttyname(terminal), flags)
            if os.fstat(opened).st_rdev == os.fstat(terminal).st_rdev:
                return opened
            os.close(opened)
        return None

    def _answer(self, kind: int, take: Take, within: float) -> bytes | None:
        """Return the payload of the next frame of this kind, None where the holder has gone.

        Raises:
            UnavailableError: nothing of the kind came in time.
        """
        deadline = time.monotonic() + within
        while (left := deadline - time.monotonic()) > 0:
            ready, writable, _ = select.select([self], [self] if self._unsent else (), (), left)
            if writable:
                self.flush()
            frames = self.receive() if ready else []
            if frames is None:
                return None
            answer = None
            for got, payload in frames:
                if got == kind:
                    answer = payload
                else:
                    take(got, payload)
            if answer is not None:
                return answer
        raise UnavailableError(f"the session's holder does not answer within {within:g} s")

    def _send(self, frame: bytes) -> None:
        if not self._unsent:
            frame = frame[self._put(frame) :]
        self._unsent += frame

    def _put(self, data: bytes | bytearray) -> int:
        try:
            return self._connection.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            return len(data)  # the holder has gone; reading will tell


def _note_refusal(refused: list[str], kind: int, payload: bytes) -> None:
    """Take a frame that comes before the welcome; only why there will be none means anything yet."""
    if kind == protocol.ERROR:
        refused.append(payload.decode(errors="replace"))
