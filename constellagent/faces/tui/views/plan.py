"""What applying would do, in the planner's own words, and the apply itself, step by step."""

import os
from collections.abc import Mapping, Sequence

from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase
from prompt_toolkit.layout import AnyContainer

from constellagent.errors import ConstellagentError
from constellagent.faces.tui import applying, approving
from constellagent.faces.tui.deck import Deck
from constellagent.faces.tui.views.notes import noted
from constellagent.faces.tui.views.pager import Pager
from constellagent.faces.tui.views.stale import Fetching, unknown
from constellagent.faces.tui.words import Fragments, clean
from constellagent.faces.wording import counted
from constellagent.runtime.control import ApplyResult, PlanReply, PlanRequest

_SYMBOLS: Mapping[str, str] = {
    "+": "class:added",
    "-": "class:removed",
    "~": "class:changed",
    "!": "class:tone.warning",
    "?": "class:state.unknown",
}
_LEVELS: Mapping[str, str] = {
    "done": "class:tone.done",
    "warning": "class:tone.warning",
    "error": "class:tone.error",
}
_PAUSE = 10.0
"""Seconds between two plans that no person asked for: each looks at every worktree."""


_INDENT = 4
"""Columns by which the rest of a long line is indented, so that the symbols stand out."""


class Plan:
    """The view: of the current agent's constellation. An apply goes on when the view is closed."""

    name = "plan"

    def __init__(self, deck: Deck, environ: Mapping[str, str] = os.environ) -> None:
        """Build it for the constellation of the current agent; `environ` is what the apply may pass on."""
        self._deck = deck
        self._environ = environ
        self._file = self._found()
        self._reply: PlanReply | None = None
        self._prune = False
        self._restart = False
        self._busy = False
        self._told = False
        self._pager = Pager(deck, _INDENT)
        self._fetching = Fetching(deck, self._plan, self.container, _PAUSE)
        self._container = noted(lambda: self._fetching.fresh.lines(deck.now()), self._pager.window)
        self._keys = self._bound()

    @property
    def title(self) -> str:
        """What its border says: whose plan, what it comes to, and which choices are on."""
        if self._reply is None:
            return "plan"
        choices = [word for word, on in (("prune", self._prune), ("restart", self._restart)) if on]
        name = clean(self._reply["constellation"])
        what = f"apply of {name}" if self._told else f"plan of {name}: {clean(self._reply['summary'])}"
        return " · ".join((what, *choices))

    def container(self) -> AnyContainer:
        """Return the lines."""
        return self._container

    def bindings(self) -> KeyBindingsBase:
        """Return its keys."""
        return self._keys

    def hints(self) -> Sequence[tuple[str, str]]:
        """Return what its keys do."""
        if self._busy:
            return []
        return [
            ("a", "apply"),
            ("x", "do not prune" if self._prune else "prune"),
            ("s", "do not restart" if self._restart else "restart"),
            ("r", "plan anew"),
        ]

    async def refresh(self) -> None:
        """Plan anew, when the last time is long enough ago.

        What an apply has told stays until a person asks for another plan.

        Raises:
            ConstellagentError: it cannot be planned.
        """
        if not self._busy and not self._told:
            await self._fetching.soon()

    async def _plan(self) -> None:
        if self._busy or self._told:
            return
        self._file = self._file or self._found()
        if self._file is None:
            if (away := unknown(self._deck)) is not None:
                raise away
            self._pager.put(
                [[("class:dim", "There is no constellation yet; `constellagent init` makes one.")]]
            )
            return
        if self._reply is None:
            self._pager.put([[("class:dim", "Planning\N{HORIZONTAL ELLIPSIS}")]])
        try:
            reply = await self._deck.control.plan(self._request(self._file))
        except ConstellagentError as error:
            if self._reply is None:  # all problems of a file stand in the message, one a line
                self._pager.put([[("", clean(line))] for line in error.message.splitlines()])
            raise
        if not self._busy:
            self._reply = reply
            self._pager.put(_lines(reply), keep=True)

    def _found(self) -> str | None:
        """Return the file of the current agent, else the first one; None where there is none."""
        current, shown = self._deck.current, self._deck.fleet.constellations
        return current.file if current else shown[0]["file"] if shown else None

    def _again(self) -> None:
        """Plan anew, as a person wants it."""
        self._told = False
        self._fetching.again()

    def _request(self, file: str) -> PlanRequest:
        asked = applying.request(file, [], restart=False, environ=self._environ)
        asked["prune"] = self._prune
        if self._restart:
            asked["restart"] = [
                agent["name"]
                for shown in self._deck.fleet.constellations
                for agent in shown["agents"]
                if shown["file"] == file and agent["declared"]
            ]
        return asked

    async def _apply(self) -> None:
        """Plan once more, let a person say yes to just that, and apply it."""
        if self._file is None or self._busy:
            return
        self._busy = True
        try:
            asked = self._request(self._file)
            self._reply = reply = await self._deck.control.plan(asked)
            self._told = False
            self._pager.put(_lines(reply))
            if reply["empty"] and not approving.needed(reply):
                self._deck.say("nothing to do: the world is as declared")
            elif await self._agreed(reply):
                await self._carry_out(asked, reply)
            else:
                self._deck.say("nothing was done")
        finally:
            self._busy = False
            self._deck.redraw()

    async def _agreed(self, reply: PlanReply) -> bool:
        """Ask about what ends a session, then about commands nobody approved yet, else about the plan."""
        ending = approving.ending_lines(reply)
        if ending and not await self._deck.confirm("This ends what runs now. Go on?", ending):
            return False
        if approving.needed(reply):
            return await approving.approve(self._deck, reply)
        return await self._deck.confirm(f"Apply? {clean(reply['summary'])}", [*map(clean, reply["lines"])])

    async def _carry_out(self, asked: PlanRequest, reply: PlanReply) -> None:
        self._told = True
        self._pager.put([[("class:heading", f"applying {clean(reply['constellation'])}")]], follow=True)
        try:
            ordered = applying.order(asked, reply, self._environ)
            result = await applying.carry_out(self._deck, ordered, self._tell)
        except ConstellagentError as error:
            self._pager.add([("class:tone.error", clean(error.message))])
            self._pager.add([("class:dim", clean(error.hint))])
            raise
        for line in _outcome(result):
            self._pager.add(line)
        applying.report(self._deck, result)  # the view may be closed by now

    def _tell(self, subject: str, text: str, level: str) -> None:
        self._pager.add([("class:heading", f"{clean(subject):<16} "), (_LEVELS.get(level, ""), clean(text))])

    def _turn(self, name: str) -> None:
        if name == "prune":
            self._prune = not self._prune
        else:
            self._restart = not self._restart
        self._again()

    def _bound(self) -> KeyBindings:
        keys, idle = KeyBindings(), Condition(lambda: not self._busy)
        keys.add("a", filter=idle)(lambda _: self._deck.spawn(self._apply(), "apply"))
        keys.add("x", filter=idle)(lambda _: self._turn("prune"))
        keys.add("s", filter=idle)(lambda _: self._turn("restart"))
        keys.add("r", filter=idle)(lambda _: self._again())
        return keys


def _lines(reply: PlanReply) -> list[Fragments]:
    """Return the plan in words, each line in the colour of its symbol."""
    if not reply["lines"]:
        return [[("class:tone.done", "Nothing to do: the world is as declared.")]]
    lines: list[Fragments] = [
        [(_SYMBOLS.get(line.lstrip()[:1], ""), line)] for line in map(clean, reply["lines"])
    ]
    lines += [[], [("class:heading", clean(reply["summary"]))]]
    if reply["blocked"]:
        lines.append([("class:tone.error", "Some of it cannot be done; the lines above say why.")])
    return lines


def _outcome(result: ApplyResult) -> list[Fragments]:
    lines: list[Fragments] = [[]]
    for name, why in result["failed"].items():
        lines.append([("class:tone.error", f"{clean(name)} failed: {clean(why)}")])
    for name, why in result["skipped"].items():
        lines.append([("class:tone.warning", f"{clean(name)} was skipped: {clean(why)}")])
    if not result["failed"]:
        lines.append([("class:tone.done", f"applied: {counted(result['changed'], 'change')}")])
    return [*lines, [("class:dim", "r plans anew, q goes back")]]
