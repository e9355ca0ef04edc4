"""What lies on disk of a session's reports: those that its holder kept, and how far daemons have come."""

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from constellagent.agents.kind import State
from constellagent.failpoints import around
from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.holder.reports import FOLDER
from constellagent.runtime.holder.stream import Reported
from constellagent.runtime.points import Point

_NAME = "heard"
_PART = 1 << 18
_LARGEST = 1 << 16
_STATES = frozenset({"starting", "working", "waiting", "done", "failed", "exited"})


@dataclass(frozen=True, slots=True)
class Told:
    """The state that hooks told last.

    Attributes:
        at: when it was told last, epoch seconds.
        since: when it was told first, without another one in between.
        state: in one word.
        reason: more exactly.
        message: for a person.
    """

    at: float
    since: float
    state: State
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far daemons have come in the reports of a session.

    Attributes:
        number: of the last report that was told, 0 for none.
        told: the state that still counts, None where none does.
        lag: how many of the last ones are to be told again to who listens: what follows from one of them was
            not written down yet.
    """

    number: int = 0
    told: Told | None = None
    lag: int = 0


def after(folder: Path, number: int) -> list[Reported]:
    """Return the reports of the session in `folder` that are kept and came after that one, in their order.

    Raises:
        OSError: they cannot be read.
    """
    log = LogReader(folder / FOLDER)
    decoder, place = protocol.Decoder(), 0
    found: list[Reported] = []
    while True:
        start, data = log.read(place, _PART)
        if not data:
            return found
        if start != place:
            decoder = protocol.Decoder()  # older ones were dropped, or the disk did not take some
        place = start + len(data)
        try:
            for kind, payload in decoder.feed(data):
                if kind == protocol.REPORTED:
                    report = Reported.parse(payload)
                    number, known = max(number, report.number), number
                    if report.number > known:
                        found.append(report)
        except protocol.ProtocolError:
            decoder = protocol.Decoder()  # damaged by a crash of the machine: what follows may be whole


def read_progress(folder: Path) -> Progress:
    """Return what was written last; that of a session that reported nothing where it makes no sense.

    Raises:
        OSError: it is there and cannot be read.
    """
    try:
        with os.fdopen(os.open(folder / _NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            value = json.loads(file.read(_LARGEST))
        number, told, lag = value["number"], value["told"], value.get("lag", 0)
        if type(number) is not int or type(lag) is not int or not 0 <= lag <= number:
            return Progress()
        return Progress(number, None if told is None else _told(told), lag)
    except FileNotFoundError:
        return Progress()
    except (ValueError, RecursionError, KeyError, TypeError, OverflowError):
        return Progress()


@around(Point.REPORT_PROGRESS)
def write_progress(folder: Path, progress: Progress) -> None:
    """Replace what was written before; private to this user.

    Raises:
        OSError: it cannot be written; what was there stays.
    """
    fresh = folder / f"{_NAME}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(fresh, flags, 0o600), "wb") as file:
            file.write(json.dumps(asdict(progress)).encode())
        fresh.replace(folder / _NAME)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise


def _told(value: Mapping[str, Any]) -> Told | None:
    """Return a state that was written, None for one that another release may have written."""
    words = (value["state"], value["reason"], value["message"])
    if value["state"] not in _STATES or not all(isinstance(word, str) for word in words):
        return None
    return Told(float(value["at"]), float(value["since"]), cast(State, words[0]), words[1], words[2])
