"""The rows of the agent list: pure, views in, rows out.

An agent takes one row where many must fit, two with what it changed, and up to four with its branch and
address where there is room or it is chosen; those that wait are the last to lose their second row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from constellagent.faces.tui.ages import age, moment
from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.symbols import Symbols
from constellagent.faces.tui.words import Fragments, clean, fit, shorten, spread, width
from constellagent.faces.wording import counted
from constellagent.runtime.control import AgentView, ConstellationView, ServiceView, State

Density = Literal["roomy", "normal", "close", "compact"]
_DENSITIES: tuple[Density, ...] = ("roomy", "normal", "close", "compact")
_ASLEEP = {"stopped", "exited", "done"}
"""States in which the next fire says more than the state."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what is drawn, the agent that a click on it means, and since when what it shows has aged."""

    line: Fragments
    agent: AgentId | None = None
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """How to draw: the width, the time, the signs, what is chosen, and who gets broadcast keys."""

    columns: int
    now: float
    symbols: Symbols
    chosen: AgentId | None = None
    broadcast: frozenset[AgentId] = frozenset()


def rows(shown: Sequence[ConstellationView], look: Look, height: int) -> list[Row]:
    """Return all rows, as roomy as fits `height`; where nothing fits, as many as there are."""
    drawn: list[Row] = []
    many = sum(len(view["agents"]) for view in shown) > height
    for density in _DENSITIES[-1:] if many else _DENSITIES:
        drawn = [row for view in shown for row in _constellation(view, look, density, alone=len(shown) == 1)]
        if len(drawn) <= height:
            break
    return drawn or [Row(fit([("class:dim", " no agents yet")], look.columns, look.symbols.more))]


def style_of(state: State) -> str:
    """Return the class that colours a state."""
    match state:
        case "running":
            return "class:state.working"
        case "stopped" | "exited":
            return "class:state.idle"
        case _:
            return f"class:state.{state}"


def said(view: AgentView, now: float) -> str:
    """Return what there is to say about an agent in one or two words: its state, or why it waits.

    Of one that is in no known state what is known of it says more than that.
    """
    if view["state"] in {"waiting", "unknown"}:
        return clean(view["reason"] or view["state"])
    if view["state"] in _ASLEEP and "next_fire" in view:
        return f"next {moment(view['next_fire']['due'], now)}"
    return view["state"]


def _constellation(view: ConstellationView, look: Look, density: Density, *, alone: bool) -> list[Row]:
    drawn: list[Row] = []
    if not alone:
        drawn.append(
            Row(fit([("class:heading", f" {clean(view['name'])}")], look.columns, look.symbols.more))
        )
    if "problem" in view:
        drawn.append(_note(view["problem"], "class:tone.error", look))
    elif "provider_problem" in view:
        drawn.append(_note(f"identities: {view['provider_problem']}", "class:tone.warning", look))
    for agent in view["agents"]:
        drawn += _agent(AgentId(view["file"], agent["name"]), agent, look, density)
    return drawn + _services(view["services"], look, density)


def _note(text: str, style: str, look: Look) -> Row:
    return Row(fit([(style, f" {clean(text)}")], look.columns, look.symbols.more))


def _agent(agent: AgentId, view: AgentView, look: Look, density: Density) -> list[Row]:
    chosen = agent == look.chosen
    since = view["since"]
    aged = "" if since is None else age(since, look.now)
    details = _details(view, look.symbols, look.columns - 5 - len(aged))
    urgent = chosen or view["state"] == "waiting"
    second = bool(details) and (density in {"roomy", "normal"} or (density == "close" and urgent))
    broadcast = agent in look.broadcast
    lines = [_head(view, look, "" if second else aged, broadcast=broadcast)]
    if second:
        lines.append(spread([("", "   "), *details], [("class:dim", aged)], look.columns, look.symbols.more))
    if density == "roomy" or (density == "normal" and chosen):
        lines += [
            fit([("class:dim", f"   {clean(text)}")], look.columns, look.symbols.more)
            for text in (view["branch"], view["address"])
            if text
        ]
    if chosen:
        lines = [[(f"class:selected {style}", text) for style, text in line] for line in lines]
    return [Row(line, agent, since) for line in lines]


