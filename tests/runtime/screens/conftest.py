"""A registry of real sessions with screens that follow them, to lose as a killed daemon loses both."""

import asyncio
import base64
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from constellagent.runtime.clock import SystemClock
from constellagent.runtime.reports import Reports
from constellagent.runtime.screen_views import ScreenRequest, ScreenView
from constellagent.runtime.screens import Screens
from constellagent.runtime.screens.following import Following
from constellagent.runtime.screens.terminal import Terminal
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.conversations import ConversationRows
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.sessions import SessionRow, SessionRows
from constellagent.term.activity import Activity, Signs
from tests.fake_keys import FakeSessionKeys
from tests.runtime.sessions_rig import Rig, until

PYTHON = (sys.executable, "-I", "-S", "-c")
RAW = "import sys, tty, os, time; tty.setraw(0); "


def text_of(view: ScreenView) -> str:
    """Return what a view carries, as text."""
    return base64.b64decode(view["data"]).decode()


@dataclass
class Gallery:
    """Real sessions and their screens.

    Attributes:
        changes: what was told of the sessions' activities: subject, state before, state after.
        signs_of: what finds the signs of a session; None for the common ones.
    """

    rig: Rig
    settings: Settings
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    signs_of: Callable[[SessionRow], Awaitable[Signs]] | None = None
    screens: Screens = field(init=False)
    reports: Reports = field(init=False)

    def open(self, settings: Settings | None = None) -> None:
        """Begin with screens of no sessions, as a daemon does."""

        def changed(row: SessionRow, now: Activity, before: Activity) -> None:
            self.changes.append((row.subject, before.state, now.state))

        self.reports = Reports(self.settings.paths, ConversationRows(self.rig.database))
        more = (self.signs_of,) if self.signs_of is not None else ()
        self.screens = Screens(settings or self.settings, SystemClock(), changed, self.reports, *more)
        rig = self.rig

        async def ended(row: SessionRow) -> None:
            await self.screens.ended(row)
            rig.ends.append(row)

        rig.registry = SessionRegistry(
            rig.rows, self.settings, SystemClock(), rig.keys, ended, self.screens.started
        )

    async def start(self, *argv: str, **changes: Any) -> SessionRow:
        """Start a session."""
        return await self.rig.start(*argv, **changes)

    async def python(self, script: str, **changes: Any) -> SessionRow:
        """Start a session that runs a Python script."""
        return await self.start(*PYTHON, script, **changes)

    async def next_daemon(self, *, killed: bool = True) -> None:
        """Lose registry and screens, without a word where the daemon is `killed`, and adopt with new ones."""
        await self.leave(killed=killed)
        self.open()
        await self.rig.registry.adopt()
        await self.screens.start(await self.rig.registry.live())

    async def leave(self, *, killed: bool) -> None:
        """Stop following; a killed daemon keeps nothing."""
        if killed:
            for each in list(self.screens._following.values()):
                each.terminal.fresh = 0
        await self.screens.close()
        await self.rig.registry.close()

    async def view(self, row: SessionRow, form: str = "text", **options: Any) -> ScreenView:
        """Ask for a screen."""
        request = cast("ScreenRequest", {"file": "f", "subject": row.subject, "form": form, **options})
        return await self.screens.screen(row, request)

    async def text(self, row: SessionRow, **options: Any) -> str:
        """Return the text of a screen, without blank lines at its end."""
        return text_of(await self.view(row, **options)).rstrip("\n")

    async def shows(self, row: SessionRow, wanted: str, within: float = 30.0) -> str:
        """Wait until the screen shows `wanted`, and return its text."""
        deadline = time.monotonic() + within
        while wanted not in (shown := await self.text(row)):
            assert time.monotonic() < deadline, f"{wanted!r} is not shown: {shown!r}"
            await asyncio.sleep(0.01)
        return shown

    def following(self, row: SessionRow) -> Following:
        """Return what follows a live session."""
        return self.screens._following[row.id]

    def terminal(self, row: SessionRow) -> Terminal:
        """Return the terminal of a live session."""
        return self.following(row).terminal

    async def until(self, done: Callable[[], object], what: str) -> None:
        """Poll until `done` is true."""
        await until(done, what)


@pytest.fixture
async def gallery(home: Settings, database: Database) -> AsyncIterator[Gallery]:
    """Give sessions with screens; all of them are stopped after the test."""
    rig = Rig(home, database, SessionRows(database), keys=FakeSessionKeys())
    gallery = Gallery(rig, home)
    gallery.open()
    await gallery.screens.start([])
    yield gallery
    await asyncio.gather(*(rig.registry.stop(row.id) for row in await rig.rows.live()))
    await gallery.screens.close()
    await rig.registry.close()
