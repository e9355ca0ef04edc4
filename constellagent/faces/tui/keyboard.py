"""From the outer terminal's bytes to the focused program, or to prompt_toolkit for a part of ours.

What is typed for a program goes to it as soon as it is read: before any frame is drawn, and without
prompt_toolkit's parser, key processor or timers. For prompt_toolkit this is an `Input` like any other, which
only ever gives it the keys that are its own.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, Protocol

from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.input.base import Input
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding.key_processor import KeyPress as ToolkitKey
from prompt_toolkit.keys import Keys

from constellagent.term.cells import Modes
from constellagent.term.keys import (
    Answer,
    Focus,
    KeyPress,
    MouseEvent,
    Paste,
    Typed,
    TypedReader,
    encode_focus,
    encode_key,
    encode_mouse,
    paste,
)
from constellagent.term.keys.mouse import NONE

_CHUNK = 1 << 16
_TURN = 1 << 20
"""Characters read in one turn of the loop, so that an endless paste leaves room for everything else."""
_OLD = Modes()


class Program(Protocol):
    """A program in a tile, as the keyboard sees it."""

    @property
    def modes(self) -> Modes:
        """What it has asked of its terminal by now."""
        ...

    def type(self, data: bytes) -> None:
        """Send it these bytes; must not block, and must not raise."""
        ...


class Spot(NamedTuple):
    """A cell of a tile that is not covered: column and row from 0, and how large the tile is."""

    program: Program
    column: int
    row: int
    columns: int
    rows: int


class Sink(Protocol):
    """Who decides where what is typed goes; all of it is asked anew for each key."""

    def programs(self) -> Sequence[Program]:
        """Return who gets what is typed, the focused one first; nobody while a part of ours has the focus."""
        ...

    def spot(self, column: int, row: int) -> Spot | None:
        """Return what is at a cell of the outer terminal; None where no tile shows a live program."""
        ...

    def command(self, key: str) -> None:
        """Do what this key (`KeyPress.name`) means after the prefix key."""
        ...

    def prefixed(self, pending: bool) -> None:
        """Show that the next key will be a command, or will not any more."""
        ...

    def focus(self, gained: bool) -> None:
        """The outer terminal's window gained or lost the focus; the programs have been told."""
        ...

    def answered(self, answer: str) -> None:
        """The outer terminal answered something that it was asked."""
        ...


class _Grab(NamedTuple):
    """The program in which a mouse button went down, which gets the rest of the drag; where its tile is."""

    program: Program
    left: int
    top: int
    columns: int
    rows: int


def outer_modes(term: str) -> tuple[str, str]:
    """Return what to write to the outer terminal inside its alternate screen, first and before leaving that.

    It asks for keys that cannot be mistaken for each other, and for the focus. Terminals that do not know
    this ignore it, except those without any emulation, which `term` (the variable TERM) tells.
    """
    if term in {"", "dumb", "linux", "vt100", "vt102", "vt220", "cons25"}:
        return "", ""
    return "\x1b[?1004h\x1b[>4;1m\x1b[>5u", "\x1b[<1u\x1b[>4;0m\x1b[?1004l"


