"""A program that becomes opencode, and leaves a child behind that tells our hook what its server says.

opencode has no hooks that can be set for one run, but its screen can let the server behind it listen. That
server gets a free port of loopback and a password that nobody else knows. The program itself is exec'd in
this process, so that its terminal, its signals and its exit status are its own. The child needs nothing but
the standard library, holds no terminal, and ends with its parent.

    bridge_program.py HOOK [WORD...] -- PROGRAM [WORD...]
"""

import base64
import contextlib
import json
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

USER = "opencode"
_MOST = 10**12
"""Tokens, or dollars, that an event can speak of; what says more is no count."""
_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
"""Where Linux tells of each connection its ends, its state (0A: it listens) and whose it is."""
LONGEST = 200_000
"""Characters of a prompt that are passed on."""
_PAUSE, _LATER = 0.1, 1.0
"""Seconds between two tries to reach the server: while it starts, and after the first minute."""
_LOOK = 1.0
"""Seconds between two looks whether the parent is still there, while the server says nothing."""
_HEAD, _SILENCE = 3.0, 30.0
"""Seconds that an answer and what follows may take: what asks while the server starts may never get any, and
later it says that it lives every ten seconds."""
_PASSED = (
    "permission.asked",
    "permission.replied",
    "question.asked",
    "question.replied",
    "question.rejected",
)
KNOWN = {
    *_PASSED,
    *("session.created", "session.updated", "session.status", "session.idle", "session.error"),
    *("message.updated", "message.part.updated"),
}
_TYPE = re.compile(rb'"type": ?"([a-z0-9.]+)"')


