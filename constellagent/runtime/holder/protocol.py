"""The wire between a holder and those who look at its session: frames over a unix socket.

A frame is one type byte, the payload's length as four bytes, and the payload; numbers are big-endian. The
same bytes are carried to other nodes. The holder runs this module too, so it imports nothing dear.
Unknown types are skipped, so that a newer peer may say more.
"""

import math
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 4
"""1 knows nothing of DIRECT, and never answers it; 2 nothing of ANSWERS, SIZED and TYPED; 3 not of HOOK."""
OLDEST = 1
"""The oldest version that is still spoken with; whoever is older is refused in words. Raised with a reason
only: sessions live long, and their holders with them."""
MAX_PAYLOAD = 1 << 20

# from a client
HELLO = 1
ATTACH = 2
INPUT = 3
RESIZE = 4
SIGNAL = 5
STOP = 6
DETACH = 8
# from who reports what a program does: needs no HELLO, and is answered by TAKEN
HOOK = 9
# both ways: the question is empty, the answer a JSON object
STATUS = 7
# both ways: somebody types. From who writes keys to the pty itself; to those who answer for the terminal
TYPED = 75
# from the holder
WELCOME = 65
OUTPUT = 66
RESYNC = 67
EXIT = 68
ERROR = 69
JOINED = 70
WRITTEN = 71
DETACHED = 72
ASIDE = 73
SIZED = 74
REPORTED = 76
TAKEN = 77

REPORT_SOCKET = "CONSTELLAGENT_REPORT"
"""The variable that tells a session's programs where its holder listens."""
REPORT_TOKEN = "CONSTELLAGENT_REPORT_TOKEN"  # noqa: S105 - the name of a variable
"""The variable with the token that HOOK must bring."""
REPORT_DATA = 1 << 18
"""Bytes that a report may tell; what is longer is cut."""

VIEW = 1
"""Flag of ATTACH: only looks; takes no part in the size, and its input is refused."""
EVERY = 2
"""Flag of ATTACH: wants every byte the log still has, however late; others skip ahead when too far behind."""
DIRECT = 4
"""Flag of ATTACH: the viewer's terminal comes with this frame, opened anew, for the holder to write to.

The answer is JOINED. If it grants that, the pty's master comes with it for the viewer's keys; there is no
OUTPUT then, but WRITTEN now and then, before each RESYNC and before EXIT. After DETACHED, the answer to
DETACH, nothing more is written. ASIDE says that another viewer decides the size now; INPUT of nothing takes
it back.
"""
ANSWERS = 8
"""Flag of ATTACH: this viewer answers what the program asks its terminal (where is the cursor, what are you).

While there is one, terminals that the holder writes to get output without such questions, so that nothing
answers twice. Each viewer is told the pty's size by SIZED, first and whenever it changes, in its place
between OUTPUT; DIRECT viewers are not.
"""

_HEADER = struct.Struct("!BI")
_OFFSET = struct.Struct("!Q")
_ATTACH = struct.Struct("!BBQ")
_SIZE = struct.Struct("!HH")
_SHORT = struct.Struct("!H")
_MILLISECONDS = struct.Struct("!I")
_REPORTED = struct.Struct("!QdQ")
_NUMBER = struct.Struct("!Q")
_LEARNT = (
    (2, "write to an attached terminal by itself: keys and output take the longer way"),
    (3, "tell sizes and typing, so a terminal that is attached answers the program's questions"),
    (4, "take reports of coding agents, whose state is read from their terminals alone"),
)
_WORDS = 255
"""Bytes that a token or the name of an event has at most."""


class ProtocolError(ValueError):
    """The peer sent what is no frame of this protocol; the connection is of no more use."""


class Decoder:
    """Cuts a stream into frames, however it is chunked. Holds at most one unfinished frame."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def pending(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take the next bytes and return the frames they complete, as (type, payload).

        Raises:
            ProtocolError: a frame announces more than `MAX_PAYLOAD` bytes.
        """
        buffer = self._buffer
        buffer += data
        frames = []
        at = 0
        while len(buffer) - at >= _HEADER.size:
            kind, length = _HEADER.unpack_from(buffer, at)
            if length > MAX_PAYLOAD:
                buffer.clear()
                raise ProtocolError(f"a frame of {length} bytes is longer than {MAX_PAYLOAD}")
            end = at + _HEADER.size + length
            if end > len(buffer):
                break
            frames.append((kind, bytes(buffer[at + _HEADER.size : end])))
            at = end
        del buffer[:at]
        return frames


