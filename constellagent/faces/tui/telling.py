"""Tells a person what happened while they looked elsewhere: a line, the bell, a notice on the desktop.

An event is told once, also when the daemon repeats it after it was away, and not at all of the agent that is
being looked at. Bell and desktop are kept rare: what comes too soon is put together into one notice.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping

from constellagent.errors import UsageError
from constellagent.faces.tui.deck import AgentId, Deck
from constellagent.faces.tui.words import clean, shorten
from constellagent.runtime.live_views import EventView

PAUSE = 5.0
"""Seconds between two bells, and between two notices on the desktop."""
_OLD = 60.0
"""An event that is older than this when it is first seen is only shown among the events."""
_LONGEST = 160
"""Columns of one notice."""
_WAYS = ("bell", "desktop")
_WITH_777 = ("rxvt", "foot")

Key = tuple[float, str, str, str]


class Teller:
    """Tells of events that ask for attention, from when it was made on."""

    def __init__(
        self,
        deck: Deck,
        write: Callable[[str], None],
        environ: Mapping[str, str],
        watched: Callable[[AgentId], bool],
    ) -> None:
        """`write` hands text to the terminal as it is; `watched` says whether a person looks at an agent now.

        Raises:
            UsageError: the setting names a way to tell that there is not.
        """
        self._deck = deck
        self._write = write
        self._environ = environ
        self._watched = watched
        self._ways = ways(deck.settings.tell)
        self._seen: deque[Key] = deque((_key(event) for event in deck.fleet.events), maxlen=2000)
        self._held: list[EventView] = []
        self._last = float("-inf")
        self._waiting = False
        deck.fleet.subscribe(self._look)

    def _look(self) -> None:
        now = self._deck.now()
        seen = set(self._seen)
        for event in self._deck.fleet.events:
            if (key := _key(event)) in seen:
                continue
            self._seen.append(key)
            agent = AgentId(event["file"], event["subject"])
            if event["notify"] and now - event["at"] <= _OLD and not self._watched(agent):
                tone = "warning" if event["level"] == "info" else event["level"]
                self._deck.say(_line(event), tone)
                self._held.append(event)
        if self._held and self._ways:
            self._tell(now)

    def _tell(self, now: float) -> None:
        if 0 <= now - self._last < PAUSE:
            if not self._waiting:
                self._waiting = True
                self._deck.spawn(self._later(self._last + PAUSE - now), "tell later")
            return
        self._last = now
        text = shorten(_line(self._held[-1]), _LONGEST)
        if len(self._held) > 1:
            text += f" (and {len(self._held) - 1} more)"
        self._held.clear()
        if "desktop" in self._ways:
            self._write(notice(text, self._environ))
        if "bell" in self._ways:
            self._write("\a")

    async def _later(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._waiting = False
        if self._held:
            self._tell(max(self._deck.now(), self._last + PAUSE))


def ways(setting: str) -> frozenset[str]:
    """Return how to tell: of `bell` and `desktop` those that the setting names, `none` for neither.

    Raises:
        UsageError: it names something else.
    """
    words = {word.strip() for word in setting.lower().split(",")} - {"", "none"}
    if wrong := sorted(words - set(_WAYS)):
        raise UsageError(
            f"CONSTELLAGENT_TELL: {wrong[0]!r} is no way to tell", hint="write bell, desktop, both, or none"
        )
    return frozenset(words)


def notice(text: str, environ: Mapping[str, str]) -> str:
    """Return what makes a terminal show a notice on the desktop; empty where it would only do harm.

    OSC 9 is what most terminals know, OSC 777 what VTE, rxvt and foot do. A multiplexer around us gets it
    wrapped, to be handed on to its own terminal. The text begins with a word, as digits after OSC 9 mean
    other things.
    """
    term = environ.get("TERM", "").lower()
    if term in {"", "dumb", "linux"}:
        return ""
    plain = clean(text)
    if "VTE_VERSION" in environ or term.startswith(_WITH_777):
        body = f"777;notify;constellagent;{plain.replace(';', ',')}"
    else:
        body = f"9;constellagent: {plain}"
    if "TMUX" in environ:
        return f"\x1bPtmux;\x1b\x1b]{body}\x1b\x1b\\\x1b\\"
    if "STY" in environ:
        return f"\x1bP\x1b]{body}\a\x1b\\"
    return f"\x1b]{body}\x1b\\"


def _line(event: EventView) -> str:
    return clean(f"{event['subject']}: {event['text']}" if event["subject"] else event["text"])


def _key(event: EventView) -> Key:
    return event["at"], event["file"], event["subject"], event["text"]
