"""The hook's words, where its payload comes from, and its one exchange with the holder.

It never fails loudly: the agent that calls it is not to be disturbed, whatever is wrong. `--verbose` says on
stderr what became of the report.
"""

import os
import select
import sys
import time
from _socket import AF_UNIX, SOCK_STREAM, socket  # what `socket` adds takes as long as all the rest

from constellagent.runtime.holder import protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STATES = ("starting", "working", "waiting", "done", "failed", "idle", "unknown")
"""Events that are states in one word; `idle` waits for an order, `unknown` takes back what was said."""
AGENTS = ("claude", "codex", "gemini", "opencode", "aider", "copilot")
"""Events that are the name of a program, whose own JSON says what happens."""

_IN_ALL = 0.8
"""Seconds that a report may take; an interpreter has taken some to start by then."""
_PATIENCE = 0.4
"""Seconds of them for the payload to come."""
_MOST = 1 << 22
"""Bytes of a payload that are read."""
_PART = 1 << 16


class NotReportedError(Exception):
    """Nothing was reported; says why, for a person."""


class _Words:
    """What the command line says."""

    __slots__ = ("data", "event", "message", "reason")

    def __init__(self, event: str, data: "str | None", reason: str, message: str) -> None:
        self.event = event
        self.data = data
        self.reason = reason
        self.message = message


def main(words: "Sequence[str] | None" = None) -> int:
    """Report what the words of the command line say, within a second; returns 0 always."""
    given = sys.argv[1:] if words is None else words
    try:
        said = f"reported, as number {report(given, os.environ)}"
    except NotReportedError as error:
        said = f"not reported: {error}"
    except Exception as error:  # noqa: BLE001 - an agent must not be disturbed by a defect of ours
        said = f"not reported, by a defect: {type(error).__name__}: {error}"
    if not {"--verbose", "--debug"}.isdisjoint(given):
        sys.stderr.write(f"{said}\n")
    return 0


def report(given: "Sequence[str]", environ: "Mapping[str, str]") -> int:
    """Report to the session's holder, and return the number that it gave the report.

    Raises:
        NotReportedError: there is no session, the words make no sense, or the holder did not take it.
    """
    begin = time.monotonic()
    place, token = environ.get(protocol.REPORT_SOCKET), environ.get(protocol.REPORT_TOKEN)
    if not place or not token:
        raise NotReportedError("this is no session of constellagent")
    words = _read(given)
    frame = protocol.hook(token, words.event, _payload(words, begin + _PATIENCE))
    try:
        return _send(place, frame, begin + _IN_ALL)
    except (OSError, protocol.ProtocolError) as error:
        raise NotReportedError(f"the session's holder cannot be reached: {error}") from error


def _read(given: "Sequence[str]") -> _Words:
    """Return what the words say; options may come before and after the event.

    Raises:
        NotReportedError: they make no sense.
    """
    values = {"--reason": "", "--message": ""}
    plain: list[str] = []
    rest = iter(given)
    for word in rest:
        name, equals, value = word.partition("=")
        if name in values:
            values[name] = value if equals else next(rest, "")
        elif word.startswith("--") and word not in {"--verbose", "--debug", "--no-color"}:
            raise NotReportedError(f"there is no option {word}")
        elif not word.startswith("--"):
            plain.append(word)
    event = plain[0] if plain else ""
    if event not in STATES and event not in AGENTS:
        raise NotReportedError(f"{event!r} is no event; there are {', '.join(STATES + AGENTS)}")
    data = plain[-1] if len(plain) > 1 else None
    return _Words(event, data, values["--reason"], values["--message"])


def _payload(words: _Words, deadline: float) -> bytes:
    """Return the JSON text that goes with the event: what we were told, or the program's own."""
    if words.event not in STATES:
        told = _piped(deadline) if words.data is None else words.data.encode(errors="replace")
        if len(told) <= protocol.REPORT_DATA:
            return told
    elif not words.reason and not words.message:
        return b"{}"
    from constellagent.runtime.hook_program import payload  # noqa: PLC0415 - it loads json, which is dear

    if words.event in STATES:
        return payload.fit(payload.text({"reason": words.reason, "message": words.message}))
    return payload.fit(told)


def _piped(deadline: float) -> bytes:
    """Return what comes on stdin up to its end or the deadline; nothing where a person would have to type."""
    parts: list[bytes] = []
    size = 0
    try:
        if os.isatty(0):
            return b""
        while size < _MOST and (left := deadline - time.monotonic()) > 0:
            ready, _, _ = select.select([0], (), (), left)
            part = os.read(0, _PART) if ready else b""
            if not part:
                break
            parts.append(part)
            size += len(part)
    except OSError:  # it is closed, or nothing that can be read
        pass
    return b"".join(parts)


def _send(place: str, frame: bytes, deadline: float) -> int:
    """Give the holder a frame and wait until it has it, so that one hook after another stays in order.

    Raises:
        OSError: it cannot be reached, or the deadline passed.
        ProtocolError: it makes no sense.
        NotReportedError: it refuses.
    """
    decoder = protocol.Decoder()
    connection = socket(AF_UNIX, SOCK_STREAM)
    try:
        connection.settimeout(_left(deadline))
        connection.connect(place)
        connection.settimeout(_left(deadline))
        connection.sendall(frame)
        while True:
            connection.settimeout(_left(deadline))
            data = connection.recv(_PART)
            if not data:
                raise NotReportedError("the session's holder hung up")
            for kind, payload in decoder.feed(data):
                if kind == protocol.TAKEN:
                    return protocol.parse_taken(payload)
                if kind == protocol.ERROR:
                    raise NotReportedError(payload.decode(errors="replace"))
    finally:
        connection.close()


def _left(deadline: float) -> float:
    """Return the seconds until then, a moment at least: none at all would mean not to wait."""
    return max(0.001, deadline - time.monotonic())
