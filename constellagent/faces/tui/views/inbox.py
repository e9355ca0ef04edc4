"""Mail and texts of an agent's identity, as a person reads them, and the newest one-time code.

Looking marks nothing as read: the agent still has to find it. Each look is a line of the audit, so nothing is
fetched anew unless something has come, or a person asks.
"""

import os
from collections.abc import Sequence

from prompt_toolkit.application import get_app
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase
from prompt_toolkit.layout import AnyContainer, ConditionalContainer, HSplit

from constellagent.faces.tui.box import LEAVE
from constellagent.faces.tui.copying import Clipboard
from constellagent.faces.tui.deck import AgentId, Deck
from constellagent.faces.tui.views.inbox_source import InboxSource
from constellagent.faces.tui.views.keys_to import give_keys, has_keys
from constellagent.faces.tui.views.listing import Listing
from constellagent.faces.tui.views.messages import MailRow, TextRow, code_line, is_text, key, message_row
from constellagent.faces.tui.views.notes import noted
from constellagent.faces.tui.views.pager import Pager
from constellagent.faces.tui.views.stale import Fetching
from constellagent.faces.tui.words import Fragments, clean
from constellagent.runtime.identity_views import CodeView

_Row = MailRow | TextRow


class Inbox:
    """The view: conversations of the current agent, or one of them in full."""

    name = "inbox"

    def __init__(self, deck: Deck) -> None:
        self._deck = deck
        self._source = InboxSource(deck)
        self._agent = deck.current
        self._fetching = Fetching(deck, self._fetch, self.container)
        self._reading = ""
        self._code: CodeView | None = None
        self._seen: object = None
        self._list = Listing[_Row](
            deck,
            lambda row, width: message_row(row, deck.now(), width),
            key=lambda row: (is_text(row), key(row)),
            text=lambda row: " ".join(map(str, row.values())),
            empty=self._empty,
            chosen=lambda row: deck.spawn(self._read(row), "read a conversation"),
        )
        self._pager = Pager(deck)
        self._keys = self._bound()
        reading = Condition(lambda: bool(self._reading))
        body = HSplit(
            [
                ConditionalContainer(self._list.window, filter=~reading),
                ConditionalContainer(self._pager.window, filter=reading),
            ]
        )
        self._container = noted(self._notes, body)

    @property
    def title(self) -> str:
        """What its border says: whose inbox, and how many are unread."""
        if self._agent is None:
            return "inbox"
        unread = sum(row["unread"] for row in self._list.items)
        words = f"{len(self._list.seen)} with {self._list.words!r}" if self._list.words else ""
        parts = (f"inbox of {self._agent.name}", f"{unread} unread" if unread else "", words)
        return " · ".join(part for part in parts if part)

    def container(self) -> AnyContainer:
        """Return the conversations, or the one that is read."""
        return self._container

    def bindings(self) -> KeyBindingsBase:
        """Return its keys."""
        return self._keys

    def hints(self) -> Sequence[tuple[str, str]]:
        """Return what its keys do."""
        codes = [("c", "newest code"), ("y", "copy the code")]
        if self._reading:
            return [(LEAVE, "all conversations"), ("Space", "more"), *codes]
        return [("Enter", "read"), *codes, ("n", "next agent's"), ("/", "look for")]

    async def refresh(self) -> None:
        """Fetch the conversations where something has come; nothing is fetched while one is read.

        Raises:
            ConstellagentError: they cannot be had.
        """
        if self._agent is None or self._reading:
            return
        news = self._source.news(self._agent)
        if news != self._seen:
            self._seen = news
            await self._fetching.soon()

    async def _fetch(self) -> None:
        agent = self._agent
        if agent is None or self._source.address(agent) is None:
            return
        rows = await self._source.conversations(agent)
        if agent == self._agent:  # else the person has gone on meanwhile
            self._list.put(rows)

    async def _read(self, row: _Row) -> None:
        agent = self._agent
        if agent is None:
            return
        lines = await self._source.read(agent, row)
        if agent == self._agent and has_keys(self._list.window):
            self._reading = key(row)
            self._pager.put(lines)
            give_keys(self._pager.window)

    async def _fetch_code(self) -> CodeView | None:
        """Show the newest one-time code above; it stays with the agent, who may have taken it already."""
        agent = self._agent
        if agent is None:
            return None
        code = await self._source.code(agent)
        if agent != self._agent:
            return None
        self._code = code
        if code is None:
            self._deck.say("no one-time code came within the last hour")
        self._deck.redraw()
        return code

    async def _show_code(self) -> None:
        await self._fetch_code()

    async def _copy_code(self) -> None:
        """Copy the code that is shown, else the newest."""
        code = self._code or await self._fetch_code()
        if code is not None:
            taken, words = await Clipboard(os.environ, _write).put(code["code"])
            self._deck.say(words, "done" if taken else "warning")

    def _close(self) -> None:
        self._reading = ""
        give_keys(self._list.window)
        self._deck.redraw()
        self._deck.spawn(self.refresh(), "fetch the inbox")

    def _next_agent(self) -> None:
        """Go on to the inbox of the next agent that has an identity."""
        ids = list(self._deck.fleet.ids())
        begin = ids.index(self._agent) + 1 if self._agent in ids else 0
        for agent in ids[begin:] + ids[:begin]:
            if self._source.address(agent) is not None and agent != self._agent:
                self._turn_to(agent)
                return
        self._deck.say("no other agent has an identity")

    def _turn_to(self, agent: AgentId) -> None:
        self._agent, self._code, self._seen = agent, None, self._source.news(agent)
        self._list.look_for("")
        self._list.put([])
        self._fetching = Fetching(self._deck, self._fetch, self.container)
        self._fetching.again()

    def _notes(self) -> Sequence[Fragments]:
        """Return whose inbox it is, who is told of this look, the code that was asked for, and faults."""
        agent = self._agent
        address = None if agent is None else self._source.address(agent)
        if agent is None or address is None:
            return []
        lines: list[Fragments] = [
            [("", clean(address))],
            [("class:dim", "Nothing is marked read; the audit tells of your look.")],
        ]
        if self._code is not None:
            lines.append(code_line(self._code, self._deck.now()))
        return [*lines, *self._fetching.fresh.lines(self._deck.now())]

    def _empty(self) -> Sequence[str]:
        if self._agent is None:
            return ["No agent is chosen; close this and choose one in the list."]
        if self._source.address(self._agent) is None:
            return [f"{self._agent.name} has no identity, thus no inbox.", "n shows the next agent's inbox."]
        return self._fetching.fresh.nothing(
            "No mail and no text has come yet.", "n shows the next agent's inbox."
        )

    def _bound(self) -> KeyBindings:
        keys, reading = KeyBindings(), Condition(lambda: bool(self._reading))
        keys.add("c")(lambda _: self._deck.spawn(self._show_code(), "fetch the newest code"))
        keys.add("y")(lambda _: self._deck.spawn(self._copy_code(), "copy a code"))
        keys.add("n", filter=~reading)(lambda _: self._next_agent())
        keys.add("r", filter=~reading)(lambda _: self._fetching.again())
        for back in ("q", "escape", "backspace"):
            keys.add(back, filter=reading)(lambda _: self._close())
        return keys


def _write(text: str) -> None:
    """Give something to the terminal around that is not drawn."""
    output = get_app().output
    output.write_raw(text)
    output.flush()
