"""The line at the bottom: what the prefix key is, how the agents are, what comes next; and messages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prompt_toolkit.layout import Window

from constellagent.faces.tui.ages import age, moment, older_at
from constellagent.faces.tui.box import Hints, hinted
from constellagent.faces.tui.deck import AgentId, Deck, Tone
from constellagent.faces.tui.key_names import prefix_shown
from constellagent.faces.tui.rows import Rows
from constellagent.faces.tui.symbols import Symbols
from constellagent.faces.tui.words import Fragments, clean, fit, width
from constellagent.faces.wording import counted
from constellagent.runtime.control import AgentView

_SECONDS: dict[Tone, float] = {"info": 4.0, "done": 4.0, "warning": 8.0, "error": 12.0}
"""How long a message stays."""


@dataclass(frozen=True, slots=True)
class _Message:
    text: str
    tone: Tone
    at: float

    def holds(self, now: float) -> bool:
        """Whether it is still shown; one from a later time is not, as the clock was set back since."""
        return self.at <= now < self.at + _SECONDS[self.tone]


class StatusLine(Rows):
    """The control; `window` is what goes into a layout.

    Attributes:
        prefix_pending: the prefix key was pressed, and a command's key is awaited. The application sets it.
        hints: gives the keys of the open view, None while tiles are shown. The application sets it.
        changes_at: when something in it is out of date, epoch seconds, or None.
    """

    def __init__(
        self, deck: Deck, symbols: Symbols, broadcast: Callable[[], frozenset[AgentId]] = frozenset
    ) -> None:
        self._deck = deck
        self._symbols = symbols
        self._broadcast = broadcast
        self._prefix = prefix_shown(deck.settings.prefix)
        self._message: _Message | None = None
        self._away_since: float | None = None if deck.fleet.connected else deck.now()
        self.prefix_pending = False
        self.hints: Callable[[], Hints | None] = lambda: None
        self.changes_at: float | None = None
        self.window = Window(self, height=1, style="class:status")
        deck.fleet.subscribe(self._notice)

    def say(self, text: str, tone: Tone = "info") -> None:
        """Show one line for a while, instead of the one before."""
        self._message = _Message(clean(text), tone, self._deck.now())
        self._deck.redraw()

    def rows(self, width: int, _height: int, /) -> Sequence[Fragments]:
        """Return the line."""
        now = self._deck.now()
        self.changes_at = None
        if self.prefix_pending:
            pressed: Fragments = [("class:status.strong", f" {self._prefix} "), ("", " ")]
            return [fit([*pressed, *hinted(_AFTER_PREFIX, "status.")], width, self._symbols.more)]
        if self._message and self._message.holds(now):
            self.changes_at = self._message.at + _SECONDS[self._message.tone]
            style = f"class:tone.{self._message.tone}"
            return [fit([(style, f" {self._message.text}")], width, self._symbols.more)]
        return [self._joined(self._parts(now), width)]

    def clicked(self, _row: int, _column: int, /) -> None:
        """Take a message away."""
        self._message = None
        self._deck.redraw()

    def _notice(self) -> None:
        if self._deck.fleet.connected:
            self._away_since = None
        elif self._away_since is None:
            self._away_since = self._deck.now()

    def _parts(self, now: float) -> list[Fragments]:
        """Return what there is to say, most important first; what does not fit is left out from the end."""
        parts: list[Fragments] = []
        keys = self.hints()
        parts.append(hinted([(f"{self._prefix} ?", "keys"), *(keys or ())], "status."))
        if self._away_since is not None:
            known = age(self._away_since, now)
            self.changes_at = older_at(self._away_since, now)
            why = clean(self._deck.fleet.problem)
            text = f" daemon away: showing what was known {known} ago{f' ({why})' if why else ''} "
            parts.insert(0, [("class:status.away", text)])
        if chosen := self._broadcast():
            text = f" typing to {counted(len(chosen), 'agent')} "
            parts.insert(0, [("class:status.strong", text)])
        agents = [agent for shown in self._deck.fleet.constellations for agent in shown["agents"]]
        parts.append(_summary(agents))
        parts += self._coming(agents, now)
        return parts

    def _coming(self, agents: Sequence[AgentView], now: float) -> list[Fragments]:
        parts: list[Fragments] = []
        fires = [agent["next_fire"] for agent in agents if "next_fire" in agent]
        if fires:
            first = min(fires, key=lambda fire: fire["due"])
            words = f"next: {clean(first['schedule'])} {moment(first['due'], now)}"
            parts.append([("", words)])
        mail = sum(agent.get("unread_mail", 0) for agent in agents)
        texts = sum(agent.get("unread_texts", 0) for agent in agents)
        unread = [
            f"{sign} {number}"
            for sign, number in ((self._symbols.mail, mail), (self._symbols.texts, texts))
            if number
        ]
        if unread:
            parts.append([("", " ".join(unread))])
        return parts

    def _joined(self, parts: Sequence[Fragments], columns: int) -> Fragments:
        line: Fragments = [("", " ")]
        used = 1
        for part in parts:
            between: Fragments = [("class:status.dim", f" {self._symbols.bar} ")] if used > 1 else []
            wide = sum(width(text) for _, text in (*between, *part))
            if used + wide > columns and used > 1:
                break
            line += [*between, *part]
            used += wide
        return fit(line, columns, self._symbols.more)


_AFTER_PREFIX: Hints = (
    ("?", "all keys"),
    (":", "commands"),
    ("g", "switch"),
    ("1 2 4 a", "tiles"),
    ("z", "zoom"),
    ("[", "scroll"),
    ("d", "leave"),
)


def _summary(agents: Sequence[AgentView]) -> Fragments:
    line: Fragments = [("", counted(len(agents), "agent"))]
    for state in ("waiting", "failed"):
        if number := sum(agent["state"] == state for agent in agents):
            line.append((f"class:status.{state}", f", {number} {state}"))
    return line
