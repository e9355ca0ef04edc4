"""With what the picture of a tile begins: the daemon's screen of the session, else the end of its log."""

import asyncio
import base64
import binascii
from pathlib import Path

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.faces.terminal.painting import recent
from constellagent.runtime.control import Control, SessionView
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.screen_views import ScreenRequest, ScreenView
from constellagent.runtime.settings import Settings
from constellagent.term.screen import ENGINE, Screen


async def fetch(
    control: Control, settings: Settings, file: str, session: SessionView, size: tuple[int, int]
) -> tuple[Screen, int]:
    """Return the screen of a session, and the offset of the output that follows it.

    `size` is rows and columns for a screen that only the log tells of.

    Raises:
        UnavailableError: neither the daemon nor the log can be asked.
    """
    request = ScreenRequest(file=file, subject=session["id"], form="engine", history=-1)
    try:
        view = await control.screen(request)
        return await asyncio.to_thread(_decoded, view, settings), view["offset"]
    except ConstellagentError as error:
        try:
            return await asyncio.to_thread(_recalled, Path(session["log"]), size, settings)
        except OSError as broken:
            raise UnavailableError(
                f"its output cannot be read: {broken.strerror}", hint="see `constellagent doctor`"
            ) from error


def _decoded(view: ScreenView, settings: Settings) -> Screen:
    """Return the screen that a view describes.

    Raises:
        UnavailableError: it cannot be made out.
    """
    try:
        data = base64.b64decode(view["data"], validate=True)
    except binascii.Error as error:
        raise UnavailableError("the daemon sent a screen that makes no sense", hint="restart it") from error
    if view["form"] == "engine" and view["engine"] == ENGINE:
        return Screen.decode(
            data,
            scrollback=settings.scrollback,
            graphemes=settings.grapheme_clusters,
            background=settings.screen_background,
        )
    screen = _fresh(view["rows"], view["columns"], settings)
    screen.feed(data)
    return screen


def _recalled(folder: Path, size: tuple[int, int], settings: Settings) -> tuple[Screen, int]:
    """Return a screen made of the log's end, and the offset after it."""
    offset, _, setup, data = recent(LogReader(folder))
    screen = _fresh(*size, settings)
    screen.feed(setup + data)
    screen.take_replies()
    return screen, offset


def _fresh(rows: int, columns: int, settings: Settings) -> Screen:
    return Screen(
        rows,
        columns,
        scrollback=settings.scrollback,
        graphemes=settings.grapheme_clusters,
        background=settings.screen_background,
    )