def _head(view: AgentView, look: Look, aged: str, *, broadcast: bool) -> Fragments:
    """Return the sign and the name, and at the end of the row the state and, if it stands here, its age."""
    style = style_of(view["state"])
    name = "" if view["declared"] else "class:dim"
    left: Fragments = [
        (style, f" {look.symbols.of(view['state'])} "),
        (style if view["state"] == "waiting" else name, clean(view["name"])),
        *([("class:status.strong", " B")] if broadcast else []),
    ]
    room = look.columns - 4 - min(width(clean(view["name"])) + 2 * broadcast, look.columns - 11)
    word = said(view, look.now)
    explained = word if word != view["state"] or not view["reason"] else f"{word}: {clean(view['reason'])}"
    return spread(
        left, _ending(explained, word, aged, room, style, look.symbols), look.columns, look.symbols.more
    )


def _ending(explained: str, word: str, aged: str, room: int, style: str, symbols: Symbols) -> Fragments:
    """Return as much of state, reason and age as there is room for; of a word alone what fits."""
    for text, when in ((explained, aged), (word, aged), (explained, ""), (word, "")):
        if width(text) + (len(when) + 1 if when else 0) <= room:
            return [(style, f" {text}"), ("class:dim", f" {when}" if when else "")]
    return [(style, f" {shorten(word, room, symbols.more)}")]


def _details(view: AgentView, symbols: Symbols, room: int) -> Fragments:
    """Return changed lines, commits, and unread messages, as far as they are known and there are any.

    Where they do not fit, commits are left out first, then changed lines.
    """
    lines: Fragments = []
    if view.get("added") or view.get("removed"):
        lines = [("class:added", f"+{view.get('added', 0)}")]
        lines.append(("class:removed", f" {symbols.minus}{view.get('removed', 0)}"))
    commits: Fragments = _numbers(
        "class:dim", (symbols.ahead, view["ahead"]), (symbols.behind, view.get("behind"))
    )
    unread = _numbers(
        "class:key", (symbols.mail, view.get("unread_mail")), (symbols.texts, view.get("unread_texts"))
    )
    for parts in ((lines, commits, unread), (lines, unread)):
        joined = _joined(parts)
        if sum(width(text) for _, text in joined) <= room:
            return joined
    return unread or lines


def _numbers(style: str, *signed: tuple[str, int | None]) -> Fragments:
    text = " ".join(f"{sign}{number}" for sign, number in signed if number)
    return [(style, text)] if text else []


def _joined(parts: Sequence[Fragments]) -> Fragments:
    line: Fragments = []
    for part in parts:
        if part:
            line += [("", "  "), *part] if line else part
    return line


def _services(services: Sequence[ServiceView], look: Look, density: Density) -> list[Row]:
    if not services:
        return []
    if density in {"close", "compact"}:
        failed = sum(service["state"] == "failed" for service in services)
        line = f" {counted(len(services), 'service')}{f', {failed} failed' if failed else ''}"
        return [Row(fit([("class:state.failed" if failed else "class:dim", line)], look.columns))]
    drawn = [Row(fit([("class:heading", " services")], look.columns))]
    for service in services:
        style, since = style_of(service["state"]), service["since"]
        name = clean(service["name"])
        left: Fragments = [(style, f" {look.symbols.of(service['state'])} "), ("class:dim", name)]
        state, aged = service["state"], "" if since is None else age(since, look.now)
        explained = f"{state}: {clean(service['reason'])}" if service["reason"] else state
        room = look.columns - 4 - min(width(name), look.columns - 11)
        right = _ending(explained, state, aged, room, style, look.symbols)
        drawn.append(Row(spread(left, right, look.columns, look.symbols.more), since=since))
    return drawn
