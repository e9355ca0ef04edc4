"""What is sent to those who stay, encoded once for all of them, and the marks by which they come back."""

import json
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from constellagent.runtime.control import AgentView, ConstellationView
from constellagent.runtime.live_views import EventView

MOST_KEPT = 1000
"""Frames that are kept for who comes back."""
MOST_BYTES = 4 << 20
"""Bytes of frames that are kept for who comes back."""

Kind = Literal["views", "agents", "event"]


class ConstellationRow(ConstellationView):
    """A constellation with its id, by which paths of the API name it."""

    id: str


class LiveFrame(TypedDict, total=False):
    """One message to who watches, with exactly one of `views`, `agents` and `event`.

    `views` is every constellation in full: the first message, and whenever agents come or go. `agents` are
    those that changed since, by the constellation's file. `event`: something happened. `id` is the mark to
    come back with (`Last-Event-ID`, `since`); messages without it, as events of before, leave it as it is.
    With `fresh` nothing that was known before counts; with `stale` some frames were left out, because the
    reader was too slow for them.
    """

    id: str
    fresh: bool
    stale: bool
    views: list[ConstellationRow]
    agents: dict[str, list[AgentView]]
    event: EventView


@dataclass(frozen=True, slots=True)
class Frame:
    """One message, before it is addressed.

    Attributes:
        number: its place among all; 0 for none.
        kind: which key it has.
        value: what is under that key.
        data: the whole message in JSON, on one line of ASCII.
    """

    number: int
    kind: Kind
    value: Any
    data: bytes


def encode(value: object) -> bytes:
    """Return JSON in ASCII, so that odd bytes in a path survive as lone surrogates."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


class Marks:
    """The frames of this daemon's life as far as they are kept, and their marks.

    A mark names this life, so that one of another daemon is never taken for a place here.
    """

    def __init__(self) -> None:
        self._life = secrets.token_hex(4)
        self._kept: deque[Frame] = deque()
        self._bytes = 0
        self.number = 0
        """Of the newest frame."""

    def mark(self, number: int) -> str:
        """Return the mark of a frame."""
        return f"{self._life}-{number}"

    def frame(self, kind: Kind, value: object, number: int, **more: bool) -> Frame:
        """Return a frame of that number, which is not kept, as is sent to one viewer alone."""
        message: Mapping[str, object] = {"id": self.mark(number), **more, kind: value}
        return Frame(number, kind, value, encode(message))

    def add(self, kind: Kind, value: object) -> Frame:
        """Return the next frame, which is kept."""
        self.number += 1
        frame = self.frame(kind, value, self.number)
        self._kept.append(frame)
        self._bytes += len(frame.data)
        while len(self._kept) > MOST_KEPT or (self._bytes > MOST_BYTES and len(self._kept) > 1):
            self._bytes -= len(self._kept.popleft().data)
        return frame

    def since(self, mark: str) -> list[Frame] | None:
        """Return the frames after a mark; None where it is none of ours, or too old for what is kept."""
        life, _, number = mark.partition("-")
        if life != self._life or not (number.isascii() and number.isdigit()) or len(number) > 18:
            return None
        place = int(number)
        first = self._kept[0].number if self._kept else self.number + 1
        if place > self.number or place < first - 1:
            return None
        return [frame for frame in self._kept if frame.number > place]
