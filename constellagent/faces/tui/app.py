"""`constellagent attach` without a name: puts the multiplexer together and runs it to its end."""

import asyncio
import logging
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from prompt_toolkit.input.vt100 import Vt100Input

from constellagent.errors import ConstellagentError
from constellagent.faces.client import DaemonClient
from constellagent.faces.launching import reach
from constellagent.faces.terminal import Left
from constellagent.faces.tui import commands
from constellagent.faces.tui.ages import Ageing, keep_fresh
from constellagent.faces.tui.application import Window
from constellagent.faces.tui.deck import Deck, View
from constellagent.faces.tui.fleet import LiveFleet
from constellagent.faces.tui.frames import TerminalOutput
from constellagent.faces.tui.multiplexer import Multiplexer
from constellagent.faces.tui.symbols import of_locale
from constellagent.faces.tui.telling import Teller
from constellagent.faces.tui.themes import choose
from constellagent.faces.tui.views.audit import Audit
from constellagent.faces.tui.views.diff import DiffPane
from constellagent.faces.tui.views.events import Events
from constellagent.faces.tui.views.inbox import Inbox
from constellagent.faces.tui.views.plan import Plan
from constellagent.faces.tui.views.schedules import Schedules
from constellagent.faces.tui.zoom import zoom
from constellagent.runtime.control import SessionView
from constellagent.runtime.settings import Settings
from constellagent.runtime.tasks import spawn
from constellagent.term.keys import parse_key

Views = Mapping[str, Callable[[Deck], View]]
VIEWS: Views = {
    "schedules": Schedules,
    "inbox": Inbox,
    "plan": Plan,
    "diff": DiffPane,
    "events": Events,
    "audit": Audit,
}
"""What makes each view, by its name."""


class _Defects(logging.Handler):
    """Says what goes wrong in the background, and keeps it to be shown after the multiplexer's end."""

    def __init__(self, deck: Multiplexer) -> None:
        super().__init__(logging.ERROR)
        self.kept: list[str] = []
        self._deck = deck

    def emit(self, record: logging.LogRecord) -> None:
        """Say it in a line."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self.kept = [*self.kept[-2:], "".join(traceback.format_exception(error))]
        what = f"{type(error).__name__}: {error}" if error is not None else record.getMessage()
        self._deck.say(f"this is a defect, leave to see all of it: {what}", "error")


def run_multiplexer(file: Path | None, settings: Settings) -> int:
    """Show the terminals of a constellation, or of all where `file` is None; returns the exit status.

    Standard input and output must be a terminal; it is given back as it was found.

    Raises:
        UsageError: a setting says what cannot be.
    """
    prefix = parse_key(settings.prefix)
    with asyncio.Runner() as runner:
        multiplexer = _Running(file, settings, prefix)
        runner.run(multiplexer.begin())
        try:
            while True:
                wish = runner.run(multiplexer.show())
                if isinstance(wish, int):
                    return wish
                left = multiplexer.zoom(wish)
                if left is not None and left.signal:
                    return left.exit_code
        finally:
            runner.run(multiplexer.end())


class _Running:
    """The multiplexer from its start to its end; between its parts of `show` the terminal is another's."""

    def __init__(self, file: Path | None, settings: Settings, prefix: bytes) -> None:
        self._file = None if file is None else str(file)
        self._settings = settings
        self._prefix = prefix
        self._symbols = of_locale()
        self._theme = choose(settings.theme, os.environ, settings.screen_background)

    async def begin(self) -> None:
        """Make everything, before anything is shown."""
        paths = self._settings.paths
        control = DaemonClient(paths.control_socket)

        async def start() -> None:
            (await asyncio.to_thread(reach, paths)).close()

        self._fleet = LiveFleet(control, self._file, start)
        self._deck = deck = Multiplexer(
            control, self._fleet, self._settings, self._symbols, self._redraw, self._look_again
        )
        deck.commands = commands.table(deck, deck.dialogs, self._symbols, VIEWS)
        self._defects = _Defects(deck)
        self._window = Window(
            deck,
            Vt100Input(sys.stdin),
            TerminalOutput.from_pty(sys.stdout, term=os.environ.get("TERM")),
            self._theme,
            self._symbols,
            prefix=self._prefix,
        )
        Teller(deck, self._window.write, os.environ, deck.looks_at)

    async def show(self) -> SessionView | int:
        """Have the terminal until the person leaves, or wants a session to have it."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_handled)
        log = logging.getLogger()
        log.addHandler(self._defects)
        ages: list[Ageing] = [self._deck.listed, self._deck.status, self._deck]
        work = [
            spawn(self._fleet.keep(), name="follow the daemon"),
            spawn(keep_fresh(self._deck, ages), name="keep ages fresh"),
        ]
        self._deck.pool.follow()
        try:
            return await self._window.show()
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await self._deck.pool.suspend()
            log.removeHandler(self._defects)

    def zoom(self, session: SessionView) -> Left | None:
        """Let a session have the terminal; returns how it was left, None where it could not be had."""
        agent = self._deck.lineup.current
        file = "" if agent is None else agent.file
        try:
            left = zoom(self._settings.paths.control_socket, file, session, prefix=self._prefix)
        except ConstellagentError as error:
            self._deck.say(str(error), "error")
            return None
        if left.ending is not None:
            self._deck.say(left.words)
        return left

    async def end(self) -> None:
        """Let go of everything."""
        await self._deck.pool.close()
        for text in self._defects.kept:
            sys.stderr.write(text)

    def _redraw(self, whole: bool) -> None:
        window = getattr(self, "_window", None)
        if window is not None:
            window.pacer.changed(whole=whole)

    def _look_again(self, after: float) -> None:
        self._window.pacer.look_again(after)


def _handled(_loop: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
    error = context.get("exception")
    logging.getLogger(__name__).error(
        "%s", context.get("message"), exc_info=error if isinstance(error, BaseException) else None
    )