class Keyboard(Input):
    """The outer terminal's input: programs first, prompt_toolkit gets what is left.

    Attributes:
        prefix_pending: the prefix key was pressed and the next key is a command.
    """

    def __init__(self, outer: Vt100Input, sink: Sink, prefix: bytes) -> None:
        """`prefix` is one control byte, as `parse_key` returns it."""
        self._outer = outer
        self._sink = sink
        self._prefix = prefix
        self._reader = TypedReader()
        self._left: list[ToolkitKey] = []
        self._parser = Vt100Parser(self._left.append)
        self._timer: asyncio.TimerHandle | None = None
        self._ready: Callable[[], None] | None = None
        self._grab: _Grab | None = None
        self._due: list[tuple[Program, bytes]] = []
        self._acting = False
        self.prefix_pending = False

    def fileno(self) -> int:
        """Return the file that is read."""
        return self._outer.fileno()

    def typeahead_hash(self) -> str:
        """Return what tells this input from others."""
        return self._outer.typeahead_hash()

    @property
    def closed(self) -> bool:
        """The outer terminal is gone."""
        return self._outer.closed

    def raw_mode(self) -> AbstractContextManager[None]:
        """Let every key through as it is, while inside."""
        return self._outer.raw_mode()

    def cooked_mode(self) -> AbstractContextManager[None]:
        """Give the terminal back for a while."""
        return self._outer.cooked_mode()

    def detach(self) -> AbstractContextManager[None]:
        """Read nothing, while inside."""
        return self._outer.detach()

    def attach(self, input_ready_callback: Callable[[], None]) -> AbstractContextManager[None]:
        """Read while inside; `input_ready_callback` is only called when there is something for it."""
        return self._attached(input_ready_callback)

    @contextmanager
    def _attached(self, ready: Callable[[], None]) -> Iterator[None]:
        before, self._ready = self._ready, ready
        try:
            with self._outer.attach(self._readable):
                yield
        finally:
            self._ready = before
            self._stop_timer()

    def read_keys(self) -> list[ToolkitKey]:
        """Read what there is, and return what is for prompt_toolkit of it."""
        if not self._acting:
            self._read()
        return self._take()

    def flush_keys(self) -> list[ToolkitKey]:
        """Return what is for prompt_toolkit and complete; what is not is waited for here, not there."""
        return self._take()

    def _take(self) -> list[ToolkitKey]:
        left = self._left[:]
        self._left.clear()
        return left

    def _readable(self) -> None:
        self._read()
        self._hand_over()

    def _hand_over(self) -> None:
        if (self._left or self.closed) and self._ready is not None:
            self._ready()

    def _read(self) -> None:
        """Read all there is, and send it where it belongs."""
        read = 0
        while read < _TURN:
            text = self._outer.stdin_reader.read(_CHUNK)
            if not text:
                break
            read += len(text)
            self._stop_timer()
            self._dispatch(self._reader.feed(text))
        patience = self._reader.patience
        if patience is not None and self._timer is None and self._ready is not None:
            self._timer = asyncio.get_running_loop().call_later(patience, self._expire)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        """Nothing more came: what is held is complete."""
        self._timer = None
        self._dispatch(self._reader.flush())
        self._hand_over()

    def _act(self) -> None:
        """Have prompt_toolkit act on its keys: whom the next one is for may be other than now."""
        if self._left and not self._acting and self._ready is not None:
            self._acting = True
            try:
                self._ready()
            finally:
                self._acting = False

    def _dispatch(self, found: Sequence[Typed]) -> None:
        for typed in found:
            self._act()
            what = typed.what
            match what:
                case KeyPress():
                    self._key(typed, what)
                case MouseEvent():
                    self._mouse(typed.raw, what)
                case Paste():
                    self._pasted(what.text)
                case Focus():
                    for program in self._sink.programs():
                        self._send(program, encode_focus(what.gained, program.modes))
                    self._sink.focus(what.gained)
                case Answer():
                    self._sink.answered(typed.raw)
                case _:
                    for program in self._sink.programs():
                        self._send(program, _bytes(typed.raw))
        self._flush()

    def _key(self, typed: Typed, press: KeyPress) -> None:
        if press.event == "release" and (self.prefix_pending or self._is_prefix(press)):
            return
        if self.prefix_pending:
            self._set_pending(False)
            if not self._is_prefix(press):
                self._flush()
                self._sink.command(press.name)
                return
        elif self._is_prefix(press):
            self._set_pending(True)
            return
        programs = self._sink.programs()
        for program in programs:
            self._send(program, _for_program(typed.raw, press, program.modes))
        if not programs:
            self._for_toolkit(typed.raw, press)

    def _is_prefix(self, press: KeyPress) -> bool:
        return press.ctrl and not press.alt and not press.super and _old(press) == self._prefix

    def _set_pending(self, pending: bool) -> None:
        self.prefix_pending = pending
        self._sink.prefixed(pending)

    def _for_toolkit(self, raw: str, press: KeyPress) -> None:
        if press.event == "release":
            return
        # Its parser knows the keys that terminals have always had, and no others.
        known = raw if len(raw) < 3 else _old(press).decode("utf-8", "surrogateescape")
        if len(known) < 3 or known in ANSI_SEQUENCES:
            self._parser.feed(known)
            self._parser.flush()

    def _pasted(self, text: str) -> None:
        programs = self._sink.programs()
        for program in programs:
            self._send(program, paste(text, bracketed=program.modes.bracketed_paste))
        if not programs:
            self._left.append(ToolkitKey(Keys.BracketedPaste, text))

    def _mouse(self, raw: str, event: MouseEvent) -> None:
        if self._grab is not None:
            self._dragged(self._grab, event)
            return
        spot = None if event.shift else self._sink.spot(event.column, event.row)
        if spot is not None:
            focused = any(program is spot.program for program in self._sink.programs())
            inside = _moved(event, spot.column, spot.row)
            data = encode_mouse(inside, spot.program.modes)
            if data and (focused or event.wheel):
                self._send(spot.program, data)
                if event.kind == "press" and not event.wheel:
                    left, top = event.column - spot.column, event.row - spot.row
                    self._grab = _Grab(spot.program, left, top, spot.columns, spot.rows)
                return
            if focused and spot.program.modes.mouse != "off" and not event.wheel:
                return  # it wants the mouse, only not this; it is no click on the multiplexer either
        self._left.append(ToolkitKey(Keys.Vt100MouseEvent, raw))

    def _dragged(self, grab: _Grab, event: MouseEvent) -> None:
        column = min(max(event.column - grab.left, 0), grab.columns - 1)
        row = min(max(event.row - grab.top, 0), grab.rows - 1)
        self._send(grab.program, encode_mouse(_moved(event, column, row), grab.program.modes))
        if event.kind == "release" or (event.kind == "move" and event.button == NONE):
            self._grab = None

    def _send(self, program: Program, data: bytes) -> None:
        if not data:
            return
        if self._due and self._due[-1][0] is program:
            self._due[-1] = (program, self._due[-1][1] + data)
        else:
            self._due.append((program, data))

    def _flush(self) -> None:
        due, self._due = self._due, []
        for program, data in due:
            program.type(data)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _old(press: KeyPress) -> bytes:
    return encode_key(press, _OLD)


def _for_program(raw: str, press: KeyPress, modes: Modes) -> bytes:
    """Return the key for a program; as it was typed where both terminals take it the same way."""
    same = not (modes.kitty_flags or modes.modify_other_keys or modes.newline or modes.backarrow)
    return _bytes(raw) if same and len(raw) < 3 else encode_key(press, modes)


def _moved(event: MouseEvent, column: int, row: int) -> MouseEvent:
    return MouseEvent(
        event.kind, event.button, column, row, shift=event.shift, alt=event.alt, ctrl=event.ctrl
    )