class Events:
    """Picks out what says something of the state, and says it of the conversation that the person is in.

    A conversation that the agent has begun by itself, for a part of its work, is its parent's: what it asks
    holds up the parent, and its end is not the parent's end.
    """

    def __init__(self) -> None:
        """Nothing has been said."""
        self._parents: dict[str, str] = {}
        self._busy: dict[str, str] = {}
        self._used: dict[str, dict[str, Any]] = {}
        self._prompts: set[str] = set()
        self._failed: set[str] = set()
        self._readers: dict[str, Callable[[str, Mapping[str, Any]], dict[str, Any] | None]] = {
            "session.status": self._status,
            "session.idle": self._idle,
            "session.error": self._error,
            "message.updated": self._message,
            "message.part.updated": self._prompt,
        }

    def take(self, event: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what to tell the hook of an event; None for nothing."""
        kind, said = event.get("type"), event.get("properties")
        if not isinstance(kind, str) or not isinstance(said, dict):
            return None
        session = said.get("sessionID")
        if not isinstance(session, str):
            return None
        if kind in {"session.created", "session.updated"}:
            return self._session(session, _part(said, "info"))
        root = self._root(session)
        if kind in _PASSED:
            return self._told(kind, root, said)
        read = self._readers.get(kind) if root == session else None
        return None if read is None else read(session, said)

    def _root(self, session: str) -> str:
        while session in self._parents:
            session = self._parents[session]
        return session

    def _session(self, session: str, info: Mapping[str, Any]) -> dict[str, Any] | None:
        parent = info.get("parentID")
        if isinstance(parent, str) and self._root(parent) != session:
            self._parents[session] = parent
            return None
        used = _usage(info)
        if not used["input"] or self._used.get(session) == used:
            return None
        self._used[session] = used
        return None if session in self._busy else self._told("session.usage", session, {})

    def _status(self, session: str, said: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return that it works now, or that what it waits for is another thing than before."""
        status = _part(said, "status")
        now = f"{status.get('type')} {status.get('message', '')}"
        if status.get("type") == "idle" or self._busy.get(session) == now:
            return None
        self._busy[session] = now
        self._failed.discard(session)
        return self._told("session.status", session, {"status": status})

    def _idle(self, session: str, said: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return that a turn has ended, unless that it failed has been said already."""
        del said
        self._busy.pop(session, None)
        if session in self._failed:
            self._failed.discard(session)
            return None
        return self._told("session.idle", session, {})

    def _error(self, session: str, said: Mapping[str, Any]) -> dict[str, Any] | None:
        self._failed.add(session)
        return self._told("session.error", session, said)

    def _message(self, session: str, said: Mapping[str, Any]) -> None:
        """Remember which message is a person's: its text comes after it."""
        del session
        info = _part(said, "info")
        if info.get("role") == "user" and isinstance(info.get("id"), str):
            self._prompts.add(info["id"])

    def _prompt(self, session: str, said: Mapping[str, Any]) -> dict[str, Any] | None:
        part = _part(said, "part")
        message, text = str(part.get("messageID")), part.get("text")
        if part.get("type") != "text" or message not in self._prompts or part.get("synthetic"):
            return None
        self._prompts.discard(message)
        return self._told("prompt", session, {"text": str(text)[:LONGEST]})

    def _told(self, kind: str, session: str, said: Mapping[str, Any]) -> dict[str, Any]:
        used = self._used.get(session)
        told = {**said, "sessionID": session}
        return {"type": kind, "properties": {**told, "usage": used} if used else told}


def _part(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = of.get(key)
    return found if isinstance(found, dict) else {}


def _usage(info: Mapping[str, Any]) -> dict[str, Any]:
    tokens = _part(info, "tokens")
    cache = _part(tokens, "cache")
    read = [tokens.get("input"), cache.get("read"), cache.get("write")]
    wrote = [tokens.get("output"), tokens.get("reasoning")]
    cost = info.get("cost")
    return {
        "input": sum(each for each in read if isinstance(each, int) and 0 < each <= _MOST),
        "output": sum(each for each in wrote if isinstance(each, int) and 0 < each <= _MOST),
        "cost": float(cost) if isinstance(cost, int | float) and 0 < cost <= _MOST else None,
    }


def follow(port: int, password: str, hook: list[str], parent: int) -> None:
    """Call the hook for each change that the server tells, until the parent is gone."""
    events, begin = Events(), time.monotonic()
    while os.getppid() == parent:
        try:
            for line in stream(port, password, parent):
                event = parsed(line)
                told = None if event is None else events.take(event)
                if told is not None:
                    call(hook, told)
        except (OSError, ValueError):  # it does not listen yet, or speaks of something else
            pass
        time.sleep(_PAUSE if time.monotonic() - begin < 60 else _LATER)


def parsed(line: bytes) -> dict[str, Any] | None:
    """Return the event of a line of the stream; None for any that says nothing of the state."""
    found = _TYPE.search(line, 0, 200)
    if not line.startswith(b"data:") or found is None or found[1].decode() not in KNOWN:
        return None
    try:
        event = json.loads(line[5:])
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


def stream(port: int, password: str, parent: int) -> Iterator[bytes]:
    """Yield the lines of the server's events until it ends them, or the parent is gone.

    Raises:
        OSError: the server cannot be reached.
        ValueError: it answers with something else, or another user listens there.
    """
    if listeners(port) - {os.getuid()}:  # one that stops to listen after this look is gone, its password too
        raise ValueError("another user's")
    with socket.create_connection(("127.0.0.1", port), timeout=_LOOK) as connection:
        credentials = base64.b64encode(f"{USER}:{password}".encode()).decode()
        connection.sendall(
            f"GET /event HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n"
            f"Authorization: Basic {credentials}\r\nConnection: close\r\n\r\n".encode()
        )
        source = _bytes(connection, parent)
        head, begin = b"", time.monotonic()
        while b"\r\n\r\n" not in head:
            piece = next(source, None)
            late = time.monotonic() - begin > _HEAD
            if piece is None or late or len(head) > 65_536:
                raise ValueError("no answer")
            head += piece
        head, _, rest = head.partition(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise ValueError("refused")
        chunked = re.search(rb"(?im)^transfer-encoding:\s*chunked", head) is not None
        body = unchunked(rest, source) if chunked else _after(rest, source)
        yield from lines(body)


def listeners(port: int) -> set[int]:
    """Return the ids of the users whose programs listen on a port; none where the system does not tell.

    Another user may have taken the port before the server could, and would be told the password of a server
    that does not listen. A program of the same user can take it from the server's environment anyway.
    """
    found = set()
    for table in _TABLES:
        try:
            with open(table, encoding="ascii") as file:  # noqa: PTH123 - pathlib is dear to import
                rows = [row.split()[:8] for row in file]
        except OSError:
            continue
        for _, local, _, state, _, _, _, user in (row for row in rows if len(row) == 8):
            if state == "0A" and local.endswith(f":{port:04X}"):
                found.add(int(user))
    return found


def lines(body: Iterator[bytes]) -> Iterator[bytes]:
    """Yield whole lines of pieces that are cut anywhere."""
    held = bytearray()
    for piece in body:
        held += piece
        *whole, last = held.split(b"\n")
        yield from (bytes(line).rstrip(b"\r") for line in whole)
        held = bytearray(last)


def unchunked(rest: bytes, source: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the bytes of chunks, which are cut anywhere.

    Raises:
        ValueError: these are no chunks.
    """
    held, left = bytearray(rest), 0
    while True:
        while held:
            if left > 2:
                piece = bytes(held[: left - 2])
                del held[: len(piece)]
                left -= len(piece)
                yield piece
            elif left:  # the line end behind a chunk
                cut = min(left, len(held))
                del held[:cut]
                left -= cut
            elif b"\r\n" in held:
                size, _, after = bytes(held).partition(b"\r\n")
                left, held = int(size.split(b";")[0], 16) + 2, bytearray(after)
                if left == 2:
                    return
            elif len(held) > 100:
                raise ValueError("no chunk begins here")
            else:
                break
        more = next(source, None)
        if more is None:
            return
        held += more


def _after(rest: bytes, source: Iterator[bytes]) -> Iterator[bytes]:
    yield rest
    yield from source


def _bytes(connection: socket.socket, parent: int) -> Iterator[bytes]:
    """Yield what comes, and nothing at each look for which nothing has come; ends at a long silence."""
    heard = time.monotonic()
    while os.getppid() == parent and time.monotonic() - heard < _SILENCE:
        try:
            piece = connection.recv(65_536)
        except TimeoutError:
            yield b""
            continue
        if not piece:
            return
        heard = time.monotonic()
        yield piece


def call(hook: list[str], told: Mapping[str, Any]) -> None:
    """Call the hook with an event on its standard input, and wait for it: so events stay in order."""
    read, write = os.pipe()
    try:
        pid = os.posix_spawn(hook[0], hook, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, read, 0)])
    except OSError:  # it is not installed any more: a state that nobody hears of stops nothing
        os.close(read)
        os.close(write)
        return
    os.close(read)
    with contextlib.suppress(OSError), os.fdopen(write, "wb") as pipe:
        pipe.write(json.dumps(told).encode())
    with contextlib.suppress(OSError):
        os.waitpid(pid, 0)


def free_port() -> int:
    """Return a port of loopback that nobody listens on now; until the server does, somebody else may."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def let_go() -> None:
    """Hold nothing of the terminal and of the folder, so that neither waits for this process."""
    for typed in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP):
        signal.signal(typed, signal.SIG_IGN)
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.closerange(3, 256)


def main(argv: list[str]) -> int:
    """Become the program, with a child that follows it; returns only where it cannot be started."""
    cut = argv.index("--")
    hook, words = argv[:cut], argv[cut + 1 :]
    port, password, parent = free_port(), os.urandom(24).hex(), os.getpid()
    if os.fork() == 0:
        try:
            let_go()
            follow(port, password, hook, parent)
        finally:
            os._exit(0)
    env = {**os.environ, "OPENCODE_SERVER_USERNAME": USER, "OPENCODE_SERVER_PASSWORD": password}
    try:
        os.execvpe(words[0], [*words, "--port", str(port)], env)  # noqa: S606 - the words of the file
    except OSError as error:
        sys.stderr.write(f"cannot start {words[0]}: {error.strerror}\n")
        return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
