"""What was done with identities: one line for each access, and whether the record holds."""

from collections.abc import Sequence
from typing import Literal

from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase
from prompt_toolkit.layout import AnyContainer

from constellagent.faces.tui.deck import Deck
from constellagent.faces.tui.views.listing import Listing
from constellagent.faces.tui.views.moments import NARROW, WIDE, when
from constellagent.faces.tui.views.notes import noted
from constellagent.faces.tui.views.stale import Fetching
from constellagent.faces.tui.words import Fragments, clean, fit
from constellagent.faces.wording import counted
from constellagent.runtime.identity_views import AuditReport, AuditRequest, AuditView

_LINES = 500
"""The newest lines that are fetched."""

Which = Literal["agent", "all"]


class Audit:
    """The view: of the current agent's identity, or of all of them."""

    name = "audit"

    def __init__(self, deck: Deck) -> None:
        self._deck = deck
        self._which: Which = "agent" if deck.current else "all"
        self._agent = deck.current
        self._fetching = Fetching(deck, self._fetch, self.container)
        self._verdict: Fragments = []
        self._list = Listing[AuditView](
            deck,
            self._line,
            key=lambda view: (view["identity"], view["seq"]),
            text=lambda view: " ".join((view["agent"], view["actor"], view["action"], view["about"])),
            empty=self._empty,
        )
        self._keys = KeyBindings()
        self._keys.add("a")(lambda _: self._turn())
        self._keys.add("v")(lambda _: deck.spawn(self._verify(), "verify the audit"))
        self._keys.add("r")(lambda _: self._fetching.again())
        self._container = noted(self._notes, self._list.window)

    @property
    def title(self) -> str:
        """What its border says: whose, how many, and whether the record was found whole."""
        whose = self._agent.name if self._which == "agent" and self._agent else "all identities"
        full = len(self._list.items) >= _LINES
        many = f"the newest {_LINES} lines" if full else counted(len(self._list.items), "line")
        words = f"{len(self._list.seen)} with {self._list.words!r}" if self._list.words else ""
        return " · ".join(part for part in (f"audit of {whose}", many, words) if part)

    def container(self) -> AnyContainer:
        """Return the list."""
        return self._container

    def bindings(self) -> KeyBindingsBase:
        """Return its keys."""
        return self._keys

    def hints(self) -> Sequence[tuple[str, str]]:
        """Return what its keys do."""
        whose = "this agent only" if self._which == "all" else "all identities"
        return [("v", "verify"), ("a", whose), ("/", "look for"), ("G", "newest")]

    async def refresh(self) -> None:
        """Fetch the newest lines, when the last time is long enough ago.

        Raises:
            ConstellagentError: they cannot be had.
        """
        await self._fetching.soon()

    async def _fetch(self) -> None:
        mine = self._agent if self._which == "agent" else None
        request = AuditRequest(
            file=mine.file if mine else None, agent=mine.name if mine else None, after={}, limit=_LINES
        )
        found = await self._deck.control.audit(request)
        follow = self._list.at_end
        self._list.put(found)
        if follow:
            self._list.move(len(found))

    async def _verify(self) -> None:
        report = await self._deck.control.audit_verify()
        tone = "class:tone.done" if report["ok"] else "class:tone.error"
        now = self._deck.now()
        self._verdict = [(tone, f"At {when(now, now).strip()} the audit {_verdict(report)}")]
        self._deck.redraw()

    def _notes(self) -> Sequence[Fragments]:
        """Return what was found when it was verified, and what is wrong with what is shown."""
        faults = self._fetching.fresh.lines(self._deck.now())
        return [self._verdict, *faults] if self._verdict else faults

    def _turn(self) -> None:
        self._agent = self._deck.current or self._agent
        self._which = "all" if self._which == "agent" or self._agent is None else "agent"
        self._list.put([])
        self._fetching.fresh.at = None
        self._fetching.again()

    def _empty(self) -> Sequence[str]:
        if self._which == "all":
            return self._fetching.fresh.nothing("No identity has an audit yet; an apply makes identities.")
        return self._fetching.fresh.nothing("Nothing was done with this identity yet; a shows all of them.")

    def _line(self, view: AuditView, width: int) -> Fragments:
        roomy = width >= 90
        bad = view["result"] != "ok"
        what = f"{view['action']} ({view['result']})" if bad else view["action"]
        line: Fragments = [("class:dim", when(view["at"], self._deck.now(), WIDE if roomy else NARROW))]
        who = _who(view["actor"])
        if self._which == "all":
            whose = clean(view["agent"]) or view["identity"][:8]
            line += [*fit([("class:heading", whose)], 18 if roomy else 12), ("", " ")]
            who = who if roomy else who.partition(" ")[0]
        line += fit([("", who)], 17 if roomy or self._which == "agent" else 10)
        line += [("", " "), *fit([("class:tone.error" if bad else "", clean(what))], 24 if roomy else 18)]
        return [*line, ("class:dim", f" {clean(view['about'])}")]


def _who(actor: str) -> str:
    """Return who acted; of a session's id as much as tells it from others."""
    word, _, session = actor.partition(" ")
    return clean(f"{word} {session[:8]}" if word == "session" else actor)


def _verdict(report: AuditReport) -> str:
    broken = [chain for chain in report["identities"] if chain["problem"]]
    if report["ok"]:
        return f"holds: {counted(len(report['identities']), 'record')} checked."
    return f"does NOT hold: {clean(report['problem'] or (broken[0]['problem'] if broken else ''))}"