def frame(kind: int, payload: bytes = b"") -> bytes:
    """Return one frame; `payload` must not be longer than `MAX_PAYLOAD`."""
    if len(payload) > MAX_PAYLOAD:
        raise ProtocolError(f"a payload of {len(payload)} bytes is longer than {MAX_PAYLOAD}")
    return _HEADER.pack(kind, len(payload)) + payload


def hello(version: int = VERSION) -> bytes:
    """Say which version the client speaks; must come first."""
    return frame(HELLO, _SHORT.pack(version))


def attach(offset: int, flags: int = 0) -> bytes:
    """Ask for output from an offset of the log on."""
    return frame(ATTACH, _ATTACH.pack(flags, 0, offset))


def attach_tail(count: int, flags: int = 0) -> bytes:
    """Ask for the last `count` bytes of output and what follows; 0 is live only."""
    return frame(ATTACH, _ATTACH.pack(flags, 1, count))


def resize(rows: int, columns: int) -> bytes:
    """Tell the size of the viewer's terminal."""
    return frame(RESIZE, _SIZE.pack(rows, columns))


def signal(number: int) -> bytes:
    """Ask for a signal to the session's main process group."""
    return frame(SIGNAL, bytes([number]))


def stop(grace: float) -> bytes:
    """Ask for the end of the session: SIGTERM, `grace` seconds, SIGKILL."""
    return frame(STOP, _MILLISECONDS.pack(min(int(grace * 1000), 0xFFFFFFFF)))


def output(offset: int, data: bytes) -> bytes:
    """Carry output that starts at `offset` of the log."""
    return _HEADER.pack(OUTPUT, _OFFSET.size + len(data)) + _OFFSET.pack(offset) + data


def resync(offset: int) -> bytes:
    """Say that output before `offset` is not sent: it is gone, or the viewer was too slow."""
    return frame(RESYNC, _OFFSET.pack(offset))


def joined(*, granted: bool) -> bytes:
    """Answer DIRECT."""
    return frame(JOINED, bytes([granted]))


def written(offset: int, kind: int = WRITTEN) -> bytes:
    """Say how far output was written to the viewer's terminal: WRITTEN, or DETACHED where it ends there."""
    return frame(kind, _OFFSET.pack(offset))


def sized(offset: int, rows: int, columns: int) -> bytes:
    """Say that the pty has this size for the output from `offset` on."""
    return frame(SIZED, _OFFSET.pack(offset) + _SIZE.pack(rows, columns))


def report(kind: int, value: dict[str, object]) -> bytes:
    """Carry a JSON object."""
    import json  # noqa: PLC0415 - hooks load this module often, and never need it

    return frame(kind, json.dumps(value, separators=(",", ":")).encode())


def error(text: str) -> bytes:
    """Tell the client what was refused, in words."""
    return frame(ERROR, text.encode()[:MAX_PAYLOAD])


def hook(token: str, event: str, data: bytes) -> bytes:
    """Report an event of the session's program, with the JSON text that tells more of it."""
    words = (token.encode(errors="replace")[:_WORDS], event.encode(errors="replace")[:_WORDS])
    return frame(HOOK, b"\0".join((*(word.replace(b"\0", b"") for word in words), data[:REPORT_DATA])))


def reported(number: int, at: float, offset: int, event: bytes, data: bytes) -> bytes:
    """Pass a report on: the how-many-th it is, epoch seconds, where output was then, and what it says."""
    return frame(REPORTED, _REPORTED.pack(number, at, offset) + event + b"\0" + data)


def taken(number: int) -> bytes:
    """Say that a report is kept, as the how-many-th."""
    return frame(TAKEN, _NUMBER.pack(number))


def parse_hello(payload: bytes) -> int:
    """Return the version.

    Raises:
        ProtocolError: it is none, or so old that it is not spoken any more.
    """
    version = int(_unpack(_SHORT, payload)[0])
    if version < OLDEST:
        raise ProtocolError(
            f"this session speaks protocol {OLDEST} to {VERSION}, and {version} is too old: "
            "upgrade constellagent"
        )
    return version


