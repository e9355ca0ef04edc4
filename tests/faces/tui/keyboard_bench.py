"""A keyboard on a pipe, with programs and a sink that keep what they get."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.keys import Keys

from constellagent.faces.tui.keyboard import Keyboard, Program, Spot
from constellagent.term.cells import Modes

PREFIX = b"\x1d"


@dataclass
class FakeProgram:
    """A program that keeps what it is sent: a stand-in for a tile, which needs a session behind it."""

    modes: Modes = field(default_factory=Modes)
    got: list[bytes] = field(default_factory=list)
    at: float = 0.0

    def type(self, data: bytes) -> None:
        """Keep it, and when it came."""
        self.at = time.perf_counter()
        self.got.append(data)

    @property
    def data(self) -> bytes:
        """All that came."""
        return b"".join(self.got)


@dataclass
class FakeSink:
    """Says what the test wants of it, and keeps what it is told."""

    focused: list[Program] = field(default_factory=list)
    spots: dict[tuple[int, int], Spot] = field(default_factory=dict)
    told: list[object] = field(default_factory=list)

    def programs(self) -> Sequence[Program]:
        """Return those in focus."""
        return self.focused

    def spot(self, column: int, row: int) -> Spot | None:
        """Return what the test put there."""
        return self.spots.get((column, row))

    def command(self, key: str) -> None:
        """Keep it; `x` takes the focus to our own part."""
        self.told.append(("command", key))
        if key == "x":
            self.focused = []

    def prefixed(self, pending: bool) -> None:
        """Keep it."""
        self.told.append(("prefixed", pending))

    def focus(self, gained: bool) -> None:
        """Keep it."""
        self.told.append(("focus", gained))

    def answered(self, answer: str) -> None:
        """Keep it."""
        self.told.append(("answered", answer))


@dataclass
class Bench:
    """A keyboard on a pipe, without an application."""

    pipe: PipeInput
    keyboard: Keyboard
    sink: FakeSink
    program: FakeProgram
    left: list[tuple[str, str]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def ready(self) -> None:
        """Take what is left for prompt_toolkit."""
        for press in [*self.keyboard.read_keys(), *self.keyboard.flush_keys()]:
            self.left.append((press.key.value if isinstance(press.key, Keys) else press.key, press.data))
        self.arrived.set()

    async def type(self, data: str | bytes) -> None:
        """Send it from the outer terminal, and let the loop turn until it was read."""
        self.pipe.send_bytes(data.encode() if isinstance(data, str) else data)
        for _ in range(3):
            await asyncio.sleep(0)

    @property
    def keys(self) -> list[str]:
        """The keys that were left for prompt_toolkit."""
        return [key for key, _ in self.left]


@asynccontextmanager
async def bench(modes: Modes | None = None, *, chrome: bool = False) -> AsyncIterator[Bench]:
    """Yield a keyboard that reads a pipe; a program with these modes has the focus unless `chrome` has."""
    with create_pipe_input() as pipe:
        assert isinstance(pipe, Vt100Input)
        program = FakeProgram(modes or Modes())
        sink = FakeSink([] if chrome else [program])
        found = Bench(pipe, Keyboard(pipe, sink, PREFIX), sink, program)
        with found.keyboard.attach(found.ready):
            yield found
