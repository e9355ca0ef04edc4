"""What the line above a tile says: who it is, what for, and how it goes."""

from constellagent.faces.tui.agent_rows import style_of
from constellagent.faces.tui.ages import age, older_at
from constellagent.faces.tui.borders import Mark, Part, Title
from constellagent.faces.tui.symbols import Symbols
from constellagent.faces.tui.tile import Tile
from constellagent.faces.tui.words import clean
from constellagent.runtime.control import AgentView


def tile_title(
    tile: Tile, view: AgentView | None, *, number: int, mark: Mark, now: float, symbols: Symbols
) -> Title:
    """Return `2 name · kind · branch · state: reason 12s`, and what is odd about the tile."""
    dot = f" {symbols.dot} "
    name = "class:title" if mark == "border" else "class:title.focused"
    parts = [Part("class:dim", f"{number} ", 4), Part(name, clean(tile.agent.name), 10)]
    if view is not None:
        parts.append(Part("class:dim", dot + clean(view["kind"]), 1))
        parts.append(Part("class:dim", dot + clean(view["branch"]), 2))
        style = style_of(view["state"])
        known = view["state"] != "unknown" or not view["reason"]  # else what is known of it says more
        parts.append(Part(style, dot + (view["state"] if known else clean(view["reason"])), 9))
        parts.append(Part(style, f": {clean(view['reason'])}" if known and view["reason"] else "", 8))
        if view["since"] is not None:
            parts.append(Part("class:dim", f" {age(view['since'], now)}", 3))
        if view["restarts"] and not tile.live:
            parts.append(Part("class:dim", f"{dot}restarted {view['restarts']} times", 5))
    if tile.copying is not None:
        parts.append(Part("class:status.strong", f"{dot}{tile.copying.status()}", 11))
    told = view is not None and tile.notice == clean(view["reason"])
    if tile.notice and tile.screen is not None and not told:
        parts.append(Part("class:tone.warning", dot + tile.notice, 6))
    if tile.odd_size is not None:
        rows, columns = tile.odd_size
        parts.append(Part("class:tone.warning", f"{dot}{columns}x{rows} for another viewer", 7))
    if mark == "border.broadcast":
        parts.append(Part("class:status.strong", f"{dot}broadcast", 7))
    return parts


def changes_at(view: AgentView | None, now: float) -> float | None:
    """Return when the age in a title is out of date."""
    since = view["since"] if view is not None else None
    return None if since is None else older_at(since, now)