def refusal(status: "Mapping[str, object]") -> str:
    """Return why a holder that greets with this status cannot be spoken with, empty where it can.

    An older one always can: it never sends what is newer, and skips what it does not know.
    """
    oldest = status.get("protocol_from")
    if not isinstance(oldest, int) or oldest <= VERSION:
        return ""
    return (
        f"the session's holder is of a newer release: it speaks protocol {oldest} or newer, "
        f"and this constellagent {VERSION}"
    )


def lacking(version: int) -> list[str]:
    """Return in words what a holder of this version cannot do."""
    return [what for known, what in _LEARNT if version < known]


def parse_attach(payload: bytes) -> tuple[int, bool, int]:
    """Return the flags, whether the number counts from the end, and the number."""
    flags, tail, value = _unpack(_ATTACH, payload)
    return flags, bool(tail), value


def parse_resize(payload: bytes) -> tuple[int, int]:
    """Return rows and columns, each at least 1."""
    rows, columns = _unpack(_SIZE, payload)
    if not rows or not columns:
        raise ProtocolError("a terminal has at least one row and one column")
    return rows, columns


def parse_signal(payload: bytes) -> int:
    """Return the signal's number."""
    if len(payload) != 1 or not 1 <= payload[0] <= 64:
        raise ProtocolError("a signal is one byte from 1 to 64")
    return payload[0]


def parse_stop(payload: bytes) -> float:
    """Return the grace in seconds."""
    return float(_unpack(_MILLISECONDS, payload)[0]) / 1000


def parse_output(payload: bytes) -> tuple[int, bytes]:
    """Return where the output starts in the log, and the output."""
    if len(payload) < _OFFSET.size:
        raise ProtocolError("output without its offset")
    return _OFFSET.unpack_from(payload)[0], payload[_OFFSET.size :]


def parse_resync(payload: bytes) -> int:
    """Return the offset at which output goes on."""
    return int(_unpack(_OFFSET, payload)[0])


def parse_joined(payload: bytes) -> bool:
    """Return whether DIRECT is granted."""
    if len(payload) != 1:
        raise ProtocolError("an answer to DIRECT is one byte")
    return bool(payload[0])


def parse_written(payload: bytes) -> int:
    """Return the offset up to which output was written."""
    return int(_unpack(_OFFSET, payload)[0])


def parse_sized(payload: bytes) -> tuple[int, int, int]:
    """Return the offset, and rows and columns from there on."""
    if len(payload) != _OFFSET.size + _SIZE.size:
        raise ProtocolError("a size is an offset, rows and columns")
    return _OFFSET.unpack_from(payload)[0], *_SIZE.unpack_from(payload, _OFFSET.size)


def parse_hook(payload: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the token, the event, and as much of the data as is kept."""
    parts = payload.split(b"\0", 2)
    if len(parts) != 3 or max(len(parts[0]), len(parts[1])) > _WORDS:
        raise ProtocolError("a report is a token, an event and data")
    return parts[0], parts[1], parts[2][:REPORT_DATA]


def parse_reported(payload: bytes) -> tuple[int, float, int, bytes, bytes]:
    """Return number, time, offset of output, event and data."""
    if len(payload) < _REPORTED.size:
        raise ProtocolError("a report without its number")
    event, separator, data = payload[_REPORTED.size :].partition(b"\0")
    number, at, offset = _REPORTED.unpack_from(payload)
    if not separator or not number or not 0 <= at < math.inf:
        raise ProtocolError("a report without its event, number or time")
    return number, at, offset, event, data


def parse_taken(payload: bytes) -> int:
    """Return the report's number."""
    return int(_unpack(_NUMBER, payload)[0])


def parse_report(payload: bytes) -> dict[str, object]:
    """Return the JSON object."""
    import json  # noqa: PLC0415 - see `report`

    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as broken:
        raise ProtocolError("a report is not JSON") from broken
    if not isinstance(value, dict):
        raise ProtocolError("a report is not a JSON object")
    return value


def _unpack(shape: struct.Struct, payload: bytes) -> tuple[int, ...]:
    try:
        return shape.unpack(payload)
    except struct.error as broken:
        raise ProtocolError(f"a payload of {len(payload)} bytes where {shape.size} belong") from broken
