"""What a face gets of a screen, in the form it asked for."""

import base64
from dataclasses import dataclass

from constellagent.runtime.screen_views import ScreenForm, ScreenRequest, ScreenView
from constellagent.term.screen import ENGINE, Screen

_MOST = 11 << 20
"""Bytes of a screen that are sent at most: as base64 they fit into one line of the wire."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A form, and how many rows of scrollback, None for all."""

    form: ScreenForm
    history: int | None

    @classmethod
    def of(cls, request: ScreenRequest) -> "Wanted":
        """Return what a request wants."""
        history = request.get("history", 0)
        return cls(request["form"], None if history < 0 else history)


def view(screen: Screen, session: str, offset: int, wanted: Wanted) -> ScreenView:
    """Return the view of a screen that has had the output up to `offset`."""
    form, data = _render(screen, wanted)
    return ScreenView(
        session=session,
        rows=screen.rows,
        columns=screen.columns,
        offset=offset,
        form=form,
        engine=ENGINE,
        title=screen.title,
        data=base64.b64encode(data).decode(),
    )


def _render(screen: Screen, wanted: Wanted) -> tuple[ScreenForm, bytes]:
    if wanted.form == "text":
        lines = screen.lines(last=wanted.history)
        return "text", "\n".join(lines).encode("utf-8", "replace")[-_MOST:]
    if wanted.form == "engine":
        encoded = screen.encode()
        if encoded is not None and len(encoded) <= _MOST:
            return "engine", encoded
    history = screen.history_length if wanted.history is None else wanted.history
    while True:
        data = screen.snapshot(history)
        if len(data) <= _MOST or not history:
            return "ansi", data
        history //= 2
