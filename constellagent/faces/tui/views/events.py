"""What happened, oldest first: states, ends, messages that came, steps of an apply."""

from collections.abc import Mapping, Sequence

from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase
from prompt_toolkit.layout import AnyContainer

from constellagent.faces.tui.deck import AgentId, Deck
from constellagent.faces.tui.views.listing import Listing
from constellagent.faces.tui.views.moments import NARROW, WIDE, when
from constellagent.faces.tui.views.stale import unknown
from constellagent.faces.tui.words import Fragments, clean, fit
from constellagent.runtime.live_views import EventView, Level

_TONES: Mapping[Level, str] = {
    "info": "",
    "done": "class:tone.done",
    "warning": "class:tone.warning",
    "error": "class:tone.error",
}


class Events:
    """The view; stays at the newest event until the person moves away from it."""

    name = "events"

    def __init__(self, deck: Deck) -> None:
        self._deck = deck
        self._only: AgentId | None = None
        self._list = Listing[EventView](
            deck,
            self._line,
            key=lambda event: (event["at"], event["file"], event["subject"], event["text"]),
            text=lambda event: f"{event['subject']} {event['kind']} {event['text']}",
            empty=self._empty,
            chosen=self._go,
        )
        self._keys = KeyBindings()
        self._keys.add("a")(lambda _: self._narrow())
        self._show(follow=True)

    @property
    def title(self) -> str:
        """What its border says."""
        only = f" of {self._only.name}" if self._only else ""
        words = f" · with {self._list.words!r}" if self._list.words else ""
        return f"events{only} · {len(self._list.seen)}{words}"

    def container(self) -> AnyContainer:
        """Return the list."""
        return self._list.window

    def bindings(self) -> KeyBindingsBase:
        """Return its keys."""
        return self._keys

    def hints(self) -> Sequence[tuple[str, str]]:
        """Return what its keys do."""
        return [
            ("Enter", "go to the agent"),
            ("a", "all agents" if self._only else "this agent only"),
            ("/", "look for"),
            ("G", "newest"),
        ]

    async def refresh(self) -> None:
        """Take over what has come since; nothing is asked of the daemon."""
        self._show(follow=self._list.at_end)

    def _show(self, *, follow: bool) -> None:
        only = self._only
        self._list.put([event for event in self._deck.fleet.events if only is None or _about(event) == only])
        if follow:
            self._list.move(len(self._list.seen))
        self._deck.redraw()

    def _narrow(self) -> None:
        event = self._list.selected
        mine = _about(event) if event is not None and event["subject"] else None
        self._only = None if self._only else mine or self._deck.current
        self._show(follow=True)

    def _go(self, event: EventView) -> None:
        agent = _about(event)
        if not event["subject"]:
            self._deck.say("this event is not about one agent")
        elif self._deck.fleet.agent(agent) is None:
            self._deck.say(f"there is no agent {clean(agent.name)!r} any more", "warning")
        else:
            self._deck.close_view()
            self._deck.show(agent)

    def _empty(self) -> Sequence[str]:
        if self._only:
            return [f"Nothing has happened to {self._only.name} yet; a shows all agents."]
        if (away := unknown(self._deck)) is not None:
            return [away.message]
        return ["Nothing has happened yet.", "What agents do and what becomes of them shows here."]

    def _line(self, event: EventView, width: int) -> Fragments:
        roomy = width >= 100
        line: Fragments = [
            ("class:dim", when(event["at"], self._deck.now(), WIDE if roomy else NARROW)),
            *fit([("class:heading", clean(event["subject"]) or "all")], 30 if roomy else 16),
            ("", " "),
        ]
        if width >= 70:
            line += fit([("class:dim", event["kind"])], 9)
        return [*line, (_TONES[event["level"]], clean(event["text"]))]


def _about(event: EventView) -> AgentId:
    """Return the agent of an event; what its schedules do is about `agent/schedule`."""
    return AgentId(event["file"], event["subject"].partition("/")[0])
